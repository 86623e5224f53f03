#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "postgres/connection.hpp"

/// Arrays as SQL literals, for statements that share their text with others (`BEGIN; EXECUTE …`):
/// those cannot have parameters. Everywhere else arrays are parameters (array.hpp).
namespace sagad::postgres {

template <typename Ids>
std::string uuid_literal(const Ids& ids) {
  constexpr std::size_t kTextBytes = 37;  // with its comma
  std::string literal;
  literal.reserve(ids.size() * kTextBytes + 4);
  literal += "'{";
  for (const base::SagaId& id : ids) {
    if (literal.size() > 2) literal += ',';
    literal += id.str();
  }
  literal += "}'";
  return literal;
}
/// Quoted by the rules of arrays, then by those of `connection`.
std::string text_literal(Connection& connection, const std::set<std::string_view>& texts);

}  // namespace sagad::postgres
