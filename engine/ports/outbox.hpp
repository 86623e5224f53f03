#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"

namespace sagad::ports {

/// UUIDv7, made by the writer, so that the row is known before it is written.
using OutboxId = base::SagaId;

/// A message that is to be published, as its row holds it. A value.
struct OutboxRow {
  OutboxId id;
  base::SagaId saga;
  std::string subject;  ///< without the namespace: `cmd.pay.do.order-pay`
  std::string payload;  ///< JSON text
  base::Time sent_at;   ///< of a command or result (header `Sagad-Sent-At`)
};

struct OutboxDepth {
  std::int64_t rows = 0;
  base::Duration oldest{0};
};

/// The outbox of one database, for the relay. One thread a store; a store that threw Unavailable
/// is thrown away and made anew.
class OutboxStore {
 public:
  /// Publishes the rows and returns the ids of those that are confirmed.
  using Publish = std::function<std::vector<OutboxId>(std::vector<OutboxRow>)>;

  OutboxStore() = default;
  OutboxStore(const OutboxStore&) = delete;
  OutboxStore& operator=(const OutboxStore&) = delete;
  virtual ~OutboxStore() = default;

  /// One short transaction: locks up to `limit` rows older than `age` (SKIP LOCKED; found by being
  /// there, never by id > last_seen), publishes them, deletes the confirmed. Returns the number
  /// of rows found. Throws Unavailable, Conflict.
  virtual std::size_t sweep(base::Duration age, std::size_t limit, const Publish& publish) = 0;
  /// Deletes rows that are confirmed; unknown ids are ignored.
  virtual void remove(std::span<const OutboxId> ids) = 0;
  virtual OutboxDepth depth() = 0;
};

using OutboxStoreFactory = std::function<std::unique_ptr<OutboxStore>()>;

}  // namespace sagad::ports
