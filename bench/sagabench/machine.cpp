#include "sagabench/machine.hpp"

#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>
#include <pqxx/pqxx>
#include <thread>

#include "base/time.hpp"

namespace sagad::bench {
namespace {

/// What follows `name` and a colon in a file of /proc.
std::string field(const char* file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(name, 0) != 0) continue;
    const auto colon = line.find(':');
    const auto value = line.find_first_not_of(" \t", colon + 1);
    if (colon != std::string::npos && value != std::string::npos) return line.substr(value);
  }
  return "unknown";
}

std::string load_average() {
  std::ifstream file("/proc/loadavg");
  std::string one;
  file >> one;
  return one;
}

/// The first line that the program writes.
std::string first_line_of(const std::vector<std::string>& argv, const std::filesystem::path& dir) {
  dev::Command command;
  command.argv = argv;
  command.output = dir / "first_line";
  std::filesystem::remove(command.output);
  dev::run_to_end(command, std::chrono::seconds(10));
  std::ifstream file(command.output);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

boost::json::object describe_machine(const Installation& installation, const Options& options) {
  utsname system{};
  uname(&system);
  pqxx::connection connection(installation.postgres().url());
  pqxx::nontransaction session(connection);
  const auto setting = [&](const std::string& name) {
    return session.exec("SHOW " + name)[0][0].as<std::string>();
  };
  const char* revision = std::getenv("SAGAD_BENCH_REVISION");
  const auto sagad = std::filesystem::absolute(options.build) / "bin/sagad";
  const auto nats = dev::find_program("nats-server", {"/usr/sbin"}, "nats-server");
  return {{"at", base::format_time(base::SystemClock().now())},
          {"processor", field("/proc/cpuinfo", "model name")},
          {"cores", std::thread::hardware_concurrency()},
          {"memory", field("/proc/meminfo", "MemTotal")},
          {"kernel", std::string(system.sysname) + " " + system.release},
          {"load_average_before", load_average()},
          {"postgresql", setting("server_version")},
          {"nats_server", first_line_of({nats.string(), "--version"}, installation.folder())},
          {"sagad", first_line_of({sagad.string(), "--version"}, installation.folder())},
          {"revision", revision == nullptr ? "unknown" : revision},
          {"settings", boost::json::object{{"fsync", setting("fsync")},
                                           {"synchronous_commit", setting("synchronous_commit")},
                                           {"full_page_writes", setting("full_page_writes")},
                                           {"shared_buffers", setting("shared_buffers")},
                                           {"max_wal_size", setting("max_wal_size")}}}};
}

}  // namespace sagad::bench
