#pragma once

#include <filesystem>
#include <memory>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sagad/plugin.hpp>

#include "base/id.hpp"
#include "base/time.hpp"
#include "plugins/loader.hpp"
#include "plugins/step_runner.hpp"
#include "support/servers.hpp"

namespace sagad::tests {

/// A plugin over a fresh database with its migrations applied. Each run() is one transaction,
/// committed as the engine would: unless the answer is a retry, or a refusal of an action that may
/// have written before.
class PluginDatabase {
 public:
  explicit PluginDatabase(const std::filesystem::path& file, const boost::json::object& config = {},
                          std::string url = fresh_database())
      : url_(std::move(url)), connection_(url_), ids_(42) {
    plugin_ = plugins::Loader().open_plugin(file, config);
    pqxx::work work(connection_);
    for (const auto& migration : plugin_->migrations) work.exec(std::string(migration.sql));
    work.commit();
    runner_ = make_runner();
  }

  const std::string& url() const { return url_; }
  pqxx::connection& connection() { return connection_; }
  const plugins::Plugin& plugin() const { return *plugin_; }
  plugins::PluginStepRunner& runner() { return *runner_; }

  saga::Command command(const std::string& action, std::string_view input) {
    saga::Command command;
    command.saga = ids_.next(clock_.now());
    command.definition = "test";
    command.participant = plugin_->name;
    command.action = action;
    command.step = "step";
    command.input = boost::json::parse(input);
    return command;
  }
  /// A compensation of an action that answered `output`.
  saga::Command undo(const std::string& action, std::string_view output) {
    auto undoing = command(action, "{}");
    undoing.kind = saga::Kind::kUndo;
    undoing.action_output = boost::json::parse(output);
    return undoing;
  }

  ports::StepAnswer run(const saga::Command& command) {
    pqxx::work work(connection_);
    Transaction tx(work, prepared_);
    auto answer = runner_->run(command, tx);
    const bool clean = runner_->find(command.action)->refuses_before_writing;
    if (answer.outcome == saga::Outcome::kDone || clean) work.commit();
    return answer;
  }
  ports::StepAnswer run(const std::string& action, std::string_view input) {
    return run(command(action, input));
  }

  std::vector<ports::StepAnswer> run_batch(std::span<const saga::Command> commands) {
    std::vector<const saga::Command*> pointers;
    for (const auto& command : commands) pointers.push_back(&command);
    pqxx::work work(connection_);
    Transaction tx(work, prepared_);
    auto answers = runner_->run_batch(pointers, tx);
    work.commit();
    return answers;
  }

  void exec(const std::string& sql) {
    pqxx::work work(connection_);
    work.exec(sql);
    work.commit();
  }
  /// The first column of the first row, as text.
  std::string value(const std::string& sql) {
    pqxx::work work(connection_);
    const auto rows = work.exec(sql);
    return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
  }

 private:
  std::unique_ptr<plugins::PluginStepRunner> make_runner();

  std::string url_;
  pqxx::connection connection_;
  base::IdGenerator ids_;
  base::SystemClock clock_;
  Transaction::Prepared prepared_;
  std::shared_ptr<const plugins::Plugin> plugin_;
  std::unique_ptr<plugins::PluginStepRunner> runner_;
};

inline std::unique_ptr<plugins::PluginStepRunner> PluginDatabase::make_runner() {
  auto logger = std::make_shared<spdlog::logger>("plugin test");  // without sinks
  return std::make_unique<plugins::PluginStepRunner>(plugin_, clock_, std::move(logger));
}

/// `done {"order_id":1}`, `failed insufficient_funds`, `retry transient`: to compare answers.
inline std::string summary(const ports::StepAnswer& answer) {
  std::string text(saga::to_string(answer.outcome));
  if (answer.outcome == saga::Outcome::kDone)
    return text + " " + boost::json::serialize(answer.output);
  return text + " " + answer.code;
}

}  // namespace sagad::tests
