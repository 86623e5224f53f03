#pragma once

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace sagad::tests {

/// A folder that only this user can write, removed with all in it at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sagad_test_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = std::filesystem::canonical(name);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }

  /// Copies a file into it, under its own or another name.
  std::filesystem::path add(const std::filesystem::path& file, const std::string& name = {}) const {
    auto copy = path_ / (name.empty() ? file.filename().string() : name);
    std::filesystem::copy_file(file, copy);
    std::filesystem::permissions(copy, std::filesystem::perms{0755});
    return copy;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace sagad::tests
