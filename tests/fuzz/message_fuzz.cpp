// Bytes are a command and a result from the bus: each is read or refused with a MessageError, and
// what was read is written and read again as the same message.

#include <algorithm>

#include "base/json.hpp"
#include "fuzz/fuzz_target.hpp"
#include "saga/message.hpp"

namespace sagad::fuzz {
namespace {

/// Boost.JSON before 1.85 reads a number of more than 15 digits only to the last bit or so.
bool reads_exactly(double number) {
  return saga::json::parse(saga::json::serialize(saga::json::value(number))).as_double() == number;
}

bool has_exact_numbers(const saga::json::value& document) {
  if (document.is_double()) return reads_exactly(document.get_double());
  if (document.is_array()) {
    const auto& items = document.get_array();
    return std::all_of(items.begin(), items.end(), has_exact_numbers);
  }
  if (document.is_object()) {
    const auto& members = document.get_object();
    return std::all_of(members.begin(), members.end(),
                       [](const auto& member) { return has_exact_numbers(member.value()); });
  }
  return true;
}

/// Only documents that may pass a door are carried exactly.
bool is_carried(const saga::json::value& document) {
  try {
    base::check_document(document);
    return has_exact_numbers(document);
  } catch (const base::DocumentError&) {
    return false;
  }
}

void check(const saga::Command& command) {
  require(command.item >= 0 && command.attempt >= 0 && command.round >= 0,
          "the numbers of a command are not negative");
  require(!saga::idempotency_key(command).empty(), "a command has a key");
  if (!is_carried(command.input) || !is_carried(command.action_input) ||
      !is_carried(command.action_output)) {
    return;
  }
  const auto text = saga::encode(command);
  require(saga::encode(saga::decode_command(text)) == text, "a command is read as written", text);
}

void check(const saga::Result& result) {
  require(result.item >= 0 && result.attempt >= 0 && result.round >= 0,
          "the numbers of a result are not negative");
  if (!is_carried(result.output)) return;
  const auto text = saga::encode(result);
  require(saga::encode(saga::decode_result(text)) == text, "a result is read as written", text);
}

}  // namespace
}  // namespace sagad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sagad;
  const auto text = fuzz::text_of(data, size);
  try {
    fuzz::check(saga::decode_command(text));
  } catch (const saga::MessageError& error) {
    fuzz::require(*error.what() != '\0', "a refusal says why");
  }
  try {
    fuzz::check(saga::decode_result(text));
  } catch (const saga::MessageError& error) {
    fuzz::require(*error.what() != '\0', "a refusal says why");
  }
  return 0;
}
