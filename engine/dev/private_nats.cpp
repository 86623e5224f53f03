#include "dev/private_nats.hpp"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "dev/network.hpp"

namespace sagad::dev {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kStartLimit{30};
constexpr seconds kStopLimit{10};

/// Whether this nats-server has the setting sync_interval: since 2.10.
bool has_sync_interval(const std::string& program) {
  const TempDir scratch("sagad-version-");
  Command command;
  command.argv = {program, "--version"};
  command.output = scratch.path() / "version";
  run_to_end(command, seconds(30));
  std::string line;
  std::ifstream output(command.output);
  std::getline(output, line);  // "nats-server: v2.9.10"
  int major = 0;
  int minor = 0;
  // NOLINTNEXTLINE(cert-err34-c): what is not a version stays 0.0.
  std::sscanf(line.c_str(), "nats-server: v%d.%d", &major, &minor);
  return major > 2 || (major == 2 && minor >= 10);
}

}  // namespace

PrivateNats::PrivateNats(const NatsOptions& options)
    : program_(find_program("nats-server", {"/usr/sbin"}, "nats-server").string()),
      user_(user_to_run_as("nobody")),
      knows_sync_interval_(has_sync_interval(program_)) {
  if (options.folder.empty()) {
    temporary_.emplace("sagad-nats-");
    folder_ = temporary_->path() / "nats";
  } else {
    folder_ = std::filesystem::absolute(options.folder);
  }
  store_ = folder_ / "store";
  make_folder_for(folder_, user_);
  make_folder_for(store_, user_);
  start();
}

PrivateNats::~PrivateNats() {
  try {
    stop();
  } catch (...) {  // NOLINT(bugprone-empty-catch): the child is killed below in any case.
  }
}

void PrivateNats::write_configuration() const {
  std::string text = "# Written at every start.\n";
  text += "listen: \"127.0.0.1:" + std::to_string(port_) + "\"\n";
  text += "jetstream {\n  store_dir: \"" + store_.string() + "\"\n";
  // Not the default, which is taken from the free space of the disk: streams
  // that reserve their max_bytes would then fail on a small one.
  text += "  max_file_store: 64GB\n  max_memory_store: 256MB\n";
  if (knows_sync_interval_) {
    text += "  sync_interval: 1s\n";
  }
  text += "}\n";
  write_file(folder_ / "nats.conf", text);
}

bool PrivateNats::try_start() {
  write_configuration();
  Command command;
  command.argv = {program_, "--config", (folder_ / "nats.conf").string()};
  command.output = log_file();
  command.folder = folder_;
  command.user = user_;
  server_ = std::make_unique<ChildProcess>(command);
  const auto limit = std::chrono::steady_clock::now() + kStartLimit;
  while (!greeting_of(port_).starts_with("INFO ")) {
    if (server_->wait_for(milliseconds(4))) {
      return false;
    }
    if (std::chrono::steady_clock::now() > limit) {
      throw std::runtime_error("nats-server in " + folder_.string() +
                               " did not accept connections within 30 seconds:\n" +
                               tail_of(log_file()));
    }
  }
  return server_->running();
}

void PrivateNats::start() {
  if (running()) {
    return;
  }
  // Another process may take the port before the server does. Once one was
  // handed out by port() or url(), though, only that one will do.
  const int attempts = port_is_settled_ ? 20 : 5;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (!port_is_settled_) {
      port_ = free_port();
    }
    if (try_start()) {
      port_is_settled_ = true;
      return;
    }
    if (tail_of(log_file()).find("address already in use") == std::string::npos) {
      break;
    }
    std::this_thread::sleep_for(milliseconds(100));
  }
  throw std::runtime_error("nats-server in " + folder_.string() + " did not start:\n" +
                           tail_of(log_file()));
}

void PrivateNats::stop() {
  if (running()) {
    server_->stop(SIGTERM, kStopLimit);
  }
  server_.reset();
}

void PrivateNats::kill() {
  if (running()) {
    server_->stop(SIGKILL, kStopLimit);
  }
  server_.reset();
}

void PrivateNats::wipe_store() {
  const bool was_running = running();
  kill();
  std::filesystem::remove_all(store_);
  make_folder_for(store_, user_);
  if (was_running) {
    start();
  }
}

bool PrivateNats::running() const { return server_ && server_->running(); }

std::string PrivateNats::url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

}  // namespace sagad::dev
