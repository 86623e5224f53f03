#include "dev/files.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace sagad::dev {

namespace {

/// True if `user`, who is neither root nor in a group that matters, may enter.
bool may_enter(const std::filesystem::path& folder, const SystemUser& user) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) {
    return false;
  }
  if (info.st_uid == user.uid) {
    return (info.st_mode & S_IXUSR) != 0;
  }
  return (info.st_mode & (info.st_gid == user.gid ? S_IXGRP : S_IXOTH)) != 0;
}

void require_reachable(const std::filesystem::path& folder, const SystemUser& user) {
  std::filesystem::path above = "/";
  for (const auto& part : folder.parent_path()) {
    above /= part;
    if (!may_enter(above, user)) {
      throw std::runtime_error("The user " + user.name +
                               ", as whom the server has to run, cannot " + "reach " +
                               folder.string() + ", because " + above.string() +
                               " is closed to others. Choose a folder elsewhere, for example " +
                               "under /var/tmp, or do not run this as root.");
    }
  }
}

}  // namespace

std::optional<SystemUser> user_to_run_as(const std::string& name) {
  if (::geteuid() != 0) {
    return std::nullopt;
  }
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    throw std::runtime_error("There is no user '" + name + "' on this machine, and the server " +
                             "must not run as root. Install its Debian package, or do not run " +
                             "this as root.");
  }
  return SystemUser{name, found->pw_uid, found->pw_gid};
}

TempDir::TempDir(const std::string& prefix, const std::filesystem::path& parent) {
  std::string pattern = (parent / (prefix + "XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp " + pattern);
  }
  path_ = pattern;
  std::filesystem::permissions(path_, std::filesystem::perms(0755));
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void make_folder_for(const std::filesystem::path& folder, const std::optional<SystemUser>& user) {
  std::filesystem::create_directories(folder);
  if (!user) {
    return;
  }
  require_reachable(std::filesystem::canonical(folder), *user);
  if (::chown(folder.c_str(), user->uid, user->gid) != 0) {
    throw std::system_error(errno, std::generic_category(), "chown " + folder.string());
  }
}

std::filesystem::path find_program(const std::string& name,
                                   const std::vector<std::filesystem::path>& folders,
                                   std::string_view package) {
  std::vector<std::filesystem::path> candidates = folders;
  const char* search = std::getenv("PATH");
  std::istringstream entries(search == nullptr ? "" : search);
  for (std::string entry; std::getline(entries, entry, ':');) {
    candidates.emplace_back(entry);
  }
  std::string tried;
  for (const auto& folder : candidates) {
    if (::access((folder / name).c_str(), X_OK) == 0) {
      return folder / name;
    }
    tried += " " + folder.string();
  }
  throw std::runtime_error("The program " + name + " was not found in" + tried +
                           ". Install the Debian package " + std::string(package) + ".");
}

void write_file(const std::filesystem::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) {
    throw std::runtime_error("cannot write " + file.string());
  }
}

std::string tail_of(const std::filesystem::path& file, int lines) {
  std::ifstream in(file);
  std::deque<std::string> last;
  for (std::string line; std::getline(in, line);) {
    last.push_back(line);
    if (last.size() > static_cast<std::size_t>(lines)) {
      last.pop_front();
    }
  }
  std::string text;
  for (const auto& line : last) {
    text += line + "\n";
  }
  return text;
}

}  // namespace sagad::dev
