#include "postgres/connection.hpp"
#include "postgres/engine_transaction.hpp"
#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"
#include "postgres/settings.hpp"
#include "postgres/stores.hpp"

namespace sagad::postgres {

namespace {

/// Nothing slow happens inside the coordinator's transactions.
constexpr base::Duration kIdleTimeout{30'000};

class EngineStore final : public ports::EngineStore {
 public:
  explicit EngineStore(std::string target) : connection_(std::move(target)) {}

  std::unique_ptr<ports::EngineTransaction> begin() override {
    return std::make_unique<EngineTransaction>(connection_);
  }

  std::string answer_secret() override {
    const pqxx::result rows = connection_.get().exec(queries::kAnswerSecret);
    if (rows.empty()) throw std::logic_error("sagad.answer_secret is empty; restore its row");
    return std::string(text(rows[0][0]));
  }

 private:
  ConnectionKeeper connection_;
};

}  // namespace

std::unique_ptr<ports::EngineStore> make_engine_store(const std::string& target) {
  SessionSettings settings;
  settings.application_name = "sagad engine";
  settings.idle_in_transaction_timeout = kIdleTimeout;
  return std::make_unique<EngineStore>(connection_string(target, settings));
}

}  // namespace sagad::postgres
