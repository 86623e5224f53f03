#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include <sagad/transaction.hpp>

namespace sagad {

/// Where an action writes its log lines; each carries the saga, step and attempt. Thread-safe.
class Logger {
 public:
  Logger() = default;
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  virtual ~Logger() = default;
  virtual void info(std::string_view message) = 0;
  virtual void warn(std::string_view message) = 0;
  virtual void error(std::string_view message) = 0;
};

/// Which execution this is. A value.
struct Execution {
  std::string saga_id;     ///< UUID of the instance
  std::string definition;  ///< name of the definition
  std::string step_id;
  int item = 0;     ///< index in a `foreach`, else 0
  int attempt = 1;  ///< counted from 1, for the log; what an action does must not depend on it
  int round = 0;    ///< raised by an operator's retry or edit
  bool undo = false;
  /// The same for every delivery and attempt of this (saga, step, item, kind, round): hand it to
  /// outside services that know idempotency keys.
  std::string idempotency_key;
  /// With it the final answer is given if the action answers `later`: POST
  /// /v1/sagas/{saga_id}/steps/{step_id}/complete, or on the bus. The same for every delivery and
  /// attempt, and good from now on: whoever has it can end the step, so it is a secret. Empty in a
  /// compensation.
  std::string answer_token;
  /// When the engine gives this attempt up (the step's `timeout`, from the start of the execution).
  std::chrono::system_clock::time_point deadline;
};

/// What one execution of an action gets. Owned by the engine, valid until the action returns;
/// used by one thread.
struct Context {
  const Execution& execution;
  /// The evaluated `input` of the step (or of its compensation).
  const boost::json::value& input;
  /// Only in a compensation: what the action got and answered. Null otherwise.
  const boost::json::value& action_input;
  const boost::json::value& action_output;
  Transaction& tx;
  Logger& log;
};

/// What one execution of an external action gets: no transaction, because it runs outside of any.
/// Otherwise as Context.
struct ExternalContext {
  const Execution& execution;
  const boost::json::value& input;
  const boost::json::value& action_input;
  const boost::json::value& action_output;
  Logger& log;
};

}  // namespace sagad
