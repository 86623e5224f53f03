#include "postgres/claims.hpp"

#include <string>

#include "ports/participant_store.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"

namespace sagad::postgres {

namespace {

/// Runs a statement whose first four parameters are the key.
template <typename... Args>
pqxx::result exec(Connection& connection, std::string_view query, const ports::ExecutionKey& key,
                  const Args&... args) {
  return connection.exec(query, key.saga.str(), key.step, key.item,
                         std::string(saga::to_string(key.kind)), args...);
}

std::int64_t milliseconds(base::Duration duration) { return duration.count(); }

}  // namespace

bool Claims::claim(const ports::ExecutionKey& key, int round, const ports::Lease& lease) {
  return exec(connection_, queries::kClaimInsert, key, round, lease.token.str(),
              milliseconds(lease.length))
             .affected_rows() == 1;
}

bool Claims::take_over(const ports::ExecutionKey& key, int round, const ports::Lease& lease) {
  return exec(connection_, queries::kClaimTake, key, round, lease.token.str(),
              milliseconds(lease.length))
             .affected_rows() == 1;
}

std::optional<bool> Claims::answer(const ports::InboxRow& row, const ports::LeaseToken& token) {
  const bool done = row.outcome == saga::Outcome::kDone;
  const std::string output = done && row.output.empty() ? "null" : row.output;
  const pqxx::result rows =
      exec(connection_, queries::kClaimAnswer, row.key, std::string(saga::to_string(row.outcome)),
           done ? output : std::string(), row.code, row.message, token.str());
  if (rows.empty()) return std::nullopt;
  return to_bool(rows[0][0]);
}

bool Claims::release(const ports::ExecutionKey& key, const ports::LeaseToken& token,
                     bool in_doubt) {
  return exec(connection_, queries::kClaimRelease, key, token.str(), in_doubt).affected_rows() == 1;
}

bool Claims::settle(const ports::ExecutionKey& key, int round) {
  return exec(connection_, queries::kClaimSettle, key, round).affected_rows() == 1;
}

bool Claims::renew(const ports::ExecutionKey& key, const ports::Lease& lease) {
  return exec(connection_, queries::kClaimRenew, key, lease.token.str(), milliseconds(lease.length))
             .affected_rows() == 1;
}

}  // namespace sagad::postgres
