// Runs a fuzz target once over every file of the folders given: what has been found stays found,
// with any compiler. Usage: replay_<target> FOLDER...

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "fuzz/fuzz_target.hpp"

namespace {

void replay(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(stream), {});
  if (!stream) throw std::runtime_error("cannot be read");
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  std::string current;
  try {
    for (int i = 1; i < argc; ++i) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
        current = entry.path().string();
        std::cerr << current << '\n';  // the last one named is the one that it died of
        replay(entry.path());
        ++files;
      }
    }
  } catch (const std::exception& error) {
    std::cerr << current << ": " << error.what() << '\n';
    return 1;
  }
  std::cout << files << " files replayed\n";
  return files > 0 ? 0 : 1;
}
