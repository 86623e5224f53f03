#include "scenarios/api_daemon.hpp"

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace sagad::tests {
namespace {

using namespace std::chrono_literals;

std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace

Finished run_program(const std::string& name, std::vector<std::string> arguments,
                     const std::vector<std::string>& environment) {
  const dev::TempDir folder;
  dev::Command command;
  command.argv = std::move(arguments);
  command.argv.insert(command.argv.begin(), SAGAD_BIN_DIR "/" + name);
  command.output = folder.path() / "output";
  command.environment = environment;
  dev::ChildProcess process(command);
  const auto status = process.wait_for(60s);
  if (!status) throw std::runtime_error(name + " does not end: " + read(command.output));
  return {*status, read(command.output)};
}

DevDaemon::DevDaemon(std::filesystem::path sagas) {
  const auto ready = folder_.path() / "ready.json";
  dev::Command command;
  command.argv = {SAGAD_BIN_DIR "/sagad", "dev",          "--temporary",  "--listen",
                  "127.0.0.1:0",          "--sagas",      sagas.string(), "--plugins",
                  SAGAD_PLUGINS_DIR,      "--ready-file", ready.string()};
  command.output = folder_.path() / "output";
  command.death_signal = SIGTERM;
  process_ = std::make_unique<dev::ChildProcess>(command);
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (!std::filesystem::exists(ready)) {
    if (!process_->running() || std::chrono::steady_clock::now() > until) {
      throw std::runtime_error("sagad dev is not ready: " + output());
    }
    std::this_thread::sleep_for(20ms);
  }
  ready_ = boost::json::parse(read(ready)).as_object();
}

std::string DevDaemon::output() const { return read(folder_.path() / "output"); }

int DevDaemon::port_of(const std::string& url) { return std::stoi(url.substr(url.rfind(':') + 1)); }

}  // namespace sagad::tests
