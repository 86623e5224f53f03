#include "api/saga_gauges.hpp"

#include "ports/errors.hpp"

namespace sagad::api {
namespace {

constexpr std::chrono::seconds kInterval{5};

}  // namespace

void SagaGauges::refresh() {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  try {
    publish(readers_.with([](ports::EngineReader& reader) { return reader.live_counts(); }));
  } catch (const ports::Unavailable&) {
    // The other metrics must be told all the same; sagad_ready says that the database is away.
  }
}

void SagaGauges::publish(const std::vector<ports::StatusCount>& counts) {
  // A pair that has no sagas any more is 0, not what it was last.
  for (const auto& [definition, status] : shown_) {
    metrics_.set("sagad_sagas_active", {{"definition", definition}, {"status", status}}, 0);
  }
  for (const auto& count : counts) {
    const std::string status(saga::to_string(count.status));
    shown_.emplace(count.definition, status);
    metrics_.set("sagad_sagas_active", {{"definition", count.definition}, {"status", status}},
                 static_cast<double>(count.count));
  }
}

}  // namespace sagad::api
