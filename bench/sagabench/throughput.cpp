#include "sagabench/throughput.hpp"

namespace sagad::bench {
namespace {

constexpr std::chrono::seconds kPatience{20};

double rate(std::size_t count, std::chrono::steady_clock::duration time) {
  return static_cast<double>(count) / std::chrono::duration<double>(time).count();
}

}  // namespace

Throughput ThroughputMeter::measure(Door& door, StartMaker& maker, std::size_t count,
                                    double refused, bool with_statements, const SagaKind& kind) {
  const auto starts = maker.make(count, refused, kind);
  door.prepare(starts);
  installation_.checkpoint();
  const auto mark = books_.mark();
  const auto before = costs_.read(with_statements);

  const auto begin = std::chrono::steady_clock::now();
  door.send();
  const auto accepted = std::chrono::steady_clock::now();
  const auto end = books_.wait_for(mark, count, kPatience, kind);

  books_.wait_until_quiet(kPatience);
  const auto after = costs_.read(with_statements);
  books_.check(mark, starts, refused_of(count, refused), kind);
  return {.sagas = count,
          .sagas_per_s = rate(count, end - begin),
          .starts_per_s = rate(count, accepted - begin),
          .each = (after - before) / static_cast<double>(count)};
}

}  // namespace sagad::bench
