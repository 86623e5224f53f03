#include <CLI/CLI.hpp>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "sagabench/growth.hpp"
#include "sagabench/installation.hpp"
#include "sagabench/machine.hpp"
#include "sagabench/options.hpp"
#include "sagabench/plots.hpp"
#include "sagabench/report.hpp"
#include "sagabench/rounds.hpp"

namespace {

using sagad::bench::Options;

void declare(CLI::App& app, Options& options) {
  app.add_flag("--quick", options.quick,
               "hand-written transactions, throughput without refusals, latency of one client: "
               "under three minutes");
  // Not one flag over the optional: CLI11 2.1 takes that for a counter, and sets it at once.
  app.add_flag_callback(
      "--growth", [&options] { options.growth = true; },
      "on fresh servers: many finished sagas, many in flight, long definitions, "
      "large payloads (default: unless --quick)");
  app.add_flag_callback(
      "--no-growth", [&options] { options.growth = false; }, "none of that");
  app.add_option("--finished", options.finished, "with --growth: finished sagas (1,000,000)");
  app.add_option("--in-flight", options.in_flight,
                 "with --growth: sagas that wait for a participant (100,000)")
      ->check(CLI::Range(1, 300'000));
  app.add_option("--rounds", options.rounds, "how often everything is measured (5; quick: 3)")
      ->check(CLI::Range(1, 100));
  app.add_option("--piece", options.piece_seconds,
                 "about how many seconds one measurement takes (6; quick: 2.5)")
      ->check(CLI::Range(0.5, 600.0));
  app.add_option("--workers", options.workers,
                 "workers of the engine and of each participant (sagad's default)")
      ->check(CLI::Range(1, 64));
  app.add_option("--peers", options.peers,
                 "also measure other engines: the folder of bench/peers/ with what npm installed");
  app.add_option("--json", options.json, "write the figures to this file, too");
  app.add_option("--plots", options.plots, "draw the figures as SVG into this folder");
  app.add_option("--work", options.work,
                 "an empty folder for the servers' data, kept afterwards (a temporary one)");
  app.add_option("--project", options.project, "the source tree")->default_val(".");
  app.add_option("--build", options.build, "the build folder (the one this program is in)");
}

void write_json(const std::filesystem::path& file, const boost::json::object& document) {
  std::ofstream stream(file, std::ios::binary);
  stream << boost::json::serialize(document) << '\n';
  stream.close();
  if (!stream) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Measures sagad against hand-written transactions, on servers of its own. "
      "docs/performance/README.md says what the figures mean.");
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    if (options.build.empty()) {
      options.build = std::filesystem::canonical("/proc/self/exe").parent_path().parent_path();
    }
    boost::json::object document;
    std::ostringstream table;
    {
      sagad::bench::Installation installation(options, "rounds");
      auto machine = sagad::bench::describe_machine(installation, options);
      const auto results = sagad::bench::run_rounds(options, installation);
      sagad::bench::print_table(results, machine, table);
      std::cout << table.str() << std::flush;
      document = sagad::bench::to_json(results, std::move(machine));
    }
    if (options.growth.value_or(!options.quick)) {
      std::cerr << "growth" << std::endl;
      sagad::bench::Installation installation(options, "growth");
      const auto results = sagad::bench::run_growth(options, installation);
      std::ostringstream more;
      sagad::bench::print_growth(results, more);
      std::cout << more.str() << std::flush;
      table << more.str();
      document["growth"] = sagad::bench::to_json(results);
    }
    if (!options.json.empty()) write_json(options.json, document);
    if (!options.plots.empty()) {
      sagad::bench::draw_plots(document, table.str(), options.plots);
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "sagabench: " << error.what() << '\n';
    return 1;
  }
}
