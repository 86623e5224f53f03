#include "runtime/isolation.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace sagad::runtime {
namespace {

/// So many sagas that could not be had are enough for one batch: each costs a lock timeout. What
/// is left of the batch comes again without them.
constexpr int kMostUnavailable = 4;
constexpr std::size_t kMaxFailures = 10'000;
/// Failures this far apart are not one story.
constexpr std::chrono::minutes kForgiven{10};

InstanceBatch::Collect only_letters(const InstanceBatch::Collect& collect) {
  return [&collect](ports::EngineTransaction& transaction) {
    auto work = collect(transaction);
    work.happenings.clear();
    return work;
  };
}

InstanceBatch::Collect only_saga(const InstanceBatch::Collect& collect, base::SagaId saga) {
  return [&collect, saga](ports::EngineTransaction& transaction) {
    auto work = collect(transaction);
    work.letters.clear();
    auto& all = work.happenings;
    all.erase(std::remove_if(all.begin(), all.end(),
                             [&](const Happening& one) { return one.saga != saga; }),
              all.end());
    return work;
  };
}

BatchReport run_each(InstanceBatch& batch, const InstanceBatch::Collect& collect,
                     const std::vector<base::SagaId>& sagas, const Settled& settled) {
  auto report = batch.run(only_letters(collect));
  int unavailable = 0;
  for (const auto saga : sagas) {
    try {
      report += batch.run(only_saga(collect, saga));
      settled(saga, Fate::kDone, {});
    } catch (const ports::CommitUnknown&) {
      throw;
    } catch (const ports::Unavailable& error) {
      settled(saga, Fate::kUnavailable, error.what());
      if (batch.sagas().empty() || ++unavailable == kMostUnavailable) throw;
    } catch (const ports::Conflict& error) {
      settled(saga, Fate::kUnavailable, error.what());
    } catch (const std::exception& error) {
      settled(saga, Fate::kBroken, error.what());
    }
  }
  return report;
}

}  // namespace

BatchReport run_isolating(InstanceBatch& batch, const InstanceBatch::Collect& collect,
                          const Settled& settled) {
  std::vector<base::SagaId> sagas;
  try {
    return batch.run(collect);
  } catch (const ports::CommitUnknown&) {
    throw;
  } catch (const ports::Unavailable&) {
    // One row that is locked for too long looks the same as a database in trouble. If the batch
    // came as far as its rows, the others may well be free.
    sagas = batch.sagas();
    if (sagas.size() < 2) throw;
  } catch (const ports::Conflict&) {
    sagas = batch.sagas();
    if (sagas.size() < 2) throw;
  } catch (const std::exception& error) {
    sagas = batch.sagas();
    if (sagas.empty()) throw;
    batch.tools().log->warn("a batch of {} sagas failed, taking them one by one: {}", sagas.size(),
                            error.what());
  }
  return run_each(batch, collect, sagas, settled);
}

Failures::Failures(std::shared_ptr<spdlog::logger> log, std::string loop)
    : log_(std::move(log)), loop_(std::move(loop)) {}

Failures::Failure Failures::record(base::SagaId saga, const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMaxFailures) make_room();
  auto& entry = entries_[saga];
  if (entry.count > 0 && Clock::now() > entry.until + kForgiven) entry.count = 0;
  if (++entry.count == 1) {
    log_->error("{}: saga {} cannot be processed, the others go on: {}", loop_, saga.str(), why);
  }
  const auto delay = std::min(base::Duration{1000} * (1 << std::min(entry.count - 1, 10)),
                              base::Duration{300'000});
  entry.until = Clock::now() + delay;
  return {entry.count, delay};
}

void Failures::forget(base::SagaId saga) {
  const std::lock_guard lock(mutex_);
  entries_.erase(saga);
}

bool Failures::holds(base::SagaId saga) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(saga);
  return found != entries_.end() && Clock::now() < found->second.until;
}

std::size_t Failures::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

/// Forgets the one that is due first. With mutex_.
void Failures::make_room() {
  entries_.erase(std::min_element(
      entries_.begin(), entries_.end(),
      [](const auto& left, const auto& right) { return left.second.until < right.second.until; }));
}

}  // namespace sagad::runtime
