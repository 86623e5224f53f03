#pragma once

#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "ports/engine_store.hpp"
#include "ports/participant_store.hpp"

namespace sagad::tests {

/// The release that migrates in tests.
inline constexpr std::string_view kRelease = "0.1.0";

/// A fresh, migrated database of the engine, or of a participant, as a URL.
std::string engine_database();
std::string participant_database();

/// A session of our own, to look and to disturb. Statements outside a transaction commit.
class Sql {
 public:
  explicit Sql(const std::string& target) : connection_(target), session_(connection_) {}
  pqxx::result operator()(const std::string& statement) { return session_.exec(statement); }
  /// The one value of the one row.
  std::string value(const std::string& statement);
  long number(const std::string& statement) { return std::stol(value(statement)); }

 private:
  pqxx::connection connection_;
  pqxx::nontransaction session_;
};

/// A fresh id; those of one test process are in order. Thread-safe.
base::SagaId new_id();

/// A running instance of `order-pay` with two pending steps and the key `key`.
saga::Instance sample_instance(const std::string& key);
/// A decision that leaves `instance` as it is, with one line of history.
saga::Decision sample_decision(saga::Instance instance);

/// Inserts instances with their history, and commits.
void store(ports::EngineStore& store, const std::vector<saga::Instance>& instances);
/// Writes decisions over locked instances, and commits.
void store_decisions(ports::EngineStore& store, const std::vector<saga::Decision>& decisions);
std::vector<const saga::Instance*> pointers(const std::vector<saga::Instance>& values);
std::vector<const saga::Decision*> pointers(const std::vector<saga::Decision>& values);

ports::OutboxRow sample_outbox_row(base::SagaId saga);
ports::InboxRow done_row(base::SagaId saga, const std::string& step, const std::string& output);
ports::ExecutionKey do_key(base::SagaId saga, const std::string& step);

/// Every field, as text: equal exactly if the instances are.
std::string describe(const saga::Instance& instance);

}  // namespace sagad::tests
