#include "plugins/file_checks.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "plugins/plugin.hpp"

namespace sagad::plugins {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  throw PluginError(path.string() + ": " + why);
}

struct ::stat status_of(const fs::path& path) {
  struct ::stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    refuse(path, std::string("it cannot be read: ") + std::strerror(errno));
  }
  return status;
}

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

void check_only_we_write(const fs::path& path, const std::string& what) {
  const auto status = status_of(path);
  const std::string danger = ", who could so run code in this daemon; mend it with: ";
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    refuse(path, what + " belongs to user " + std::to_string(status.st_uid) +
                     ", who is neither root nor the user of this process (" +
                     std::to_string(::geteuid()) + ")" + danger + "chown root " + path.string());
  }
  const std::string mend = danger + "chmod go-w " + path.string();
  if ((status.st_mode & S_IWOTH) != 0) {
    refuse(path, what + " can be written by everybody (mode " + octal(status.st_mode) + ")" + mend);
  }
  if ((status.st_mode & S_IWGRP) != 0 && status.st_gid != 0 && status.st_gid != ::getegid()) {
    refuse(path, what + " can be written by group " + std::to_string(status.st_gid) + " (mode " +
                     octal(status.st_mode) + ")" + mend);
  }
}

void check_elf(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::array<char, 4> magic{};
  stream.read(magic.data(), magic.size());
  if (!stream || std::string_view(magic.data(), magic.size()) != "\177ELF") {
    refuse(file, "it is not a shared library (no ELF header); build it with sagad_add_plugin");
  }
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

}  // namespace

void check_plugin_folder(const fs::path& folder) {
  if (!S_ISDIR(status_of(folder).st_mode)) refuse(folder, "it is not a folder");
  check_only_we_write(folder, "the folder");
}

fs::path check_plugin_file(const fs::path& file) {
  if (!S_ISREG(status_of(file).st_mode)) refuse(file, "it is not a regular file");
  check_plugin_folder(folder_of(file));
  std::error_code error;
  auto target = fs::canonical(file, error);
  if (error) refuse(file, "it cannot be read: " + error.message());
  check_plugin_folder(folder_of(target));
  check_only_we_write(target, "the file");
  check_elf(target);
  return target;
}

}  // namespace sagad::plugins
