#include "sagabench/doors.hpp"

#include <exception>
#include <pqxx/pqxx>
#include <stdexcept>
#include <thread>

#include <sagad/transaction.hpp>

namespace sagad::bench {
namespace {

/// Starts those whose place is `first`, `first + step`, …
void start_by_sql(const std::string& url, const std::vector<Start>& starts, std::size_t first,
                  std::size_t step) {
  pqxx::connection connection(url);
  pqxx::nontransaction session(connection);  // every statement is a transaction of its own
  sagad::Transaction::Prepared prepared;
  sagad::Transaction transaction(session, prepared);
  for (std::size_t i = first; i < starts.size(); i += step) {
    transaction.exec("/* sagabench */ SELECT sagad.start_saga($1, $2::jsonb, $3)",
                     starts[i].definition, starts[i].input, starts[i].key);
  }
}

}  // namespace

void HttpDoor::prepare(const std::vector<Start>& starts) {
  requests_.clear();
  requests_.reserve(starts.size());
  for (const auto& start : starts) {
    requests_.push_back({http_post("/v1/sagas/" + start.definition, start.key, start.input)});
  }
}

void HttpDoor::send() {
  for (const auto& outcome : run_http_load(daemon_.api_port(), connections_, requests_)) {
    if (outcome.status != 201) {
      throw std::runtime_error("sagad answered a start with " + std::to_string(outcome.status) +
                               ": " + outcome.body);
    }
  }
}

void SqlDoor::send() {
  const auto url = installation_.postgres().url("orders");
  const auto step = static_cast<std::size_t>(sessions_);
  std::vector<std::exception_ptr> errors(step);
  std::vector<std::thread> threads;
  for (std::size_t session = 0; session < step; ++session) {
    threads.emplace_back([&, session] {
      try {
        start_by_sql(url, starts_, session, step);
      } catch (...) {
        errors[session] = std::current_exception();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace sagad::bench
