#include "postgres/connection.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"
#include "postgres/settings.hpp"
#include "postgres/stores.hpp"
#include "postgres/tags.hpp"

namespace sagad::postgres {

namespace {

bool is_live(saga::SagaStatus status) { return !saga::is_final(status); }

std::string_view list_query(const ports::SagaFilter& filter) {
  if (filter.key) return queries::kSagaListByKey;
  if (filter.status && is_live(*filter.status)) return queries::kSagaListLive;
  return queries::kSagaList;
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
    return instance;
  }

  std::vector<saga::Instance> list(const ports::SagaFilter& filter) override {
    std::optional<std::string> status;
    if (filter.status) status = saga::to_string(*filter.status);
    std::optional<std::string> before;
    if (filter.before) before = filter.before->str();
    const auto limit = static_cast<std::int64_t>(filter.limit);
    std::vector<saga::Instance> instances;
    const auto rows =
        filter.tags.empty()
            ? connection_.get().exec(list_query(filter), status, filter.definition, filter.key,
                                     before, limit)
            : connection_.get().exec(queries::kSagaListByTag, status, filter.definition, filter.key,
                                     before, limit, tag_names(filter), tag_values(filter));
    for (const auto& row : rows) instances.push_back(to_instance(row));
    read_tags(connection_.get(), instances);
    return instances;
  }

  std::vector<ports::HistoryRow> history(base::SagaId id) override {
    std::vector<ports::HistoryRow> history;
    for (const auto& row : connection_.get().exec(queries::kHistoryRead, id.str())) {
      history.push_back({to_int(row[0]), to_time(row[1]), std::string(text(row[2]))});
    }
    return history;
  }

  std::vector<ports::StatusCount> live_counts() override {
    std::vector<ports::StatusCount> counts;
    for (const auto& row : connection_.get().exec(queries::kLiveCounts)) {
      counts.push_back(
          {std::string(text(row[0])), saga::parse_saga_status(text(row[1])), to_int(row[2])});
    }
    return counts;
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
  ConnectionKeeper connection_;
};

}  // namespace

std::unique_ptr<ports::EngineReader> make_engine_reader(const std::string& target) {
  SessionSettings settings;
  settings.application_name = "sagad reader";
  return std::make_unique<EngineReader>(connection_string(target, settings));
}

}  // namespace sagad::postgres
