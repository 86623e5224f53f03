#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace sagad::saga {

namespace json = boost::json;

/// `do` and `undo` are executions with a key each; `settle` asks for the fate of a `do` and bars
/// it if it has not happened (protocol, section 2).
enum class Kind { kDo, kUndo, kSettle };
std::string_view to_string(Kind kind);
/// Throws std::invalid_argument.
Kind parse_kind(std::string_view text);

/// From the coordinator to a participant: do, undo or settle this step. A value.
struct Command {
  base::SagaId saga;
  std::string definition;
  std::string participant;
  std::string action;  ///< name within the participant; for settle: the action that it settles
  std::string step;    ///< id of the step
  int item = 0;
  Kind kind = Kind::kDo;
  int attempt = 1;
  int round = 0;
  base::Duration timeout{30'000};
  base::Time sent_at;  ///< by the engine database's clock; results echo it
  std::string token;   ///< do only: with it the final answer is given after a `later`
  std::string digest;  ///< of a child's definition; else empty
  json::value input;
  json::value action_input;   ///< undo only
  json::value action_output;  ///< undo only
  bool by_hand = false;       ///< undo only: the action was done by hand, no row tells of it
};

/// What a participant found or did.
enum class Outcome {
  kDone,     ///< took effect; `output`
  kFailed,   ///< business refusal; `code`, `message`
  kRetry,    ///< transient, rolled back; `code`, `message`, `after`
  kLater,    ///< took effect, its final answer is still to come; `message`
  kBarred,   ///< the action has not happened and never will (in this round)
  kMissing,  ///< undo only: the row of an action known as done is gone (`inbox_row_missing`)
};
std::string_view to_string(Outcome outcome);
Outcome parse_outcome(std::string_view text);

/// From a participant to the coordinator. A value.
struct Result {
  base::SagaId saga;
  std::string definition;
  std::string participant;
  std::string step;
  int item = 0;
  Kind kind = Kind::kDo;
  int attempt = 1;
  int round = 0;
  base::Time sent_at;  ///< echoed from the command
  Outcome outcome = Outcome::kDone;
  json::value output;
  std::string code;
  std::string message;
  std::optional<base::Duration> after;
  /// kFailed only: an earlier run of it ended without an answer and may have taken effect.
  bool in_doubt = false;
};

/// A message that cannot be read. what() names the member and what was expected.
class MessageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// JSON text of a message, as documented in docs/messages.md.
std::string encode(const Command& command);
std::string encode(const Result& result);
/// Throw MessageError; unknown members are ignored, so that newer peers can be read.
Command decode_command(std::string_view text);
Result decode_result(std::string_view text);

/// The key shown to plugins: `<saga>/<step>/<item>/<do|undo>/<round>`.
std::string idempotency_key(const Command& command);

}  // namespace sagad::saga
