#pragma once

#include <pqxx/pqxx>
#include <set>
#include <span>
#include <string_view>
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

/// The keys of a look-up, wide enough to be one range of the index for each saga and step.
struct KeyRange {
  explicit KeyRange(std::span<const ports::ExecutionKey> keys);

  std::set<base::SagaId> sagas;
  std::set<std::string_view> steps;  ///< of the keys, which have to live on
  int lowest = 0;                    ///< item
  int highest = 0;
};

/// Keys in their order, each column one array.
struct KeyColumns {
  explicit KeyColumns(std::span<const ports::ExecutionKey> keys);

  UuidArray saga;
  TextArray step;
  IntArray item;
  TextArray kind;
};

/// The places of the rows in the order of their keys: the order in which they are locked.
std::vector<std::size_t> in_key_order(std::span<const ports::InboxRow> rows);

/// The first four columns of InboxFind and InboxInsert.
ports::ExecutionKey to_key(const pqxx::row& row);
/// A row of InboxFind or WorkBegin.
ports::InboxRow to_inbox_row(const pqxx::row& row);

}  // namespace sagad::postgres
