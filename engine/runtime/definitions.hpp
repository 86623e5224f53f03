#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/sync.hpp"
#include "definition/definition.hpp"
#include "ports/engine_store.hpp"

namespace sagad::runtime {

/// The definitions that this daemon knows: those loaded from files and added to the database at
/// start, and those of older instances, loaded from the database when they are met. Thread-safe.
class Definitions {
 public:
  explicit Definitions(std::unique_ptr<ports::DefinitionStore> store);

  /// Adds to the database what is new and loads what the database has. Throws
  /// ports::DefinitionConflict, ports::Unavailable; then nothing has changed. Throws
  /// definition::DefinitionError if this program cannot read an active definition of the
  /// database: one that a newer release has added.
  void add(const std::vector<definition::DefinitionPtr>& loaded, bool replace);
  /// Loads again what the database has as active: what another daemon has added since. Throws as
  /// add() does.
  void refresh();

  /// For a start: the highest active version, or that version. nullptr if there is none.
  definition::DefinitionPtr active(const std::string& name,
                                   std::optional<int> version = std::nullopt) const;
  /// Whether the name, or that version of it, is known and no start may take it any more.
  bool retired(const std::string& name, std::optional<int> version = std::nullopt) const;
  /// For an instance: loads from the database what is not in memory. nullptr if it is unknown.
  /// Throws ports::Unavailable. Not to be called inside a transaction.
  definition::DefinitionPtr by_digest(const std::string& digest);
  /// The digest of a version: the active one, or, if it is retired, one that it had. Empty if it is
  /// not known.
  std::string digest_of(const std::string& name, int version) const;
  /// The participants that the definitions in memory name.
  std::set<std::string> participants() const;

  /// Throws ports::Unavailable, as all below.
  std::vector<ports::StoredDefinition> list();
  /// How many sagas have not ended, by digest.
  std::map<std::string, std::int64_t> live();
  /// See DefinitionStore; this daemon's starts keep to it when it returns. Throws as add() does.
  std::optional<bool> set_state(const ports::StateChange& change);
  /// refresh(), if anything has changed in the database since the last time; true if so.
  bool follow();

 private:
  using Versions = std::map<int, definition::DefinitionPtr>;

  void take_over(const std::vector<definition::DefinitionPtr>& loaded);

  base::Mutex store_mutex_;                              ///< taken before mutex_
  const std::unique_ptr<ports::DefinitionStore> store_;  ///< guarded by store_mutex_

  mutable base::Mutex mutex_;
  std::map<std::string, definition::DefinitionPtr> by_digest_;  ///< guarded by mutex_
  std::map<std::string, Versions> active_;                      ///< guarded by mutex_
  std::map<std::string, std::set<int>> retired_;                ///< guarded by mutex_
  std::string stamp_;                                           ///< guarded by store_mutex_
  std::map<std::pair<std::string, int>, std::string> digests_;  ///< guarded by mutex_
};

}  // namespace sagad::runtime
