#pragma once

#include <optional>

#include "ports/claims.hpp"
#include "postgres/connection.hpp"

namespace sagad::postgres {

/// See the port. In the transaction that is open on `connection`, which outlives it.
class Claims final : public ports::Claims {
 public:
  explicit Claims(Connection& connection) : connection_(connection) {}

  bool claim(const ports::ExecutionKey& key, int round, const ports::Lease& lease) override;
  bool take_over(const ports::ExecutionKey& key, int round, const ports::Lease& lease) override;
  std::optional<bool> answer(const ports::InboxRow& row, const ports::LeaseToken& token) override;
  bool release(const ports::ExecutionKey& key, const ports::LeaseToken& token,
               bool in_doubt) override;
  bool settle(const ports::ExecutionKey& key, int round) override;
  bool renew(const ports::ExecutionKey& key, const ports::Lease& lease) override;

 private:
  Connection& connection_;
};

}  // namespace sagad::postgres
