#include "sagabench/peers.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <pqxx/pqxx>
#include <stdexcept>

#include "dev/network.hpp"
#include "sagabench/script.hpp"

namespace sagad::bench {
namespace {

namespace json = boost::json;

/// What each is given: more bring it nothing on a small machine (the issue's own measurement).
constexpr int kDbosClients = 64;
constexpr int kRestateClients = 256;
constexpr int kSessions = 20;

std::int64_t count(const Installation& installation, const std::string& database,
                   const std::string& table) {
  pqxx::connection connection(installation.postgres().url(database));
  pqxx::nontransaction session(connection);
  return session.exec("/* sagabench */ SELECT count(*) FROM " + table)[0][0].as<std::int64_t>();
}

std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  const auto begin = text.rfind('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1, end - begin);
}

}  // namespace

Peers::Peers(std::filesystem::path folder, Installation& installation)
    : folder_(std::filesystem::absolute(folder)),
      installation_(installation),
      node_(dev::find_program("node", {}, "nodejs")) {
  for (const std::string name : {"dbos", "restate"}) {
    installation_.create_services(name + "_orders", {"order"});
    installation_.create_services(name + "_payments", {"pay"});
  }
  installation_.create_services("dbos_system", {});
}

PeerRun Peers::run(const std::string& name, std::chrono::duration<double> time) {
  const auto orders = count(installation_, name + "_orders", "tbl_order");
  const auto payments = count(installation_, name + "_payments", "tbl_pay");
  json::array ports;
  for (int i = 0; i < 4; ++i) ports.emplace_back(dev::free_port());
  // Restate's own records of an earlier run would be sagas of this one's service.
  const dev::TempDir scratch("sagad-peer-", installation_.folder());
  const json::object config{
      {"port", installation_.postgres().port()},
      {"orders", name + "_orders"},
      {"payments", name + "_payments"},
      {"system", name + "_system"},
      {"sessions", kSessions},
      {"clients", name == "dbos" ? kDbosClients : kRestateClients},
      {"seconds", time.count()},
      {"ports", ports},
      {"folder", scratch.path().string()},
      {"sql", json::object{{"create_order", business_statement("order", "CreateOrder")},
                           {"cancel_order", business_statement("order", "CancelOrder")},
                           {"charge", business_statement("pay", "Charge")}}}};
  dev::Command command;
  command.argv = {node_.string(), (folder_ / (name + ".mjs")).string(), json::serialize(config)};
  command.output = scratch.path() / "output";
  command.folder = folder_;
  const auto limit = std::chrono::seconds(std::lround(time.count() * 2) + 180);
  dev::run_to_end(command, limit);

  const auto figures = json::parse(last_line(read_text(command.output)));
  const auto sagas = figures.at("sagas").to_number<std::int64_t>();
  const auto made_orders = count(installation_, name + "_orders", "tbl_order") - orders;
  const auto made_payments = count(installation_, name + "_payments", "tbl_pay") - payments;
  if (made_orders != sagas || made_payments != sagas) {
    throw std::runtime_error(name + " says that it completed " + std::to_string(sagas) +
                             " sagas, but made " + std::to_string(made_orders) + " orders and " +
                             std::to_string(made_payments) + " payments");
  }
  return {.clients = figures.at("clients").to_number<int>(),
          .sagas_per_s = figures.at("many").at("sagas_per_s").to_number<double>(),
          .p50_1client_ms = figures.at("one").at("p50").to_number<double>(),
          .p99_1client_ms = figures.at("one").at("p99").to_number<double>()};
}

}  // namespace sagad::bench
