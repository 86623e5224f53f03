#include "support/servers.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace sagad::tests {

namespace {

/// A folder in the temporary folder that only we write to, the same for all
/// test processes. Not in the build tree: another user, postgres, has to reach it.
std::filesystem::path cache_folder() {
  auto folder =
      std::filesystem::temp_directory_path() / ("sagad-tests-" + std::to_string(::geteuid()));
  std::filesystem::create_directory(folder);
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() ||
      (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    throw std::runtime_error(folder.string() + " is not ours alone to write; remove it");
  }
  std::filesystem::permissions(folder, std::filesystem::perms(0755));
  return folder;
}

/// Holds a lock among processes for as long as it lives.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& file)
      : handle_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (handle_ < 0 || ::flock(handle_, LOCK_EX) != 0) {
      throw std::system_error(errno, std::generic_category(), "lock " + file.string());
    }
  }
  ~FileLock() { ::close(handle_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  FileLock(FileLock&&) = delete;
  FileLock& operator=(FileLock&&) = delete;

 private:
  int handle_;
};

/// A data folder to copy, made by the first test process that needs it.
std::filesystem::path template_data() {
  const auto cache = cache_folder();
  auto data = cache / ("postgres-" + dev::PrivatePostgres::version());
  const FileLock lock(cache / "lock");
  if (!std::filesystem::exists(data)) {
    // Made elsewhere and renamed, so that a half-made one is never taken.
    const auto half_made = cache / "half-made";
    std::filesystem::remove_all(half_made);
    dev::make_folder_for(half_made, dev::user_to_run_as("postgres"));
    dev::PrivatePostgres::initialize_data(half_made, false);
    std::filesystem::rename(half_made, data);
  }
  return data;
}

/// Where test data goes: memory, if there is plenty, because creating the many
/// small files of a database costs more than anything else in a short test.
std::filesystem::path fast_folder() {
  constexpr std::uintmax_t kPlenty = 4ULL << 30;
  const std::filesystem::path memory = "/dev/shm";
  std::error_code missing;
  const auto space = std::filesystem::space(memory, missing);
  return !missing && space.available > kPlenty ? memory : std::filesystem::temp_directory_path();
}

constexpr const char* kFolderPrefix = "sagad-tests-of-";

/// Removes the folders of test processes that were killed before they could.
void remove_leftovers(const std::filesystem::path& parent) {
  const std::string prefix = kFolderPrefix;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename().string();
    const int owner = name.starts_with(prefix) ? std::atoi(name.c_str() + prefix.size()) : 0;
    if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH) {
      std::filesystem::remove_all(entry.path(), ignored);
    }
  }
}

/// Owns the servers; GoogleTest stops them after the last test.
class Servers : public testing::Environment {
 public:
  void TearDown() override {
    nats_.reset();
    postgres_.reset();
    postgres_folder_.reset();
  }

  dev::PrivatePostgres& postgres() {
    if (!postgres_) {
      dev::PostgresOptions options;
      options.durable = false;
      options.template_data = template_data();
      remove_leftovers(fast_folder());
      postgres_folder_ = std::make_unique<dev::TempDir>(
          kFolderPrefix + std::to_string(::getpid()) + "-", fast_folder());
      options.folder = postgres_folder_->path() / "postgres";
      postgres_ = std::make_unique<dev::PrivatePostgres>(options);
    }
    return *postgres_;
  }

  dev::PrivateNats& nats() {
    if (!nats_) {
      nats_ = std::make_unique<dev::PrivateNats>();
    }
    return *nats_;
  }

  int next_number() { return ++last_number_; }

 private:
  std::unique_ptr<dev::TempDir> postgres_folder_;
  std::unique_ptr<dev::PrivatePostgres> postgres_;
  std::unique_ptr<dev::PrivateNats> nats_;
  int last_number_ = 0;
};

/// A global, as GoogleTest wants it: environments are registered before main().
// NOLINTNEXTLINE(cert-err58-cpp,cppcoreguidelines-avoid-non-const-global-variables)
auto* const kServers = static_cast<Servers*>(testing::AddGlobalTestEnvironment(new Servers()));

}  // namespace

dev::PrivatePostgres& postgres() { return kServers->postgres(); }

dev::PrivateNats& nats() { return kServers->nats(); }

std::string fresh_database() {
  const std::string name = "test" + std::to_string(kServers->next_number());
  postgres().create_database(name);
  return postgres().url(name);
}

std::string fresh_namespace() { return "t" + std::to_string(kServers->next_number()); }

}  // namespace sagad::tests
