#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sagad::dev {

/// An account of this machine that a server runs as.
struct SystemUser {
  std::string name;
  uid_t uid;
  gid_t gid;
};

/// The account to run a server as: `name` if we are root, because PostgreSQL
/// refuses to run as root and nothing else should; otherwise none, which means
/// ourselves. Throws std::runtime_error if root finds no such account.
std::optional<SystemUser> user_to_run_as(const std::string& name);

/// A folder that is removed with all its contents when the object dies.
/// Others may traverse it (mode 0755), so that a server which runs as another
/// user reaches its own folder inside.
class TempDir {
 public:
  /// Creates <parent>/<prefix>XXXXXX. Throws std::system_error.
  explicit TempDir(const std::string& prefix = "sagad-",
                   const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  TempDir(TempDir&&) = delete;
  TempDir& operator=(TempDir&&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Creates `folder` if it is missing and gives it to `user` (if any).
/// Throws std::runtime_error if that user could not reach it, because a folder
/// above is closed; the message names that folder.
void make_folder_for(const std::filesystem::path& folder, const std::optional<SystemUser>& user);

/// Looks for an executable in `folders` and then in PATH. Throws
/// std::runtime_error that names `package`, the Debian package to install.
std::filesystem::path find_program(const std::string& name,
                                   const std::vector<std::filesystem::path>& folders,
                                   std::string_view package);

/// Writes `text` to `file`, replacing it. Throws std::runtime_error.
void write_file(const std::filesystem::path& file, std::string_view text);

/// The last `lines` lines of `file`; empty if it cannot be read.
std::string tail_of(const std::filesystem::path& file, int lines = 15);

}  // namespace sagad::dev
