#include "sagabench/growth.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "sagabench/stand.hpp"

namespace sagad::bench {
namespace {

constexpr int kTimes = 3;
constexpr std::size_t kFewest = 100;
/// Of starts that wait in JetStream at once: their stream takes no more than 64 MB.
constexpr std::size_t kMostWaitingBytes = 24U << 20U;
constexpr std::chrono::seconds kPatience{60};

void say(const std::string& what) { std::cerr << "  " << what << std::endl; }

SagaKind chain(int steps) {
  return {.definition = "chain-" + std::to_string(steps),
          .orders = static_cast<std::size_t>(steps),
          .pays = false};
}

SagaKind payload(int kilobytes) {
  return {.definition = "payload",
          .pays = false,
          .payload_bytes = static_cast<std::size_t>(kilobytes) * 1024};
}

std::string create_step(const std::string& id, const std::string& more) {
  return "  - id: " + id +
         "\n    action: order.create\n"
         "    input: { order_name: \"${ .input.order_name }\", account: \"${ .input.account }\", "
         "amount: \"${ .input.amount }\"" +
         more + " }\n    compensate: order.cancel\n";
}

class Growth {
 public:
  Growth(const Options& options, Installation& installation)
      : options_(options), installation_(installation), stand_(options, installation) {
    const auto folder = installation_.folder() / "definitions";
    std::filesystem::create_directories(folder);
    for (const int steps : kSteps) {
      std::string text = "name: " + chain(steps).definition + "\nversion: 1\nsteps:\n";
      for (int step = 1; step <= steps; ++step) text += create_step("s" + std::to_string(step), "");
      dev::write_file(folder / (chain(steps).definition + ".yaml"), text);
    }
    dev::write_file(folder / "payload.yaml",
                    "name: payload\nversion: 1\nsteps:\n" +
                        create_step("create_order", ", note: \"${ .input.note }\""));
  }

  GrowthResults run() {
    rate_ = stand_.begin_with(ActionForm::kRows);
    results_.empty = point("empty tables", {}, rate_);
    for (const int steps : kSteps) {
      results_.by_steps[steps] =
          point(std::to_string(steps) + " steps", chain(steps), rate_ * 2 / steps);
    }
    for (const int kilobytes : kPayloads) {
      results_.by_payload_kb[kilobytes] = point(std::to_string(kilobytes) + " KB of payload",
                                                payload(kilobytes), rate_ / (1 + kilobytes / 10.0));
    }
    hold_in_flight();
    fill();
    results_.full = point(std::to_string(results_.finished) + " finished sagas", {}, rate_);
    stand_.daemon().stop();
    return std::move(results_);
  }

 private:
  static constexpr int kSteps[] = {2, 5, 20, 100};
  static constexpr int kPayloads[] = {1, 10, 100};

  GrowthPoint point(const std::string& name, const SagaKind& kind, double expected_rate) {
    const auto most = kMostWaitingBytes / (kind.payload_bytes + 256);
    const auto count = std::clamp(
        static_cast<std::size_t>(expected_rate * options_.piece().count()), kFewest, most);
    GrowthPoint point;
    for (int time = 0; time < kTimes; ++time) {
      const auto measured =
          stand_.throughput().measure(stand_.jetstream(), stand_.maker(), count, 0, false, kind);
      point.sagas_per_s.rounds.push_back(measured.sagas_per_s);
    }
    point.one_client = stand_.latency().closed_loop(stand_.maker(), options_.piece(), kind).millis;
    point.memory = stand_.costs().memory();
    say(name + ": " + std::to_string(std::lround(point.sagas_per_s.median())) +
        " sagas/s, 1 client " + std::to_string(point.one_client.p50) + " ms");
    return point;
  }

  /// Starts sagas while no participant runs, and lets the participants come back.
  void hold_in_flight() {
    results_.in_flight = options_.in_flight;
    stand_.daemon().run(ActionForm::kNone);
    const auto starts = stand_.maker().make(options_.in_flight);
    stand_.jetstream().prepare(starts);
    const auto mark = stand_.books().mark();
    const auto begin = std::chrono::steady_clock::now();
    stand_.jetstream().send();
    while (stand_.books().under_way() < starts.size()) {
      if (std::chrono::steady_clock::now() - begin > kPatience * 10) {
        throw std::runtime_error("the sagas in flight were not started within ten minutes");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    results_.waiting.sagas_per_s.rounds.push_back(rate_since(begin, starts.size()));
    results_.waiting.memory = stand_.costs().memory();
    stand_.daemon().run(ActionForm::kRows);
    const auto ready = std::chrono::steady_clock::now();
    stand_.books().wait_for(mark, starts.size(), kPatience);
    results_.draining.sagas_per_s.rounds.push_back(rate_since(ready, starts.size()));
    results_.draining.memory = stand_.costs().memory();
    stand_.books().wait_until_quiet(kPatience);
    stand_.books().check(mark, starts, 0);
    say(std::to_string(starts.size()) + " in flight: ended with " +
        std::to_string(std::lround(results_.draining.sagas_per_s.median())) + " sagas/s");
  }

  static double rate_since(std::chrono::steady_clock::time_point begin, std::size_t count) {
    return static_cast<double>(count) /
           std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  std::size_t finished() {
    pqxx::connection engine(installation_.postgres().url("engine"));
    pqxx::nontransaction session(engine);
    return session.exec("SELECT count(*) FROM sagad.saga_instance")[0][0].as<std::size_t>();
  }

  /// Copies what the sagas so far have left, in all three databases.
  void fill() {
    stand_.daemon().stop();
    const auto copies = options_.finished / std::max<std::size_t>(finished(), 1);
    for (const char* database : {"engine", "orders", "payments"}) {
      auto sql = read_text(options_.project / "bench/growth" / (std::string(database) + ".sql"));
      const std::string name = "{copies}";
      for (auto at = sql.find(name); at != std::string::npos; at = sql.find(name)) {
        sql.replace(at, name.size(), std::to_string(copies));
      }
      pqxx::connection connection(installation_.postgres().url(database));
      pqxx::nontransaction session(connection);
      if (copies > 0) session.exec(sql);
      session.exec("VACUUM (ANALYZE)");
    }
    results_.finished = finished();
    rate_ = stand_.begin_with(ActionForm::kRows);
  }

  const Options& options_;
  Installation& installation_;
  Stand stand_;
  double rate_ = 0;  // of order-pay sagas a second, about
  GrowthResults results_;
};

}  // namespace

GrowthResults run_growth(const Options& options, Installation& installation) {
  return Growth(options, installation).run();
}

}  // namespace sagad::bench
