#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>

namespace sagad::bench {

/// What is to be measured, and with what. A value.
struct Options {
  bool quick = false;
  std::optional<bool> growth;  ///< else: without --quick
  int rounds = 0;              ///< 0: 3, or 5 without --quick
  double piece_seconds = 0;    ///< about how long one measurement of a round takes; 0: by default
  int workers = 0;             ///< of the engine and of each participant; 0: as sagad has them
  std::size_t finished = 1'000'000;  ///< with growth: sagas in the tables
  std::size_t in_flight = 100'000;   ///< with growth: sagas that wait for a participant
  std::filesystem::path json;        ///< empty: none
  std::filesystem::path plots;       ///< folder for SVG files; empty: none
  std::filesystem::path peers;       ///< folder with bench/peers/, installed; empty: not measured
  std::filesystem::path project;     ///< the source tree
  std::filesystem::path build;       ///< with bin/, plugins/ and bench/plugins/
  std::filesystem::path work;        ///< where the servers keep their data; empty: temporary

  int round_count() const { return rounds > 0 ? rounds : (quick ? 3 : 5); }
  std::chrono::duration<double> piece() const {
    return std::chrono::duration<double>(piece_seconds > 0 ? piece_seconds : (quick ? 2.5 : 6.0));
  }
};

}  // namespace sagad::bench
