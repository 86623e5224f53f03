#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "ports/participant_store.hpp"

namespace sagad::daemon {

/// Asks now and then whether a participant's database answers. Thread-safe.
class DatabaseProbe {
 public:
  explicit DatabaseProbe(ports::ParticipantStoreFactory make) : make_(std::move(make)) {}

  /// What is wrong, or nothing.
  std::optional<std::string> problem();

 private:
  const ports::ParticipantStoreFactory make_;
  std::mutex mutex_;
  std::unique_ptr<ports::ParticipantStore> store_;  ///< guarded by mutex_
};

}  // namespace sagad::daemon
