#include "sagabench/processes.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace sagad::bench {
namespace {

struct Process {
  pid_t id = 0;
  std::string name;
  pid_t parent = 0;
  std::int64_t ticks = 0;           ///< of its own
  std::int64_t ticks_of_ended = 0;  ///< of its awaited children
};

/// /proc/<id>/stat; nothing if the process is gone.
std::optional<Process> read_process(const std::string& id) {
  std::ifstream file("/proc/" + id + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // The name stands in parentheses and may hold any character.
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  Process process;
  process.id = static_cast<pid_t>(std::stol(id));
  process.name = text.substr(open + 1, close - open - 1);
  std::istringstream fields(text.substr(close + 1));
  std::string skipped;
  fields >> skipped >> process.parent;
  constexpr int kBetween = 9;  // from the parent (4th field) to utime (14th)
  for (int i = 0; i < kBetween; ++i) fields >> skipped;
  std::int64_t user = 0, system = 0, ended_user = 0, ended_system = 0;
  if (!(fields >> user >> system >> ended_user >> ended_system)) return std::nullopt;
  process.ticks = user + system;
  process.ticks_of_ended = ended_user + ended_system;
  return process;
}

std::vector<Process> all_processes() {
  std::vector<Process> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (auto process = read_process(name)) all.push_back(std::move(*process));
  }
  return all;
}

}  // namespace

pid_t child_named(const std::string& name) {
  constexpr std::size_t kLongestName = 15;
  const auto self = getpid();
  for (const auto& process : all_processes()) {
    if (process.parent == self && process.name == name.substr(0, kLongestName)) return process.id;
  }
  return -1;
}

std::int64_t cpu_micros(pid_t process) {
  const std::int64_t micros_a_tick = 1'000'000 / sysconf(_SC_CLK_TCK);
  std::int64_t ticks = 0;
  for (const auto& other : all_processes()) {
    if (other.id == process || other.parent == process) ticks += other.ticks;
    if (other.id == process) ticks += other.ticks_of_ended;
  }
  return ticks * micros_a_tick;
}

std::int64_t memory_kib(pid_t process) {
  std::int64_t sum = 0;
  for (const auto& other : all_processes()) {
    if (other.id != process && other.parent != process) continue;
    std::ifstream lines("/proc/" + std::to_string(other.id) + "/smaps_rollup");
    std::string line;
    while (std::getline(lines, line)) {
      if (line.rfind("Pss:", 0) == 0) sum += std::stoll(line.substr(4));
    }
  }
  return sum;
}

}  // namespace sagad::bench
