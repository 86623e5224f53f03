#include "sagabench/daemon.hpp"

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "dev/network.hpp"
#include "sagabench/http_wire.hpp"

namespace sagad::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kReadyLimit{60};
constexpr seconds kStopLimit{40};
/// More than one for each that waits for an answer, in the open loop.
constexpr int kConnections = 600;

}  // namespace

Daemon::Daemon(const Options& options, const Installation& installation)
    : options_(options), installation_(installation) {}

std::filesystem::path Daemon::log_file() const { return installation_.folder() / "sagad.log"; }

std::filesystem::path Daemon::write_config(ActionForm form) {
  const auto& postgres = installation_.postgres();
  const auto plugins =
      std::filesystem::absolute(options_.build) /
      (form == ActionForm::kRows ? std::filesystem::path("bench/plugins") : "plugins");
  const std::string workers =
      options_.workers > 0 ? ", workers: " + std::to_string(options_.workers) : "";
  const auto participant = [&](const std::string& name, const std::string& database) {
    return "  " + name + ": { plugin: \"" + (plugins / (name + ".so")).string() +
           "\", database: \"" + postgres.url(database) + "\"" + workers + " }\n";
  };
  std::string text = "engine: { database: \"" + postgres.url("engine") + "\"" + workers + " }\n";
  text += "nats: { url: \"" + installation_.nats().url() + "\", namespace: " + kNamespace + " }\n";
  if (form != ActionForm::kNone) {
    text += "participants:\n" + participant("order", "orders") + participant("pay", "payments");
  }
  text +=
      "definitions: [\"" + std::filesystem::absolute(options_.project / "sagas").string() + "\"";
  if (const auto more = installation_.folder() / "definitions"; std::filesystem::exists(more)) {
    text += ", \"" + more.string() + "\"";
  }
  text += "]\n";
  text += "api: { listen: \"127.0.0.1:" + std::to_string(api_port_) +
          "\", health_listen: \"127.0.0.1:" + std::to_string(health_port_) +
          "\", connections: " + std::to_string(kConnections) + " }\n";
  const auto file = installation_.folder() / "sagad.yaml";
  dev::write_file(file, text);
  return file;
}

void Daemon::migrate() {
  dev::Command command;
  command.argv = {(std::filesystem::absolute(options_.build) / "bin/sagad").string(), "migrate",
                  "--config", write_config(ActionForm::kRows).string()};
  command.output = installation_.folder() / "migrate.log";
  dev::run_to_end(command, seconds(60));
}

void Daemon::run(ActionForm form) {
  if (running() && form == form_) return;
  stop();
  form_ = form;
  api_port_ = dev::free_port();
  do {
    health_port_ = dev::free_port();
  } while (health_port_ == api_port_);
  dev::Command command;
  command.argv = {(std::filesystem::absolute(options_.build) / "bin/sagad").string(), "run",
                  "--config", write_config(form).string()};
  command.output = log_file();
  command.folder = installation_.folder();
  process_ = std::make_unique<dev::ChildProcess>(command);
  wait_until_ready();
}

void Daemon::wait_until_ready() {
  const auto limit = steady_clock::now() + kReadyLimit;
  while (http_get_status(health_port_, "/readyz") != 200) {
    if (!running() || steady_clock::now() > limit) {
      throw std::runtime_error(std::string(running() ? "sagad was not ready within a minute"
                                                     : "sagad ended before it was ready") +
                               ":\n" + dev::tail_of(log_file()));
    }
    std::this_thread::sleep_for(milliseconds(10));
  }
}

void Daemon::stop() {
  if (!process_) return;
  const auto status = process_->stop(SIGTERM, kStopLimit);
  process_.reset();
  if (!status.ok()) {
    throw std::runtime_error("sagad ended with " + status.text() + ":\n" +
                             dev::tail_of(log_file()));
  }
}

}  // namespace sagad::bench
