#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ports/engine_store.hpp"
#include "simulation/database.hpp"
#include "simulation/outbox_table.hpp"

namespace sagad::simulation {

/// The tables of the engine's database, with what is committed.
class EngineDatabase : public Database {
 public:
  struct Row {
    saga::Instance instance;  ///< without steps
    std::optional<base::Time> unanswered_since;
    std::string steps;  ///< as the engine encodes them: what that loses is lost
    std::map<saga::ItemRef, std::string> items;       ///< likewise, of those that were started
    std::map<saga::ItemRef, saga::Document> outputs;  ///< of a step without items: item 0
  };
  struct HistoryRow {
    std::int64_t sequence;
    std::vector<saga::HistoryEntry> events;
  };
  struct SignalRow {
    saga::Signal signal;
    std::optional<int> step;  ///< that took it
  };
  struct TimerRow {
    base::SagaId saga;
    saga::Timer timer;
  };

  using Database::Database;

  std::unique_ptr<ports::EngineStore> store();
  std::unique_ptr<ports::DefinitionStore> definition_store();
  /// The instance as a reader sees it: with steps, items and outputs.
  static saga::Instance read(const Row& row);

  std::map<base::SagaId, Row> instances;
  std::map<std::string, base::SagaId> keys;  ///< `<definition>/<key>`
  std::map<base::SagaId, std::vector<HistoryRow>> history;
  std::map<base::SagaId, std::vector<SignalRow>> signals;
  std::map<std::int64_t, TimerRow> timers;
  std::int64_t last_timer = 0;
  std::vector<ports::DeadLetter> letters;
  std::map<std::string, ports::StoredDefinition> definitions;  ///< by digest
  OutboxTable outbox;
};

}  // namespace sagad::simulation
