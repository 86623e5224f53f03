#include "postgres/literal.hpp"

namespace sagad::postgres {

std::string text_literal(Connection& connection, const std::set<std::string_view>& texts) {
  std::string array = "{";
  for (const std::string_view text : texts) {
    if (array.size() > 1) array += ',';
    array += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  array += '}';
  return connection.quote(array);
}

}  // namespace sagad::postgres
