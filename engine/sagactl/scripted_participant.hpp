#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "saga/message.hpp"
#include "sagactl/script.hpp"

namespace sagad::ctl {

/// Plays all participants, barrier included: what was answered stays answered, a settle bars what
/// has not happened (protocol, sections 1 and 2). One thread.
class ScriptedParticipant {
 public:
  /// `script` outlives it.
  explicit ScriptedParticipant(const Script& script) : script_(script) {}

  struct Answer {
    saga::Result result;
    base::Time at;
  };
  /// The answer to a command that arrives now; nothing if there never is one.
  std::optional<Answer> answer(const saga::Command& command, base::Time now);

 private:
  using Key = std::tuple<std::string, int, saga::Kind>;
  /// A row of the inbox.
  struct Recorded {
    ScriptedAnswer answer;
    int round = 0;
    base::Time at;
  };

  std::optional<Answer> settle(const saga::Command& command, base::Time now);
  std::optional<Answer> execute(const saga::Command& command, base::Time now);
  const ScriptedAnswer& next(const saga::Command& command);
  const StepScript& script_of(const saga::Command& command) const;

  const Script& script_;
  std::map<Key, Recorded> inbox_;
  std::map<Key, std::size_t> used_;
};

}  // namespace sagad::ctl
