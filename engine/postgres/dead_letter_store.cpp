#include "ports/dead_letter_store.hpp"

#include "postgres/connection.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"
#include "postgres/settings.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {

namespace {

ports::StoredDeadLetter to_letter(const pqxx::row& row) {
  ports::StoredDeadLetter stored;
  stored.id = to_int(row[0]);
  stored.at = to_time(row[1]);
  stored.last_at = to_time(row[2]);
  stored.times = static_cast<int>(to_int(row[3]));
  stored.state = ports::parse_dead_letter_state(text(row[4]));
  if (!row[5].is_null()) stored.letter.saga = to_id(row[5]);
  stored.letter.participant = text(row[6]);
  stored.letter.subject = text(row[7]);
  stored.letter.reason = text(row[8]);
  stored.letter.message = text(row[9]);
  stored.letter.payload = text(row[10]);
  if (const auto at = to_optional_time(row[11])) {
    stored.handled = ports::Handling{*at, std::string(text(row[12])), std::string(text(row[13]))};
  }
  return stored;
}

std::optional<std::string> saga_of(const ports::DeadLetterFilter& filter) {
  if (!filter.saga) return std::nullopt;
  return filter.saga->str();
}

class DeadLetterStore final : public ports::DeadLetterStore {
 public:
  explicit DeadLetterStore(std::string target) : connection_(std::move(target)) {}

  std::vector<ports::StoredDeadLetter> list(const ports::DeadLetterFilter& filter, int limit,
                                            std::optional<std::int64_t> before) override {
    std::optional<std::string> state;
    if (filter.state) state = ports::to_string(*filter.state);
    const auto query = filter.state == ports::DeadLetterState::kOpen ? queries::kDeadLetterListOpen
                                                                     : queries::kDeadLetterList;
    std::vector<ports::StoredDeadLetter> letters;
    for (const auto& row :
         connection_.get().exec(query, state, filter.participant, filter.reason, saga_of(filter),
                                before, static_cast<std::int64_t>(limit))) {
      letters.push_back(to_letter(row));
    }
    return letters;
  }

  std::optional<ports::StoredDeadLetter> get(std::int64_t id) override {
    const pqxx::result rows = connection_.get().exec(queries::kDeadLetterGet, id);
    if (rows.empty()) return std::nullopt;
    return to_letter(rows[0]);
  }

  std::vector<std::int64_t> oldest(const ports::DeadLetterFilter& filter, int limit) override {
    std::vector<std::int64_t> ids;
    for (const auto& row :
         connection_.get().exec(queries::kDeadLetterOldest, filter.participant, filter.reason,
                                saga_of(filter), static_cast<std::int64_t>(limit))) {
      ids.push_back(to_int(row[0]));
    }
    return ids;
  }

  std::int64_t count(const ports::DeadLetterFilter& filter) override {
    const pqxx::result rows = connection_.get().exec(queries::kDeadLetterCount, filter.participant,
                                                     filter.reason, saga_of(filter));
    return to_int(rows[0][0]);
  }

  bool handle(std::int64_t id, ports::DeadLetterState state, const std::string& by,
              const std::string& reason) override {
    return !connection_.get()
                .exec(queries::kDeadLetterHandle, id, std::string(ports::to_string(state)), by,
                      reason)
                .empty();
  }

 private:
  ConnectionKeeper connection_;
};

}  // namespace

std::unique_ptr<ports::DeadLetterStore> make_dead_letter_store(const std::string& target) {
  SessionSettings settings;
  settings.application_name = "sagad dead letters";
  return std::make_unique<DeadLetterStore>(connection_string(target, settings));
}

}  // namespace sagad::postgres
