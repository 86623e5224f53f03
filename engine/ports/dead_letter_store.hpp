#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_names.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "ports/engine_store.hpp"

namespace sagad::ports {

enum class DeadLetterState {
  kOpen,       ///< a person has to look
  kRedriven,   ///< sent again, through the coordinator; open again should it come back
  kDiscarded,  ///< nothing is to be done about it
};

inline constexpr base::EnumNames<DeadLetterState, 3> kDeadLetterStates{
    {{DeadLetterState::kOpen, "open"},
     {DeadLetterState::kRedriven, "redriven"},
     {DeadLetterState::kDiscarded, "discarded"}}};
inline std::string_view to_string(DeadLetterState state) {
  return base::name_of(kDeadLetterStates, state);
}
/// Throws std::invalid_argument.
inline DeadLetterState parse_dead_letter_state(std::string_view text) {
  return base::parse_name(kDeadLetterStates, text, "state of a dead letter");
}

/// Who dealt with a letter, when and why. A value.
struct Handling {
  base::Time at;
  std::string by;      ///< as they said; may be empty
  std::string reason;  ///< as they said; may be empty
};

/// A letter as the database keeps it. A value.
struct StoredDeadLetter {
  std::int64_t id = 0;
  base::Time at;
  base::Time last_at;
  int times = 1;  ///< how often it arrived
  DeadLetterState state = DeadLetterState::kOpen;
  DeadLetter letter;  ///< in lists without its payload
  std::optional<Handling> handled;
};

struct DeadLetterFilter {
  std::optional<DeadLetterState> state;
  std::optional<std::string> participant;
  std::optional<std::string> reason;  ///< the letter's: a code
  std::optional<base::SagaId> saga;
};

/// The dead letters, for people. One thread at a time. Throws Unavailable.
class DeadLetterStore {
 public:
  DeadLetterStore() = default;
  DeadLetterStore(const DeadLetterStore&) = delete;
  DeadLetterStore& operator=(const DeadLetterStore&) = delete;
  virtual ~DeadLetterStore() = default;

  /// Newest first, without payloads; only ids below `before`.
  virtual std::vector<StoredDeadLetter> list(const DeadLetterFilter& filter, int limit,
                                             std::optional<std::int64_t> before) = 0;
  virtual std::optional<StoredDeadLetter> get(std::int64_t id) = 0;
  /// Those that are open, whatever the filter's state says: the ids of the oldest, and how many.
  virtual std::vector<std::int64_t> oldest(const DeadLetterFilter& filter, int limit) = 0;
  virtual std::int64_t count(const DeadLetterFilter& filter) = 0;
  /// Takes an open letter to `state`; false if it is not there or not open.
  virtual bool handle(std::int64_t id, DeadLetterState state, const std::string& by,
                      const std::string& reason) = 0;
};

}  // namespace sagad::ports
