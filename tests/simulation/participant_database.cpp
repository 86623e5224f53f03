#include "simulation/participant_database.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/mutant.hpp"

namespace sagad::simulation {
namespace {

std::string row_of(const ports::ExecutionKey& key) {
  return "inbox/" + key.saga.str() + "/" + key.step + "/" + std::to_string(key.item) + "/" +
         std::string(saga::to_string(key.kind));
}

class ParticipantTransaction final : public ports::ParticipantTransaction {
 public:
  ParticipantTransaction(ParticipantDatabase& database, Session& session)
      : database_(database), tx_(session), business_(tx_, effects_) {}

  std::vector<std::optional<ports::InboxRow>> find(
      std::span<const ports::ExecutionKey> keys) override;
  std::vector<bool> insert(std::span<const ports::InboxRow> rows) override;
  void replace(std::span<const ports::InboxRow> rows) override;
  void append_outbox(std::span<const ports::OutboxRow> rows) override {
    tx_.statement("outbox insert");
    outbox_.insert(outbox_.end(), rows.begin(), rows.end());
  }
  void delete_outbox(std::span<const ports::OutboxId> ids) override {
    tx_.statement("outbox delete");
    published_.insert(published_.end(), ids.begin(), ids.end());
  }
  ports::Claims& claims() override {
    throw std::logic_error("no action of the simulated plugin is external");
  }
  void clear_starts(std::span<const ports::ExecutionKey> keys) override {
    tx_.statement("start clear");
    came_back_.insert(came_back_.end(), keys.begin(), keys.end());
  }
  void allow_idle(base::Duration /*duration*/) override { tx_.statement("allow idle"); }
  void lock_action(const std::string& action) override {
    tx_.statement("advisory lock");
    tx_.lock("action/" + action);
  }
  sagad::Transaction& business() override { return business_; }
  void savepoint() override {
    tx_.statement("savepoint");
    savepoint_ = effects_.size();
  }
  void release() override { tx_.statement("release"); }
  void rollback_to_savepoint() override {
    tx_.statement("rollback to savepoint");
    effects_.resize(savepoint_);
  }
  void commit() override {
    tx_.commit([this] { apply(); });
  }

 private:
  void apply();

  ParticipantDatabase& database_;
  Transaction tx_;
  std::vector<Effect> effects_;
  sagad::Transaction business_;
  std::size_t savepoint_ = 0;
  std::map<ports::ExecutionKey, ports::InboxRow> inserted_;
  std::vector<ports::InboxRow> replaced_;
  std::vector<ports::OutboxRow> outbox_;
  std::vector<ports::OutboxId> published_;
  std::vector<ports::ExecutionKey> came_back_;
};

std::vector<std::optional<ports::InboxRow>> ParticipantTransaction::find(
    std::span<const ports::ExecutionKey> keys) {
  tx_.statement("inbox find");
  std::vector<std::optional<ports::InboxRow>> found;
  for (const auto& key : keys) {
    auto& one = found.emplace_back();
    if (const auto own = inserted_.find(key); own != inserted_.end()) one = own->second;
    if (const auto row = database_.inbox.find(key); row != database_.inbox.end()) one = row->second;
  }
  return found;
}

std::vector<bool> ParticipantTransaction::insert(std::span<const ports::InboxRow> rows) {
  tx_.statement("inbox insert");
  std::vector<bool> inserted;
  for (const auto& row : rows) {
    tx_.lock(row_of(row.key));
    const bool taken = database_.inbox.count(row.key) > 0 || inserted_.count(row.key) > 0;
    if (!taken) inserted_.emplace(row.key, row);
    inserted.push_back(!taken);
  }
  return inserted;
}

void ParticipantTransaction::replace(std::span<const ports::InboxRow> rows) {
  tx_.statement("inbox replace");
  for (const auto& row : rows) {
    tx_.lock(row_of(row.key));
    replaced_.push_back(row);
  }
}

void ParticipantTransaction::apply() {
  auto& world = tx_.world();
  for (auto effect : effects_) {
    effect.order = static_cast<std::int64_t>(database_.effects.size());
    database_.effects.push_back(effect);
    if (!world.tracing()) continue;
    world.trace("log: effect " + effect.key.saga.str() + " " + effect.key.step + " " +
                std::string(saga::to_string(effect.key.kind)));
  }
  for (const auto& [key, row] : inserted_) database_.inbox.emplace(key, row);
  for (const auto& row : replaced_) {
    auto& old = database_.inbox.at(row.key);
    if (old.round < row.round && old.outcome != saga::Outcome::kDone) old = row;
  }
  for (const auto& key : came_back_) database_.starts.erase(key);
  database_.outbox.insert(outbox_, world.scheduler.now());
  database_.outbox.remove(published_);
}

class ParticipantStore final : public ports::ParticipantStore {
 public:
  explicit ParticipantStore(ParticipantDatabase& database)
      : database_(database), session_(database) {}

  std::unique_ptr<ports::ParticipantTransaction> begin() override {
    return std::make_unique<ParticipantTransaction>(database_, session_);
  }
  ports::Session session() override { return {session_.pid(), "now"}; }
  ports::Fault classify(std::exception_ptr error) const override;

  int record_start(const ports::ExecutionKey& key) override {
    Transaction transaction(session_);
    transaction.statement("start record");
    int starts = 0;
    transaction.commit([&] { starts = ++database_.starts[key]; });
    return starts;
  }
  std::vector<bool> mark_starts(std::span<const ports::ExecutionKey> keys) override {
    Transaction transaction(session_);
    transaction.statement("start mark");
    std::vector<bool> marked;
    transaction.commit([&] {
      for (const auto& key : keys) marked.push_back(database_.starts.try_emplace(key, 0).second);
    });
    return marked;
  }
  void clear_starts(std::span<const ports::ExecutionKey> keys) override {
    Transaction transaction(session_);
    transaction.statement("start clear");
    transaction.commit([&] {
      for (const auto& key : keys) database_.starts.erase(key);
    });
  }

 private:
  ParticipantDatabase& database_;
  Session session_;
};

/// Killed passes: nothing classifies it.
ports::Fault ParticipantStore::classify(std::exception_ptr error) const {
  using Kind = ports::Fault::Kind;
  try {
    std::rethrow_exception(std::move(error));
  } catch (const LockTimeout& fault) {
    return {Kind::kUnavailable, "55P03", fault.what()};
  } catch (const ports::Unavailable& fault) {
    return {Kind::kUnavailable, "57P01", fault.what()};
  } catch (const ports::Conflict& fault) {
    return {Kind::kConflict, "40P01", fault.what()};
  } catch (const ports::CommitUnknown& fault) {
    return {Kind::kCommitUnknown, {}, fault.what()};
  } catch (const std::exception& fault) {
    return {Kind::kStep, "exception", fault.what()};
  }
}

}  // namespace

std::unique_ptr<ports::ParticipantStore> ParticipantDatabase::store() {
  return std::make_unique<ParticipantStore>(*this);
}

}  // namespace sagad::simulation
