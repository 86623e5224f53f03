#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "saga/message.hpp"

namespace sagad {
class Transaction;
}

namespace sagad::ports {

/// What an action answered: kDone, kFailed, kRetry or kLater (`message`: what it waits for). A
/// value.
struct StepAnswer {
  saga::Outcome outcome = saga::Outcome::kDone;
  boost::json::value output;
  std::string code;
  std::string message;
  std::optional<base::Duration> after;
};

/// What the participant has to know of an action before it runs it.
struct ActionInfo {
  std::string name;
  std::string lock_key;  ///< JSON Pointer into the input; empty without one
  bool refuses_before_writing = false;
  bool has_batch = false;
  bool external = false;  ///< runs outside of any transaction: run_external() only
};

/// Runs the actions of one participant's plugin. Thread-safe.
class StepRunner {
 public:
  StepRunner() = default;
  StepRunner(const StepRunner&) = delete;
  StepRunner& operator=(const StepRunner&) = delete;
  virtual ~StepRunner() = default;

  /// nullptr if the plugin has no such action. Stays valid.
  virtual const ActionInfo* find(const std::string& action) const = 0;

  /// Runs one execution in the open transaction. Exceptions pass: the caller asks its store what
  /// they mean. An output that check_document() refuses comes back as kRetry `bad_output`.
  virtual StepAnswer run(const saga::Command& command, sagad::Transaction& transaction) = 0;

  /// Runs one execution of an external action. Exceptions pass: whether it took effect is not
  /// known.
  virtual StepAnswer run_external(const saga::Command& command) = 0;

  /// The batch form (only if has_batch): as many answers as commands, all of one action.
  virtual std::vector<StepAnswer> run_batch(std::span<const saga::Command* const> commands,
                                            sagad::Transaction& transaction) = 0;
};

}  // namespace sagad::ports
