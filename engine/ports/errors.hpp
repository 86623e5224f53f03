#pragma once

#include <stdexcept>

namespace sagad::ports {

/// The outside is not there or not well (connection lost, server shutting down, lock not had in
/// time, out of resources): nothing was committed; back off and begin again with a fresh
/// connection. SQLSTATE classes 08, 53, 57, 58 and 55P03.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A deadlock or serialization failure (SQLSTATE class 40): nothing was committed; run again.
class Conflict : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The connection was lost after COMMIT was sent: it may have been applied or not. Nothing may be
/// published or acknowledged from memory; whoever comes next finds what is true.
class CommitUnknown : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A plugin ended the engine's transaction (COMMIT or ROLLBACK in its SQL).
class TransactionEnded : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sagad::ports
