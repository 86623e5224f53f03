#pragma once

#include <boost/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "definition/jv_json.hpp"

namespace sagad::definition {

/// What jq said about a program or a run of it, without position.
class JqError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Several jq expressions compiled into one program, so that the builtins are compiled once.
/// Not thread-safe.
class JqProgram {
 public:
  /// `texts` have passed analyse_jq; `guards` if one of them needs them. Throws JqError.
  JqProgram(const std::vector<std::string>& texts, bool guards);
  JqProgram(const JqProgram&) = delete;
  JqProgram& operator=(const JqProgram&) = delete;
  ~JqProgram();

  /// Evaluates one of them over `scope`, which it takes over. Throws JqError unless there is
  /// exactly one value, and InexactNumberError.
  json::value run(int number, jv scope);

 private:
  static void on_error(void* self, jv message);

  jq_state* state_;
  std::string compile_error_;
};

/// Compiles and forgets: what is wrong, or nothing.
std::optional<std::string> find_compile_problem(const std::vector<std::string>& texts);

}  // namespace sagad::definition
