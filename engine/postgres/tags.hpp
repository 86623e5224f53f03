#pragma once

#include <span>

#include "postgres/connection.hpp"
#include "saga/decide.hpp"

namespace sagad::postgres {

/// The tags of new instances, for the query TagInsert.
struct TagColumns {
  /// One decision an instance.
  explicit TagColumns(std::span<const saga::Decision* const> decisions);

  UuidArray saga;
  TextArray name;
  TextArray value;
};

/// Reads the tags of instances into them: one statement.
void read_tags(Connection& connection, std::span<saga::Instance> instances);

}  // namespace sagad::postgres
