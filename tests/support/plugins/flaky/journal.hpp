#pragma once

#include <cstdint>
#include <sagad/plugin.hpp>
#include <string>

namespace flaky {

/// Records what took effect, in the engine's transaction; returns its number.
std::int64_t record_effect(sagad::Context& context, const std::string& action);

/// Keeps the token with which the final answer is to be given, in the engine's transaction.
void record_token(sagad::Context& context);

/// Counts the calls of an execution on a connection of its own, so that a rollback of the engine's
/// transaction, or the end of the process, does not forget them. Thread-safe.
class CallCounter {
 public:
  /// `database` is how to connect; empty: count() throws.
  explicit CallCounter(std::string database) : database_(std::move(database)) {}

  /// Commits one more call, and returns how many there are now with this one: 1 for the first.
  std::int64_t count(const sagad::Execution& execution, const std::string& action) const;

  /// As a service outside that knows idempotency keys: takes effect once per key.
  void act_outside(const sagad::Execution& execution) const;
  /// Undoes what the step did outside, if it did.
  void undo_outside(const sagad::Execution& execution) const;

 private:
  std::string database_;
};

}  // namespace flaky
