#include "postgres/connection.hpp"
#include "postgres/outbox_columns.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"
#include "postgres/settings.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {

namespace {

std::vector<ports::OutboxRow> claim(Connection& connection, base::Duration age, std::size_t limit) {
  std::vector<ports::OutboxRow> rows;
  for (const auto& row :
       connection.exec(queries::kOutboxClaim, static_cast<std::int64_t>(age.count()),
                       static_cast<std::int64_t>(limit))) {
    rows.push_back({to_id(row[0]), to_id(row[1]), std::string(text(row[2])),
                    std::string(text(row[3])), to_time(row[4])});
  }
  return rows;
}

class OutboxStore final : public ports::OutboxStore {
 public:
  explicit OutboxStore(std::string target) : connection_(std::move(target)) {}

  std::size_t sweep(base::Duration age, std::size_t limit, const Publish& publish) override {
    connection_.begin(queries::kPing);
    try {
      Connection& connection = connection_.get();
      std::vector<ports::OutboxRow> rows = claim(connection, age, limit);
      const std::size_t found = rows.size();
      if (found > 0) {
        const std::vector<ports::OutboxId> confirmed = publish(std::move(rows));
        if (!confirmed.empty()) connection.exec(queries::kOutboxDelete, id_column(confirmed));
      }
      commit();
      return found;
    } catch (...) {
      connection_.rollback();
      throw;
    }
  }

  void remove(std::span<const ports::OutboxId> ids) override {
    if (!ids.empty()) connection_.get().exec(queries::kOutboxDelete, id_column(ids));
  }

  ports::OutboxDepth depth() override {
    const pqxx::result rows = connection_.get().exec(queries::kOutboxDepth);
    return {to_int(rows[0][0]), base::Duration{to_int(rows[0][1])}};
  }

 private:
  /// Whether rows that are published are deleted now or found again changes nothing: published
  /// twice, they are answered twice alike.
  void commit() {
    try {
      connection_.commit();
    } catch (const ports::CommitUnknown& error) {
      throw ports::Unavailable(error.what());
    }
  }

  ConnectionKeeper connection_;
};

}  // namespace

std::unique_ptr<ports::OutboxStore> make_outbox_store(const std::string& target,
                                                      const std::string& line) {
  SessionSettings settings;
  settings.application_name = "sagad outbox " + line;
  return std::make_unique<OutboxStore>(connection_string(target, settings));
}

}  // namespace sagad::postgres
