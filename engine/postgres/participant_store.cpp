#include <mutex>
#include <set>

#include "postgres/connection.hpp"
#include "postgres/inbox_columns.hpp"
#include "postgres/participant_transaction.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"
#include "postgres/settings.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {

namespace {

class ParticipantStore final : public ports::ParticipantStore {
 public:
  explicit ParticipantStore(std::string target) : connection_(std::move(target)) {}

  std::unique_ptr<ports::ParticipantTransaction> begin() override {
    return std::make_unique<ParticipantTransaction>(connection_);
  }

  ports::Session session() override { return connection_.get().self(); }

  ports::Fault classify(std::exception_ptr error) const override {
    return postgres::classify(error);
  }

  std::vector<bool> mark_starts(std::span<const ports::ExecutionKey> keys) override {
    if (keys.empty()) return {};
    const KeyColumns columns(keys);
    std::set<ports::ExecutionKey> marked;
    for (const auto& row : connection_.get().exec(queries::kStartMark, columns.saga, columns.step,
                                                  columns.item, columns.kind)) {
      marked.insert(to_key(row));
    }
    std::vector<bool> fresh;
    fresh.reserve(keys.size());
    for (const auto& key : keys) fresh.push_back(marked.contains(key));
    return fresh;
  }

  int record_start(const ports::ExecutionKey& key) override {
    const pqxx::result rows =
        connection_.get().exec(queries::kStartRecord, key.saga.str(), key.step, key.item,
                               std::string(saga::to_string(key.kind)));
    return static_cast<int>(to_int(rows[0][0]));
  }

  void clear_starts(std::span<const ports::ExecutionKey> keys) override {
    if (keys.empty()) return;
    const KeyColumns columns(keys);
    connection_.get().exec(queries::kStartClear, columns.saga, columns.step, columns.item,
                           columns.kind);
  }

 private:
  ConnectionKeeper connection_;
};

class SessionTerminator final : public ports::SessionTerminator {
 public:
  explicit SessionTerminator(std::string target) : connection_(std::move(target)) {}

  bool terminate(const ports::Session& session, base::Duration timeout) override {
    const std::lock_guard<std::mutex> guard(mutex_);
    const pqxx::result rows =
        connection_.get().exec(queries::kSessionTerminate, session.pid, session.backend_start,
                               static_cast<std::int64_t>(timeout.count()));
    return rows.empty() || to_bool(rows[0][0]);
  }

 private:
  std::mutex mutex_;
  ConnectionKeeper connection_;  // guarded by mutex_
};

}  // namespace

std::unique_ptr<ports::ParticipantStore> make_participant_store(const std::string& target,
                                                                base::Duration idle_timeout) {
  SessionSettings settings;
  settings.application_name = "sagad participant";
  settings.idle_in_transaction_timeout = idle_timeout;
  settings.own_statements_only = false;
  return std::make_unique<ParticipantStore>(connection_string(target, settings));
}

std::unique_ptr<ports::SessionTerminator> make_session_terminator(const std::string& target) {
  SessionSettings settings;
  settings.application_name = "sagad watchdog";
  return std::make_unique<SessionTerminator>(connection_string(target, settings));
}

}  // namespace sagad::postgres
