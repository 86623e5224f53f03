#include "postgres/connection.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"
#include "postgres/settings.hpp"
#include "postgres/stores.hpp"
#include "postgres/tags.hpp"
#include "saga/child.hpp"

namespace sagad::postgres {

namespace {

bool is_live(saga::SagaStatus status) { return !saga::is_final(status); }

std::optional<std::string> milliseconds(const std::optional<base::Duration>& duration) {
  if (!duration) return std::nullopt;
  return std::to_string(duration->count());
}

bool needs_search(const ports::SagaFilter& filter) {
  return filter.retrying || filter.reason || filter.error_code || filter.older_than ||
         filter.younger_than || (filter.live && !filter.status);
}

std::string_view search_query(const ports::SagaFilter& filter) {
  const bool live = filter.live || filter.retrying || (filter.status && is_live(*filter.status));
  return live ? queries::kSagaSearchLive : queries::kSagaSearch;
}

std::optional<std::string> status_of(const ports::SagaFilter& filter) {
  if (!filter.status) return std::nullopt;
  return std::string(saga::to_string(*filter.status));
}

std::optional<std::string> cursor_of(const ports::SagaFilter& filter) {
  if (!filter.before) return std::nullopt;
  return filter.before->str();
}

std::string_view list_query(const ports::SagaFilter& filter) {
  if (filter.parent) return queries::kSagaListByParent;
  if (filter.key) return queries::kSagaListByKey;
  if (filter.status && is_live(*filter.status)) return queries::kSagaListLive;
  return queries::kSagaList;
}

std::vector<ports::StatusCount> to_counts(const pqxx::result& rows) {
  std::vector<ports::StatusCount> counts;
  for (const auto& row : rows) {
    counts.push_back(
        {std::string(text(row[0])), saga::parse_saga_status(text(row[1])), to_int(row[2])});
  }
  return counts;
}

TextArray tag_names(const ports::SagaFilter& filter) {
  TextArray names(filter.tags.size());
  for (const auto& [name, value] : filter.tags) names.add(name);
  return names;
}

TextArray tag_values(const ports::SagaFilter& filter) {
  TextArray values(filter.tags.size());
  for (const auto& [name, value] : filter.tags) values.add(value);
  return values;
}

class EngineReader final : public ports::EngineReader {
 public:
  explicit EngineReader(std::string target) : connection_(std::move(target)) {}

  std::optional<saga::Instance> get(base::SagaId id) override {
    const pqxx::result rows = connection_.get().exec(queries::kSagaGet, id.str());
    if (rows.empty()) return std::nullopt;
    saga::Instance instance = to_instance(rows[0]);
    UuidArray ids;
    ids.add(id);
    for (const auto& row : connection_.get().exec(queries::kOutputRead, ids)) {
      put_output(instance, row);
    }
    read_tags(connection_.get(), {&instance, 1});
    if (ids_with_items({&instance, 1}).size() == 0) return instance;
    for (const auto& row : connection_.get().exec(queries::kItemRead, ids)) {
      put_item(instance, row);
    }
    return instance;
  }

  std::vector<saga::Instance> list(const ports::SagaFilter& filter) override {
    std::vector<saga::Instance> instances;
    for (const auto& row : find(filter)) {
      instances.push_back(to_instance(row));
      for (auto& step : instances.back().steps) step.items.clear();  // nobody looks at them here
    }
    read_tags(connection_.get(), instances);
    return instances;
  }

  std::vector<ports::StatusCount> count_live(const ports::SagaFilter& filter) override {
    return to_counts(connection_.get().exec(
        queries::kSagaCountLive, status_of(filter), filter.definition, filter.key,
        cursor_of(filter), filter.reason, milliseconds(filter.older_than),
        milliseconds(filter.younger_than), filter.error_code, filter.retrying, tag_names(filter),
        tag_values(filter)));
  }

  std::vector<ports::HistoryRow> history(base::SagaId id) override {
    std::vector<ports::HistoryRow> history;
    for (const auto& row : connection_.get().exec(queries::kHistoryRead, id.str())) {
      history.push_back({to_int(row[0]), to_time(row[1]), std::string(text(row[2]))});
    }
    return history;
  }

  std::vector<ports::StatusCount> live_counts() override {
    return to_counts(connection_.get().exec(queries::kLiveCounts));
  }

  bool ping() override {
    try {
      connection_.get().exec(queries::kPing);
      return true;
    } catch (const ports::Unavailable&) {
      connection_.drop();
      return false;
    }
  }

 private:
  pqxx::result find(const ports::SagaFilter& filter) {
    const auto limit = static_cast<std::int64_t>(filter.limit);
    if (!filter.tags.empty()) {
      return connection_.get().exec(
          queries::kSagaListByTag, status_of(filter), filter.definition, filter.key,
          cursor_of(filter), limit, tag_names(filter), tag_values(filter), filter.reason,
          milliseconds(filter.older_than), milliseconds(filter.younger_than), filter.error_code,
          filter.retrying, filter.live);
    }
    if (filter.parent || !needs_search(filter)) {
      // The keys of a saga's children begin with its id, so they are a range of the index.
      const auto key = filter.parent ? saga::children_key_prefix(*filter.parent) : filter.key;
      return connection_.get().exec(list_query(filter), status_of(filter), filter.definition, key,
                                    cursor_of(filter), limit);
    }
    return connection_.get().exec(
        search_query(filter), status_of(filter), filter.definition, filter.key, cursor_of(filter),
        limit, filter.reason, milliseconds(filter.older_than), milliseconds(filter.younger_than),
        filter.error_code, filter.retrying);
  }

  ConnectionKeeper connection_;
};

}  // namespace

std::unique_ptr<ports::EngineReader> make_engine_reader(const std::string& target) {
  SessionSettings settings;
  settings.application_name = "sagad reader";
  return std::make_unique<EngineReader>(connection_string(target, settings));
}

}  // namespace sagad::postgres
