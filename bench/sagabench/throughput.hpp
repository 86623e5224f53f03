#pragma once

#include <chrono>

#include "sagabench/books.hpp"
#include "sagabench/cost.hpp"
#include "sagabench/doors.hpp"

namespace sagad::bench {

/// One measurement: so many sagas from the first start until the books show that all have ended.
struct Throughput {
  std::size_t sagas = 0;
  double sagas_per_s = 0;
  double starts_per_s = 0;  ///< until the last start was durably accepted
  Cost each;                ///< of one saga, what is tidied up after it included
};

/// Measures how many sagas a second end. Used by one thread.
class ThroughputMeter {
 public:
  ThroughputMeter(Installation& installation, Books& books, CostMeter& costs)
      : installation_(installation), books_(books), costs_(costs) {}

  /// Throws std::runtime_error if a start is refused, if sagas come to a halt, or if the books
  /// are not right afterwards. `with_statements` makes it slower: not for the figure itself.
  Throughput measure(Door& door, StartMaker& starts, std::size_t count, double refused = 0,
                     bool with_statements = false, const SagaKind& kind = {});

 private:
  Installation& installation_;
  Books& books_;
  CostMeter& costs_;
};

}  // namespace sagad::bench
