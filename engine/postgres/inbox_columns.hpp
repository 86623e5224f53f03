#pragma once

#include <pqxx/pqxx>
#include <span>
#include <vector>

#include "ports/participant_store.hpp"
#include "postgres/array.hpp"

namespace sagad::postgres {

/// The columns of inbox rows, each one array.
struct InboxColumns {
  explicit InboxColumns(std::size_t rows);
  void add(const ports::InboxRow& row);

  UuidArray saga;
  TextArray step;
  IntArray item;
  TextArray kind;
  IntArray round;
  TextArray outcome;
  JsonArray output;
  TextArray code, message;
};

/// The places of the rows in the order of their keys: the order in which they are locked.
std::vector<std::size_t> in_key_order(std::span<const ports::InboxRow> rows);

/// The first four columns of InboxFind and InboxInsert.
ports::ExecutionKey to_key(const pqxx::row& row);
/// A row of InboxFind.
ports::InboxRow to_inbox_row(const pqxx::row& row);

}  // namespace sagad::postgres
