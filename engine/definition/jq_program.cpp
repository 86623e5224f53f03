#include "definition/jq_program.hpp"

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace sagad::definition {
namespace {

/// Program text that evaluates the expression of number .[0] over .[1]: nested decisions, so that
/// finding it takes log(n) steps.
std::string dispatch(const std::vector<std::string>& texts, std::size_t first, std::size_t last) {
  if (last - first == 1) return "(.[1] | (" + texts[first] + "\n))";
  const auto middle = first + (last - first) / 2;
  return "(if .[0] < " + std::to_string(middle) + " then " + dispatch(texts, first, middle) +
         " else " + dispatch(texts, middle, last) + " end)";
}

/// Operators are calls of builtins (`*` of _multiply/2), so that definitions of our own shadow
/// them. Left alone, `*` repeats strings, by which a small document asks for more memory than
/// there is; `%` of numbers outside int64 by -1 traps; and "nan" | tonumber is a NaN, on which
/// jq 1.6 aborts or loops in other places (all measured). Each __name keeps the real one;
/// arguments are evaluated in its order, the right one first.
constexpr std::string_view kGuards = R"jq(
def __multiply(a; b): a * b;
def __mod(a; b): a % b;
def __tonumber: tonumber;
def __small: type == "number" and . < 9007199254740992 and . > -9007199254740992;
def _multiply(a; b): b as $b | a as $a |
  if ($a | type) == "string" or ($b | type) == "string"
  then error("repeating a string with * is not allowed")
  else __multiply($a; $b) end;
def _mod(a; b): b as $b | a as $a |
  if ($a | __small) and ($b | __small) then __mod($a; $b)
  else error("% takes two numbers below 2^53") end;
def tonumber: __tonumber | if isnan or isinfinite then error("tonumber: not a number") else . end;
)jq";

/// jq imports ~/.jq into every program: with one, expressions would mean something else here.
void refuse_user_library() {
  const char* home = std::getenv("HOME");
  if (home == nullptr) return;
  const auto library = std::filesystem::path(home) / ".jq";
  std::error_code error;
  if (!std::filesystem::is_regular_file(library, error)) return;
  throw JqError("jq would read " + library.string() +
                " and could change what expressions mean: move that file away, or run with "
                "another HOME");
}

std::string text_of(jv message) {
  return {jv_string_value(message),
          static_cast<std::size_t>(jv_string_length_bytes(jv_copy(message)))};
}

void drop_prefix(std::string& text, std::string_view prefix) {
  if (text.rfind(prefix, 0) == 0) text.erase(0, prefix.size());
}

/// The first line of jq's message, without what only makes sense at a shell.
std::string tidy(std::string text) {
  text.erase(std::min(text.find('\n'), text.size()));
  drop_prefix(text, "jq: error: ");
  text.erase(std::min(text.find(" at <top-level>"), text.size()));
  text.erase(std::min(text.find(" (Unix shell"), text.size()));
  for (const std::string_view end : {"unexpected $end", "unexpected end of file"}) {
    if (const auto at = text.find(end); at != std::string::npos) {
      text.replace(at, end.size(), "unexpected end of the expression");
    }
  }
  return text;
}

/// What an invalid jv says: a text, or whatever value was given to error().
std::string error_text(jv invalid) {
  const JvValue message(jv_invalid_get_msg(invalid));
  if (jv_get_kind(message.borrow()) == JV_KIND_STRING) return text_of(message.borrow());
  const JvValue dumped(jv_dump_string(jv_copy(message.borrow()), 0));
  return text_of(dumped.borrow());
}

}  // namespace

JqProgram::JqProgram(const std::vector<std::string>& texts, bool guards) : state_(nullptr) {
  refuse_user_library();
  state_ = jq_init();
  if (state_ == nullptr) throw JqError("jq could not be started: out of memory");
  jq_set_error_cb(state_, &JqProgram::on_error, this);
  // One alone is compiled as it is, so that jq's message is about it and not about our text.
  const auto program =
      (guards ? std::string(kGuards) : std::string()) +
      (texts.size() == 1 ? ".[1] |\n" + texts[0] + "\n" : dispatch(texts, 0, texts.size()));
  if (jq_compile(state_, program.c_str()) == 0) {
    jq_teardown(&state_);
    throw JqError("jq does not understand it: " + compile_error_);
  }
}

JqProgram::~JqProgram() { jq_teardown(&state_); }

void JqProgram::on_error(void* self, jv message) {
  const JvValue formatted(jq_format_error(message));
  auto& error = static_cast<JqProgram*>(self)->compile_error_;
  // The first message is the cause, the later ones count.
  if (error.empty()) error = tidy(text_of(formatted.borrow()));
}

json::value JqProgram::run(int number, jv scope) {
  jv input = jv_array_append(jv_array(), jv_number(number));
  jq_start(state_, jv_array_append(input, scope), 0);
  JvValue first(jq_next(state_));
  if (jv_is_valid(first.borrow()) == 0) {
    if (jv_invalid_has_msg(jv_copy(first.borrow())) != 0) {
      throw JqError(error_text(first.release()));
    }
    throw JqError("it yields no value, and must yield exactly one");
  }
  const JvValue second(jq_next(state_));
  if (jv_is_valid(second.borrow()) != 0) {
    throw JqError("it yields more than one value, and must yield exactly one");
  }
  if (jv_invalid_has_msg(jv_copy(second.borrow())) != 0) {
    throw JqError(error_text(jv_copy(second.borrow())));
  }
  return from_jv(first.borrow());
}

std::optional<std::string> find_compile_problem(const std::vector<std::string>& texts) {
  try {
    const JqProgram program(texts, true);
    return std::nullopt;
  } catch (const JqError& error) {
    return error.what();
  }
}

}  // namespace sagad::definition
