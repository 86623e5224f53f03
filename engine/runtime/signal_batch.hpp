#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "ports/engine_store.hpp"
#include "runtime/instance_batch.hpp"

namespace sagad::runtime {

/// How many signals a saga keeps that no step has taken.
inline constexpr int kMostKeptSignals = 100;

/// A signal on its way to a saga, from whichever door. A value.
struct SignalRequest {
  std::optional<base::SagaId> saga;  ///< or, without one:
  ports::SagaKey saga_key;
  /// What the saga's definition has to be called; empty: anything.
  std::string definition;
  std::string name;
  std::string key;  ///< the sender's; may be empty only through the API
  boost::json::value payload;
};

/// What became of it. Only a commit accepts.
struct SignalOutcome {
  enum class Kind {
    kAccepted,       ///< a step has taken it, or it is kept until one does
    kExisting,       ///< it had come before (same name, key and payload)
    kConflict,       ///< 409: the key has come with another payload
    kUnknownSaga,    ///< 404
    kUnknownSignal,  ///< 404: no step of its definition waits for this name
    kEnded,          ///< 409: the saga has ended
    kTooMany,        ///< 429: too many are kept already
    kInvalid,        ///< 400: `detail` says what
    kUnavailable,    ///< 503: not committed, or it is not known; send it again with the same key
  };
  Kind kind = Kind::kUnavailable;
  std::optional<base::SagaId> saga;
  std::string detail;  ///< a sentence for people; empty if it was accepted
};

/// One signal in a batch.
struct SignalItem {
  SignalRequest request;
  base::SagaId id;  ///< drawn by the batch if it is nil; a second run finds what the first did
  SignalOutcome outcome;
};

/// What is wrong with name, key or payload; empty if nothing is.
std::string check_signal(const SignalRequest& request);

/// Gives signals to their sagas, all in one transaction: locks the sagas, leaves out what has come
/// before, and has decide() take or keep the rest. One thread.
class SignalBatch {
 public:
  SignalBatch(ports::EngineStoreFactory stores, BatchTools tools);

  /// Sets every outcome. Throws Unavailable, CommitUnknown, Conflict, and what is the fault of a
  /// saga: then nothing was committed (or it is not known), and the same items may be run again.
  void run(const std::vector<SignalItem*>& items);
  /// Stores dead letters.
  void store(const std::vector<ports::DeadLetter>& letters);

 private:
  /// Finds the sagas, and what has come before; the rest is to happen.
  BatchWork collect(const std::vector<SignalItem*>& items, ports::EngineTransaction& transaction);
  /// Drops those whose saga is not known, and sets `saga` of the others.
  std::vector<SignalItem*> find_sagas(const std::vector<SignalItem*>& items,
                                      ports::EngineTransaction& transaction);

  InstanceBatch batch_;
  base::IdGenerator ids_;
};

}  // namespace sagad::runtime
