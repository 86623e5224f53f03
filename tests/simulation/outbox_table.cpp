#include "simulation/outbox_table.hpp"

#include <algorithm>

#include "base/mutant.hpp"

namespace sagad::simulation {
namespace {

class OutboxStore final : public ports::OutboxStore {
 public:
  OutboxStore(Database& database, OutboxTable& table) : session_(database), table_(table) {}

  std::size_t sweep(base::Duration age, std::size_t limit, const Publish& publish) override {
    Transaction transaction(session_);
    transaction.statement("outbox claim");
    const Micros now = transaction.world().scheduler.now();
    std::vector<ports::OutboxRow> found;
    for (const auto& [id, row] : table_.rows) {
      if (found.size() == limit) break;
      const bool is_start = row.row.subject.compare(0, 6, "start.") == 0;
      const bool old = row.written_at < now - age.count() * 1000;
      if (!old && !is_start) continue;
      if (SAGAD_MUTANT("relay_by_last_seen") && id <= last_seen_) continue;
      if (!transaction.try_lock("outbox/" + id.str())) continue;
      found.push_back(row.row);
    }
    if (found.empty()) return 0;
    last_seen_ = std::max(last_seen_, found.back().id);
    const auto confirmed = publish(found);
    transaction.statement("outbox delete");
    transaction.commit([&] { table_.remove(confirmed); });
    return found.size();
  }

  void remove(std::span<const ports::OutboxId> ids) override {
    Transaction transaction(session_);
    transaction.statement("outbox delete");
    transaction.commit([&] { table_.remove(ids); });
  }

  ports::OutboxDepth depth() override {
    return {static_cast<std::int64_t>(table_.rows.size()), base::Duration{0}};
  }

 private:
  Session session_;
  OutboxTable& table_;
  ports::OutboxId last_seen_;
};

}  // namespace

void OutboxTable::insert(std::span<const ports::OutboxRow> added, Micros now) {
  for (const auto& row : added) rows.emplace(row.id, Row{row, now});
}

void OutboxTable::remove(std::span<const ports::OutboxId> ids) {
  for (const auto& id : ids) rows.erase(id);
}

bool OutboxTable::has_saga(base::SagaId saga) const {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const auto& entry) { return entry.second.row.saga == saga; });
}

std::unique_ptr<ports::OutboxStore> make_outbox_store(Database& database, OutboxTable& table) {
  return std::make_unique<OutboxStore>(database, table);
}

}  // namespace sagad::simulation
