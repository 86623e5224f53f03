#include "runtime/definitions.hpp"

#include <utility>

#include "definition/loader.hpp"

namespace sagad::runtime {

Definitions::Definitions(std::unique_ptr<ports::DefinitionStore> store)
    : store_(std::move(store)) {}

void Definitions::add(const std::vector<definition::DefinitionPtr>& loaded, bool replace) {
  const std::lock_guard store_lock(store_mutex_);
  store_->add(loaded, replace);
  take_over(loaded);
}

void Definitions::refresh() {
  const std::lock_guard store_lock(store_mutex_);
  take_over({});
}

/// Reads what the database has and replaces what is active in memory by it. With store_mutex_.
void Definitions::take_over(const std::vector<definition::DefinitionPtr>& loaded) {
  std::map<std::string, definition::DefinitionPtr> known;
  {
    const std::lock_guard lock(mutex_);
    known = by_digest_;
  }
  for (const auto& definition : loaded) known.insert_or_assign(definition->digest, definition);
  std::map<std::string, Versions> active;
  std::map<std::string, std::set<int>> retired;
  std::map<std::pair<std::string, int>, std::string> digests;
  // Before the list: what changes in between is found the next time.
  auto stamp = store_->stamp();
  for (const auto& stored : store_->list()) {
    const bool is_active = stored.state == ports::DefinitionState::kActive;
    auto& digest = digests[{stored.name, stored.version}];
    if (digest.empty() || is_active) digest = stored.digest;
    if (!is_active) {
      retired[stored.name].insert(stored.version);
      continue;
    }
    auto& definition = known[stored.digest];
    if (definition == nullptr) definition = definition::load_canonical(stored.canonical);
    active[stored.name][stored.version] = definition;
  }
  stamp_ = std::move(stamp);
  const std::lock_guard lock(mutex_);
  by_digest_ = std::move(known);
  active_ = std::move(active);
  retired_ = std::move(retired);
  digests_ = std::move(digests);
}

bool Definitions::retired(const std::string& name, std::optional<int> version) const {
  if (active(name, version) != nullptr) return false;
  const std::lock_guard lock(mutex_);
  const auto versions = retired_.find(name);
  return versions != retired_.end() && (!version || versions->second.count(*version) > 0);
}

std::optional<bool> Definitions::set_state(const ports::StateChange& change) {
  const std::lock_guard store_lock(store_mutex_);
  const auto changed = store_->set_state(change);
  if (changed) take_over({});
  return changed;
}

bool Definitions::follow() {
  const std::lock_guard store_lock(store_mutex_);
  if (store_->stamp() == stamp_) return false;
  take_over({});
  return true;
}

std::map<std::string, std::int64_t> Definitions::live() {
  const std::lock_guard lock(store_mutex_);
  return store_->live();
}

definition::DefinitionPtr Definitions::active(const std::string& name,
                                              std::optional<int> version) const {
  const std::lock_guard lock(mutex_);
  const auto versions = active_.find(name);
  if (versions == active_.end() || versions->second.empty()) return nullptr;
  if (!version) return versions->second.rbegin()->second;
  const auto found = versions->second.find(*version);
  return found == versions->second.end() ? nullptr : found->second;
}

definition::DefinitionPtr Definitions::by_digest(const std::string& digest) {
  const auto in_memory = [&]() -> definition::DefinitionPtr {
    const std::lock_guard lock(mutex_);
    const auto found = by_digest_.find(digest);
    return found == by_digest_.end() ? nullptr : found->second;
  };
  if (auto known = in_memory()) return known;
  const std::lock_guard store_lock(store_mutex_);
  if (auto known = in_memory()) return known;  // loaded while this thread waited
  const auto canonical = store_->find(digest);
  if (!canonical) return nullptr;
  auto definition = definition::load_canonical(*canonical);
  const std::lock_guard lock(mutex_);
  by_digest_.emplace(digest, definition);
  return definition;
}

std::string Definitions::digest_of(const std::string& name, int version) const {
  const std::lock_guard lock(mutex_);
  const auto found = digests_.find({name, version});
  return found == digests_.end() ? std::string() : found->second;
}

std::set<std::string> Definitions::participants() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> names;
  for (const auto& [digest, definition] : by_digest_) {
    for (const auto& step : definition->steps) {
      if (step.action.participant.empty()) continue;  // it waits, and asks nobody
      names.insert(step.action.participant);
      if (step.compensate) names.insert(step.compensate->participant);
    }
  }
  return names;
}

std::vector<ports::StoredDefinition> Definitions::list() {
  const std::lock_guard lock(store_mutex_);
  return store_->list();
}

}  // namespace sagad::runtime
