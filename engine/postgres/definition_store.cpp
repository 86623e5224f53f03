#include "postgres/connection.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"
#include "postgres/settings.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {

namespace {

/// What the table says of a name and version.
struct Known {
  bool this_digest = false;
  bool this_active = false;
  bool other_digest = false;
  bool other_active = false;
};

Known look_up(Connection& connection, const definition::Definition& definition) {
  Known known;
  for (const auto& row :
       connection.exec(queries::kDefinitionOf, definition.name, definition.version)) {
    const bool same = text(row[0]) == definition.digest;
    const bool active = to_bool(row[1]);
    (same ? known.this_digest : known.other_digest) = true;
    if (active) (same ? known.this_active : known.other_active) = true;
  }
  return known;
}

void add_one(Connection& connection, const definition::Definition& definition, bool replace) {
  const Known known = look_up(connection, definition);
  // Also one that an operator has retired: a restart does not bring it back.
  if (known.this_digest && (known.this_active || !known.other_active)) return;
  if (known.other_digest && !replace) {
    throw ports::DefinitionConflict(
        "definition " + definition.name + " version " + std::to_string(definition.version) +
        " is known with other contents; sagas that run keep the definition they began with, so "
        "raise `version` in the file");
  }
  connection.exec(queries::kDefinitionRetire, definition.name, definition.version,
                  definition.digest);
  if (known.this_digest) {
    connection.exec(queries::kDefinitionActivate, definition.digest);
  } else {
    connection.exec(queries::kDefinitionInsert, definition.name, definition.version,
                    definition.digest, definition.description, definition.canonical);
  }
}

std::optional<bool> set_state_of_first(Connection& connection, const ports::StateChange& change) {
  const pqxx::result rows =
      connection.exec(queries::kDefinitionVersion, change.name, change.version);
  if (rows.empty()) return std::nullopt;
  const bool wanted = change.state == ports::DefinitionState::kActive;
  if (to_bool(rows[0][1]) == wanted) return false;
  connection.exec(queries::kDefinitionSetState, std::string(text(rows[0][0])),
                  std::string(wanted ? "active" : "retired"), change.by, change.reason);
  return true;
}

class DefinitionStore final : public ports::DefinitionStore {
 public:
  explicit DefinitionStore(std::string target) : connection_(std::move(target)) {}

  void add(std::span<const definition::DefinitionPtr> definitions, bool replace) override {
    connection_.begin(queries::kDefinitionLock);
    try {
      for (const definition::DefinitionPtr& definition : definitions) {
        add_one(connection_.get(), *definition, replace);
      }
      connection_.commit();
    } catch (const std::exception&) {
      connection_.rollback();
      throw;
    }
  }

  std::optional<std::string> find(const std::string& digest) override {
    const pqxx::result rows = connection_.get().exec(queries::kDefinitionFind, digest);
    if (rows.empty()) return std::nullopt;
    return std::string(text(rows[0][0]));
  }

  std::vector<ports::StoredDefinition> list() override {
    std::vector<ports::StoredDefinition> definitions;
    for (const auto& row : connection_.get().exec(queries::kDefinitionList)) {
      const bool active = text(row[5]) == "active";
      definitions.push_back(
          {std::string(text(row[0])), static_cast<int>(to_int(row[1])), std::string(text(row[2])),
           std::string(text(row[3])), std::string(text(row[4])),
           active ? ports::DefinitionState::kActive : ports::DefinitionState::kRetired,
           to_time(row[6]), to_time(row[7]), std::string(text(row[8])), std::string(text(row[9]))});
    }
    return definitions;
  }

  std::optional<bool> set_state(const ports::StateChange& change) override {
    connection_.begin(queries::kDefinitionLock);
    try {
      const auto changed = set_state_of_first(connection_.get(), change);
      connection_.commit();
      return changed;
    } catch (const std::exception&) {
      connection_.rollback();
      throw;
    }
  }

  std::map<std::string, std::int64_t> live() override {
    std::map<std::string, std::int64_t> counts;
    for (const auto& row : connection_.get().exec(queries::kDefinitionLive)) {
      counts.emplace(text(row[0]), to_int(row[1]));
    }
    return counts;
  }

  std::string stamp() override {
    return std::string(text(connection_.get().exec(queries::kDefinitionStamp)[0][0]));
  }

 private:
  ConnectionKeeper connection_;
};

}  // namespace

std::unique_ptr<ports::DefinitionStore> make_definition_store(const std::string& target) {
  SessionSettings settings;
  settings.application_name = "sagad definitions";
  return std::make_unique<DefinitionStore>(connection_string(target, settings));
}

}  // namespace sagad::postgres
