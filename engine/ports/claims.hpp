#pragma once

#include <optional>
#include <span>

#include "base/id.hpp"
#include "base/time.hpp"

namespace sagad::ports {

struct ExecutionKey;
struct InboxRow;

/// Names the holder of a claim: drawn anew for every run of an external action.
using LeaseToken = base::SagaId;

/// The right to run an external action: nobody else may for so long, by the database's clock.
struct Lease {
  LeaseToken token;
  base::Duration length;
};

/// The rows of external actions, in an open transaction of a participant's database. An external
/// action claims its row before it runs, and answers in it after. Each member is one statement and
/// judges the row as it is once its lock is had; they throw as the transaction's members do.
class Claims {
 public:
  Claims() = default;
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;
  virtual ~Claims() = default;

  /// Claims a key that has no row. False if it has one.
  virtual bool claim(const ExecutionKey& key, int round, const Lease& lease) = 0;
  /// Claims a row that nobody holds: one that is free, one whose lease has ended without an answer
  /// (it is in doubt from then on), or a `failed` or `barred` one of a lower round. False for any
  /// other.
  virtual bool take_over(const ExecutionKey& key, int round, const Lease& lease) = 0;
  /// Records the holder's answer: done, failed or later. Nothing if the lease is not the row's any
  /// more; else whether the row is in doubt, which matters to a refusal.
  virtual std::optional<bool> answer(const InboxRow& row, const LeaseToken& token) = 0;
  /// Gives the row back without an answer, for others to claim. `in_doubt`: it may have taken
  /// effect. False if the lease is not the row's any more.
  virtual bool release(const ExecutionKey& key, const LeaseToken& token, bool in_doubt) = 0;
  /// Ends a claim that nobody holds, so that it is never run in this round: `barred`, or `failed`
  /// with the code `in_doubt`. False if it is held, or no claim.
  virtual bool settle(const ExecutionKey& key, int round) = 0;
  /// Has a lease last for at least so long from now on. False if it is not the row's any more.
  virtual bool renew(const ExecutionKey& key, const Lease& lease) = 0;
};

}  // namespace sagad::ports
