#include "sagabench/starts.hpp"

#include <cmath>

#include "base/random.hpp"
#include "sagabench/installation.hpp"

namespace sagad::bench {

std::size_t refused_of(std::size_t count, double refused) {
  return static_cast<std::size_t>(std::floor(static_cast<double>(count) * refused + 1e-9));
}

std::uint64_t StartMaker::random(std::uint64_t below) {
  base::Random next(state_);
  state_ += 0x9E3779B97F4A7C15U;
  return next.next() % below;
}

std::vector<Start> StartMaker::make(std::size_t count, double refused, const SagaKind& kind) {
  constexpr std::uint64_t kLargestAmount = 100;
  std::vector<Start> starts;
  starts.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const bool poor = refused_of(i + 1, refused) > refused_of(i, refused);
    Start start;
    start.definition = kind.definition;
    start.key = "bench-" + std::to_string(++made_);
    start.amount = static_cast<std::int64_t>(1 + random(kLargestAmount));
    start.input = R"({"order_name":")" + start.key + R"(","account":")" +
                  (poor ? "poor-" : "account-") +
                  std::to_string(1 + random(poor ? kPoorAccounts : kAccounts)) + R"(","amount":)" +
                  std::to_string(start.amount);
    if (kind.payload_bytes > 0) {
      start.input += R"(,"note":")" + std::string(kind.payload_bytes, 'x') + '"';
    }
    start.input += '}';
    starts.push_back(std::move(start));
  }
  return starts;
}

}  // namespace sagad::bench
