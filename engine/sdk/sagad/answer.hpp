#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace sagad {

/// The action took effect. `output` is what later steps and the compensation see.
struct Done {
  boost::json::value output = boost::json::object{};
};

/// A business refusal: final, recorded, the saga compensates. What the action wrote in its
/// transaction is rolled back, the refusal itself is kept, so that the same command delivered
/// again gets the same refusal. A compensation that fails pauses its saga.
struct Failed {
  std::string code;     ///< stable, for programs: `insufficient_funds`
  std::string message;  ///< for people
};

/// A passing trouble: everything is rolled back, nothing is recorded, and the coordinator tries
/// again by the step's retry policy, or after `after` if it is given.
struct Retry {
  std::string code;
  std::string message;
  std::optional<std::chrono::milliseconds> after;
};

/// The action took effect here, but whether the whole succeeds is known only later: what it wrote
/// is committed, and the step waits. The final answer, done or failed, is given with the token of
/// the execution (`Execution::answer_token`), by whomever the action has handed it to. A step that
/// fails in the end is undone like one that was done. Not for compensations.
struct Later {
  std::string reason;  ///< for people: what it waits for
};

/// What an action answers. A value.
using Answer = std::variant<Done, Failed, Retry, Later>;

inline Answer done(boost::json::value output = boost::json::object{}) {
  return Done{std::move(output)};
}
inline Answer failed(std::string code, std::string message) {
  return Failed{std::move(code), std::move(message)};
}
inline Answer retry(std::string code, std::string message,
                    std::optional<std::chrono::milliseconds> after = std::nullopt) {
  return Retry{std::move(code), std::move(message), after};
}
inline Answer later(std::string reason = {}) { return Later{std::move(reason)}; }

}  // namespace sagad
