#include "sagabench/rounds.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <stdexcept>

#include "sagabench/peers.hpp"
#include "sagabench/pgbench.hpp"
#include "sagabench/stand.hpp"

namespace sagad::bench {
namespace {

constexpr int kHttpConnections = 64;
constexpr int kSqlSessions = 16;
constexpr std::size_t kFewest = 400;
constexpr std::size_t kMost = 60'000;
constexpr double kRefused = 0.1;

void say(const std::string& what) { std::cerr << "  " << what << std::endl; }

void say(const std::string& what, double sagas_per_s) {
  std::cerr << "  " << std::left << std::setw(28) << what << std::right << std::setw(10)
            << std::llround(sagas_per_s) << " sagas/s" << std::endl;
}

class Rounds {
 public:
  Rounds(const Options& options, Installation& installation)
      : options_(options),
        installation_(installation),
        stand_(options, installation),
        pgbench_(options.project, installation),
        http_(stand_.daemon(), kHttpConnections),
        sql_(installation, kSqlSessions) {
    if (!options.peers.empty()) peers_.emplace(options.peers, installation_);
  }

  Results run() {
    const auto begin = std::chrono::steady_clock::now();
    const int rounds = options_.round_count();
    for (int round = 1; round <= rounds; ++round) {
      std::cerr << "round " << round << " of " << rounds << std::endl;
      if (round % 2 == 1) {
        hand_written();
        sagas(round);
      } else {
        sagas(round);
        hand_written();
      }
    }
    stand_.daemon().stop();
    results_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return std::move(results_);
  }

 private:
  void hand_written() {
    stand_.daemon().stop();
    best_of_clients("floor", results_.floor);
    best_of_clients("recipe", results_.recipe);
    if (peers_) {
      for (const char* name : {"dbos", "restate"}) measure_peer(name);
    }
  }

  void measure_peer(const std::string& name) {
    installation_.checkpoint();
    const auto run = peers_->run(name, options_.piece());
    auto& series = results_.peers[name];
    series.clients = run.clients;
    series.sagas_per_s.rounds.push_back(run.sagas_per_s);
    series.p50_1client.rounds.push_back(run.p50_1client_ms);
    series.p99_1client.rounds.push_back(run.p99_1client_ms);
    say(name + ", " + std::to_string(run.clients) + " clients", run.sagas_per_s);
  }

  void best_of_clients(const std::string& name, HandWritten& series) {
    HandWrittenRun best;
    Cost best_each;
    for (const int clients : {8, 16, 32}) {
      installation_.checkpoint();
      const auto before = stand_.costs().read();
      const auto run = pgbench_.run(name, clients, options_.piece());
      const auto each = (stand_.costs().read() - before) / static_cast<double>(run.sagas);
      series.by_clients[clients].rounds.push_back(run.sagas_per_s);
      if (run.sagas_per_s > best.sagas_per_s) {
        best = run;
        best_each = each;
      }
    }
    if (best.sagas == 0) {
      throw std::runtime_error("pgbench did not end a single transaction of " + name +
                               ": the machine is too busy to measure anything");
    }
    series.best.rounds.push_back(best.sagas_per_s);
    series.cpu_postgres_us.rounds.push_back(best_each.cpu_postgres_us);
    series.wal_bytes.rounds.push_back(best_each.wal_bytes);
    say(name + ", " + std::to_string(best.clients) + " clients", best.sagas_per_s);
  }

  void sagas(int round) {
    begin_with(ActionForm::kRows);
    measure("jetstream", stand_.jetstream());
    measure("http", http_);
    measure("sql", sql_);
    latencies(round);
    if (!options_.quick) measure("jetstream_refused", stand_.jetstream(), kRefused);
    if (round == options_.round_count()) look_closer();
    begin_with(ActionForm::kBatch);
    measure("jetstream_batch", stand_.jetstream());
    if (!options_.quick) measure("jetstream_batch_refused", stand_.jetstream(), kRefused);
  }

  void begin_with(ActionForm form) {
    const double rate = stand_.begin_with(form);
    if (guess_ == 0) guess_ = rate;
  }

  void measure(const std::string& name, Door& door, double refused = 0) {
    auto& series = results_.sagad[name];
    const double rate = series.sagas_per_s.empty() ? guess_ : series.sagas_per_s.rounds.back();
    const auto count =
        std::clamp(static_cast<std::size_t>(rate * options_.piece().count()), kFewest, kMost);
    const auto measured = stand_.throughput().measure(door, stand_.maker(), count, refused);
    series.sagas_per_s.rounds.push_back(measured.sagas_per_s);
    series.starts_per_s.rounds.push_back(measured.starts_per_s);
    series.each.push_back(measured.each);
    say("sagad " + name, measured.sagas_per_s);
  }

  void latencies(int round) {
    auto meter = stand_.latency();
    const auto closed = meter.closed_loop(stand_.maker(), options_.piece());
    results_.one_client.add(closed);
    say("sagad 1 client, median " + std::to_string(closed.millis.p50) + " ms");
    if (options_.quick) return;
    // The load comes in by HTTP, so the top is what came through there.
    const double top = results_.sagad.at("http").sagas_per_s.rounds.back();
    const double loads[] = {0.2, 0.5, 0.8};
    results_.open_loop.resize(std::size(loads));
    for (std::size_t i = 0; i < std::size(loads); ++i) {
      results_.open_loop[i].load = loads[i];
      const auto open = meter.open_loop(stand_.maker(), top * loads[i], options_.piece() * 2,
                                        static_cast<std::uint64_t>(round) * 10 + i);
      results_.open_loop[i].add(open);
      say("sagad at " + std::to_string(std::lround(loads[i] * 100)) + " % load, median " +
          std::to_string(open.millis.p50) + " ms");
    }
  }

  /// Once more, while statements are counted; and what the processes hold.
  void look_closer() {
    const auto rate = results_.sagad.at("jetstream").sagas_per_s.median();
    const auto count = std::clamp(static_cast<std::size_t>(rate), kFewest, kMost);
    installation_.count_statements(true);
    results_.counted =
        stand_.throughput().measure(stand_.jetstream(), stand_.maker(), count, 0, true).each;
    installation_.count_statements(false);
    results_.memory = stand_.costs().memory();
  }

  const Options& options_;
  Installation& installation_;
  Stand stand_;
  PgBench pgbench_;
  HttpDoor http_;
  SqlDoor sql_;
  std::optional<Peers> peers_;
  double guess_ = 0;  // of sagas a second, until there is a figure
  Results results_;
};

}  // namespace

void LatencySeries::add(const LoadLatencies& measured) {
  rate.rounds.push_back(measured.rate);
  completed.rounds.push_back(measured.completed);
  p50.rounds.push_back(measured.millis.p50);
  p95.rounds.push_back(measured.millis.p95);
  p99.rounds.push_back(measured.millis.p99);
  p999.rounds.push_back(measured.millis.p999);
  max.rounds.push_back(measured.millis.max);
  samples += measured.millis.count;
}

Results run_rounds(const Options& options, Installation& installation) {
  return Rounds(options, installation).run();
}

}  // namespace sagad::bench
