// The simulation as a program: scripts/simulate builds it and passes its
// arguments on.

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/mutant.hpp"
#include "simulation/mutants.hpp"
#include "simulation/run.hpp"

namespace {

namespace simulation = sagad::simulation;
using Clock = std::chrono::steady_clock;

struct Options {
  std::uint64_t runs = 1000;
  std::uint64_t seed = 1;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  bool trace = false;
  bool census = false;
  bool mutants = false;
  std::string mutant;
  std::uint64_t limit = 5000;
};

// For the handler of a crash, which can only write.
thread_local std::uint64_t running_seed = 0;

extern "C" void on_crash(int signal) {
  std::fprintf(stderr, "seed %llu: the simulation crashes (signal %d)\n",
               static_cast<unsigned long long>(running_seed), signal);
  std::_Exit(3);
}

simulation::Outcome run(std::uint64_t seed, bool trace) {
  running_seed = seed;
  return simulation::run(seed, trace);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

template <typename Body>
void on_all(unsigned jobs, Body body) {
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < jobs; ++i) threads.emplace_back(body);
  body();
  for (auto& thread : threads) thread.join();
}

/// Runs the seeds; prints each violation. Returns the exit code.
int simulate(const Options& options) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> broken{0};
  std::atomic<std::int64_t> virtual_time{0};
  std::atomic<std::uint64_t> hash{0};
  std::map<std::string, std::uint64_t> census;
  std::mutex printing;
  const auto start = Clock::now();
  on_all(options.trace ? 1 : options.jobs, [&] {
    for (auto i = next++; i < options.runs; i = next++) {
      const auto outcome = run(options.seed + i, options.trace);
      virtual_time += outcome.virtual_time;
      hash ^= outcome.trace_hash;
      if (!outcome.violations.empty()) ++broken;
      const std::lock_guard lock(printing);
      for (const auto& [what, count] : outcome.census) census[what] += count;
      for (const auto& violation : outcome.violations) {
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(options.seed + i),
                    violation.c_str());
      }
    }
  });
  for (const auto& [what, count] : census) {
    if (options.census) {
      std::printf("%12llu %s\n", static_cast<unsigned long long>(count), what.c_str());
    }
  }
  std::printf("%.1f s, %.0f h of virtual time, trace %016llx\n", seconds_since(start),
              static_cast<double>(virtual_time) / 3.6e9,
              static_cast<unsigned long long>(hash.load()));
  std::printf("%llu runs, %llu violations\n", static_cast<unsigned long long>(options.runs),
              static_cast<unsigned long long>(broken));
  return broken == 0 ? 0 : 1;
}

struct Hunt {
  std::uint64_t seeds = 0;  ///< until it was found; 0: it was not
  std::string violation;
};

Hunt hunt(const simulation::Mutant& mutant, const Options& options) {
  simulation::active_mutant = mutant.name;
  Hunt result;
  for (std::uint64_t i = 0; i < options.limit && result.seeds == 0; ++i) {
    const auto outcome = run(options.seed + i, options.trace);
    if (outcome.violations.empty()) continue;
    result = {i + 1, outcome.violations.front()};
  }
  simulation::active_mutant = nullptr;
  return result;
}

/// Plants each mutant and prints how many seeds it took to find it. Returns the
/// exit code.
int hunt_mutants(const Options& options) {
  std::vector<simulation::Mutant> all;
  for (const auto& mutant : simulation::mutants()) {
    if (options.mutant.empty() || options.mutant == mutant.name) all.push_back(mutant);
  }
  if (all.empty()) {
    std::fprintf(stderr, "simulate: there is no mutant '%s'; --mutants lists them\n",
                 options.mutant.c_str());
    return 2;
  }
  std::vector<Hunt> hunts(all.size());
  std::atomic<std::size_t> next{0};
  on_all(options.trace ? 1 : options.jobs, [&] {
    for (auto i = next++; i < all.size(); i = next++) hunts[i] = hunt(all[i], options);
  });
  int missed = 0;
  std::printf("%-36s %8s  %s\n", "mutant", "seeds", "the first violation");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool found = hunts[i].seeds > 0;
    if (!found) ++missed;
    std::printf("%-36s %8s  %s\n", all[i].name,
                found ? std::to_string(hunts[i].seeds).c_str() : "-",
                found ? hunts[i].violation.substr(0, 110).c_str() : "NOT FOUND");
  }
  std::printf("%zu mutants, %d not found within %llu seeds\n", all.size(), missed,
              static_cast<unsigned long long>(options.limit));
  return missed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Runs the engine in a simulated installation where everything "
      "goes wrong, and checks "
      "what a saga promises (docs/correctness.md)."};
  app.add_option("--runs", options.runs, "How many runs")->capture_default_str();
  app.add_option("--seed", options.seed, "Of the first run; the next ones follow")
      ->capture_default_str();
  app.add_option("--jobs", options.jobs, "How many at once")->check(CLI::Range(1, 1024));
  app.add_flag("--trace", options.trace, "Print what happens; with --runs 1");
  app.add_flag("--census", options.census, "Count what has happened in the runs");
  app.add_flag("--mutants", options.mutants,
               "Plant bugs one by one and see whether they are found");
  app.add_option("--mutant", options.mutant, "Plant only this one");
  app.add_option("--limit", options.limit, "With --mutants: seeds after which one is not found")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::signal(SIGSEGV, on_crash);
  std::signal(SIGABRT, on_crash);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return options.mutants || !options.mutant.empty() ? hunt_mutants(options) : simulate(options);
}
