#pragma once

#include <string>

#include "base/time.hpp"

namespace sagad::postgres {

/// What a session of ours is set to. It goes into the connection string, because what is set
/// later is lost with the connection.
struct SessionSettings {
  std::string application_name = "sagad";  ///< seen in pg_stat_activity
  /// Nobody waits longer for a row: a frozen daemon must not stop the others.
  base::Duration lock_timeout{2'000};
  /// Ends the session of a daemon that froze inside a transaction. Has to be longer than the
  /// longest `timeout` of a step: an action that computes or waits is idle in transaction.
  base::Duration idle_in_transaction_timeout{300'000};
  /// Only our own statements run here, none of a plugin: they are planned once, and joins that
  /// read whole tables are switched off, because a plan that is made while a table is empty stays
  /// when it has grown. (Scans of whole tables, where there is an index, are off in all sessions.)
  bool own_statements_only = true;
};

/// `target` (a libpq connection string or URL) with the settings put in. What `target` says
/// itself wins, also inside its `options`. Throws std::invalid_argument if libpq cannot read it;
/// the message has no password in it.
std::string connection_string(const std::string& target, const SessionSettings& settings);

}  // namespace sagad::postgres
