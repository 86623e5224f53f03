#pragma once

#include <string>
#include <string_view>

namespace sagad::definition {

/// A builtin of jq that expressions may use.
struct JqBuiltin {
  std::string_view name;
  std::string_view arities;  ///< `01`: with no argument, and with one
  bool reads_dot;            ///< with no argument, or beside its arguments, it looks at `.`
};

/// nullptr if it is not on the list.
const JqBuiltin* find_jq_builtin(std::string_view name);

/// All names, for a message.
std::string list_jq_builtins();

bool is_jq_format(std::string_view name);

/// if, then, reduce, … as far as expressions may use them.
bool is_jq_keyword(std::string_view name);

}  // namespace sagad::definition
