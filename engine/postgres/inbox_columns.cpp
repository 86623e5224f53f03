#include "postgres/inbox_columns.hpp"

#include <algorithm>
#include <numeric>

#include "postgres/rows.hpp"

namespace sagad::postgres {

namespace {

/// The outcome of a row that has none yet.
constexpr std::string_view kClaimed = "claimed";

}  // namespace

InboxColumns::InboxColumns(std::size_t rows)
    : saga(rows),
      step(rows),
      item(rows),
      kind(rows, 4),
      round(rows),
      outcome(rows, 6),
      output(rows),
      code(rows, 0),
      message(rows, 0) {}

void InboxColumns::add(const ports::InboxRow& row) {
  saga.add(row.key.saga);
  step.add(row.key.step);
  item.add(row.key.item);
  kind.add(saga::to_string(row.key.kind));
  round.add(row.round);
  outcome.add(saga::to_string(row.outcome));
  if (row.outcome == saga::Outcome::kDone) {
    output.add(row.output.empty() ? "null" : std::string_view(row.output));
  } else {
    output.add_null();
  }
  code.add_or_null(row.code);
  message.add_or_null(row.message);
}

KeyRange::KeyRange(std::span<const ports::ExecutionKey> keys) {
  if (keys.empty()) return;
  lowest = highest = keys.front().item;
  for (const ports::ExecutionKey& key : keys) {
    sagas.insert(key.saga);
    steps.insert(key.step);
    lowest = std::min(lowest, key.item);
    highest = std::max(highest, key.item);
  }
}

KeyColumns::KeyColumns(std::span<const ports::ExecutionKey> keys)
    : saga(keys.size()), step(keys.size()), item(keys.size()), kind(keys.size(), 4) {
  std::vector<ports::ExecutionKey> sorted(keys.begin(), keys.end());
  std::sort(sorted.begin(), sorted.end());
  for (const auto& key : sorted) {
    saga.add(key.saga);
    step.add(key.step);
    item.add(key.item);
    kind.add(saga::to_string(key.kind));
  }
}

std::vector<std::size_t> in_key_order(std::span<const ports::InboxRow> rows) {
  std::vector<std::size_t> places(rows.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::sort(places.begin(), places.end(),
            [&](std::size_t a, std::size_t b) { return rows[a].key < rows[b].key; });
  return places;
}

ports::ExecutionKey to_key(const pqxx::row& row) {
  return {to_id(row[0]), std::string(text(row[1])), static_cast<int>(to_int(row[2])),
          saga::parse_kind(text(row[3]))};
}

ports::InboxRow to_inbox_row(const pqxx::row& row) {
  ports::InboxRow found;
  found.key = to_key(row);
  found.round = static_cast<int>(to_int(row[4]));
  if (text(row[5]) == kClaimed) {
    found.claimed = base::Duration{to_int(row[10])};
  } else {
    found.outcome = saga::parse_outcome(text(row[5]));
  }
  found.output = text(row[6]);
  found.code = text(row[7]);
  found.message = text(row[8]);
  found.in_doubt = to_bool(row[9]);
  return found;
}

}  // namespace sagad::postgres
