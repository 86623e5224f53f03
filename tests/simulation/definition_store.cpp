#include "simulation/engine_database.hpp"

namespace sagad::simulation {
namespace {

class DefinitionStore final : public ports::DefinitionStore {
 public:
  explicit DefinitionStore(EngineDatabase& database) : database_(database), session_(database) {}

  void add(std::span<const definition::DefinitionPtr> definitions, bool /*replace*/) override {
    Transaction transaction(session_);
    transaction.statement("definition insert");
    transaction.commit([&] {
      for (const auto& one : definitions) {
        database_.definitions.try_emplace(one->digest,
                                          ports::StoredDefinition{one->name,
                                                                  one->version,
                                                                  one->digest,
                                                                  {},
                                                                  one->canonical,
                                                                  ports::DefinitionState::kActive,
                                                                  transaction.now()});
      }
    });
  }
  std::optional<std::string> find(const std::string& digest) override {
    Transaction transaction(session_);
    transaction.statement("definition find");
    const auto found = database_.definitions.find(digest);
    if (found == database_.definitions.end()) return std::nullopt;
    return found->second.canonical;
  }
  std::vector<ports::StoredDefinition> list() override {
    Transaction transaction(session_);
    transaction.statement("definition list");
    std::vector<ports::StoredDefinition> all;
    for (const auto& [digest, stored] : database_.definitions) all.push_back(stored);
    return all;
  }

  std::optional<bool> set_state(const ports::StateChange& change) override {
    Transaction transaction(session_);
    transaction.statement("definition state");
    std::optional<bool> changed;
    transaction.commit([&] {
      for (auto& [digest, stored] : database_.definitions) {
        if (stored.name != change.name || stored.version != change.version) continue;
        changed = stored.state != change.state;
        stored.state = change.state;
      }
    });
    return changed;
  }
  std::map<std::string, std::int64_t> live() override {
    Transaction transaction(session_);
    transaction.statement("definition live");
    std::map<std::string, std::int64_t> counts;
    for (const auto& [id, row] : database_.instances) {
      if (!saga::is_final(row.instance.status)) ++counts[row.instance.digest];
    }
    return counts;
  }
  std::string stamp() override {
    Transaction transaction(session_);
    transaction.statement("definition stamp");
    std::string text;
    for (const auto& [digest, stored] : database_.definitions) {
      text += digest + (stored.state == ports::DefinitionState::kActive ? "+" : "-");
    }
    return text;
  }

 private:
  EngineDatabase& database_;
  Session session_;
};

}  // namespace

std::unique_ptr<ports::DefinitionStore> EngineDatabase::definition_store() {
  return std::make_unique<DefinitionStore>(*this);
}

}  // namespace sagad::simulation
