#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "ports/outbox.hpp"
#include "simulation/database.hpp"

namespace sagad::simulation {

/// The outbox of a database, with what is committed.
class OutboxTable {
 public:
  struct Row {
    ports::OutboxRow row;
    Micros written_at;
  };
  void insert(std::span<const ports::OutboxRow> added, Micros now);
  void remove(std::span<const ports::OutboxId> ids);
  bool has_saga(base::SagaId saga) const;

  std::map<ports::OutboxId, Row> rows;
};

/// The relay's view of it.
std::unique_ptr<ports::OutboxStore> make_outbox_store(Database& database, OutboxTable& table);

}  // namespace sagad::simulation
