#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "jetstream/bus.hpp"
#include "ports/bus.hpp"

namespace sagad::jetstream::tests {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Keeps what became of publishes.
class RecordingSink final : public ports::PublishSink {
 public:
  struct Refusal {
    ports::OutboxId id;
    std::string reason;
    bool permanent;
  };

  void confirmed(ports::OutboxId id) override;
  void refused(ports::OutboxId id, const std::string& reason, bool permanent) override;

  /// Waits until so many publishes have ended, one way or the other.
  bool wait_for(std::size_t count, milliseconds timeout = seconds{10});
  std::vector<ports::OutboxId> confirmed_ids() const;
  std::vector<Refusal> refusals() const;
  std::size_t ended() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ports::OutboxId> confirmed_;
  std::vector<Refusal> refusals_;
};

/// A bus in a namespace of its own on the nats-server of this process.
class BusTest : public ::testing::Test {
 protected:
  BusTest();

  /// Settings for a test: streams of a few megabytes.
  BusOptions options() const;
  std::unique_ptr<ports::Bus> connected_bus() const { return connected_bus(options()); }
  static std::unique_ptr<ports::Bus> connected_bus(const BusOptions& options);

  ports::OutboxRow row(const std::string& subject, const std::string& payload);
  std::vector<ports::OutboxRow> rows(const std::string& subject, std::size_t count);

  const std::string name_space_;
  base::IdGenerator ids_;
};

/// Says nothing, unless the environment has SAGAD_TEST_LOG.
std::shared_ptr<spdlog::logger> quiet_log();
/// True as soon as the condition is, asked every few milliseconds.
bool eventually(const std::function<bool()>& condition, milliseconds timeout = seconds{10});

/// Fetches until `count` different payloads have come and acks them all; returns the payloads.
std::multiset<std::string> drain(ports::Consumer& consumer, std::size_t count,
                                 milliseconds timeout = seconds{15});

inline const ports::StreamRef kPayCommands{ports::StreamRef::Kind::kCommands, "pay"};
inline const ports::StreamRef kResults{ports::StreamRef::Kind::kResults, {}};
inline const ports::StreamRef kStarts{ports::StreamRef::Kind::kStarts, {}};
inline const ports::StreamRef kSignals{ports::StreamRef::Kind::kSignals, {}};
inline const ports::StreamRef kDead{ports::StreamRef::Kind::kDead, {}};

}  // namespace sagad::jetstream::tests
