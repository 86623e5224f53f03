#include "runtime/operators.hpp"

#include <unordered_map>
#include <utility>

#include "base/sync.hpp"
#include "ports/errors.hpp"
#include "runtime/instance_batch.hpp"
#include "runtime/isolation.hpp"

namespace sagad::runtime {

class Operators::Impl {
 public:
  Impl(Options options, ports::EngineStoreFactory stores, BatchTools tools)
      : options_(options), stores_(std::move(stores)), tools_(std::move(tools)) {}

  std::vector<Ordered> order(std::span<const base::SagaId> sagas, const saga::Intervention& order) {
    std::vector<Ordered> all;
    std::unordered_map<base::SagaId, std::size_t> places;
    for (const auto saga : sagas) {
      places.emplace(saga, all.size());
      all.push_back({saga, std::nullopt, {}});
    }
    const auto event = std::make_shared<const saga::Event>(saga::event::Operator{order});
    const auto collect = [&](ports::EngineTransaction&) {
      BatchWork work;
      for (auto& one : all) {
        Happening happening;
        happening.saga = one.saga;
        happening.event = event;
        happening.hear = [&one](const saga::Verdict& verdict) { one.verdict = verdict; };
        work.happenings.push_back(std::move(happening));
      }
      return work;
    };
    const auto settled = [&](base::SagaId saga, Fate fate, const std::string& why) {
      if (fate == Fate::kDone) return;
      auto& one = all.at(places.at(saga));
      one.verdict.reset();
      one.error = why;
    };
    run(collect, settled);
    for (const auto& one : all) count(order.verb, one);
    return all;
  }

 private:
  void run(const InstanceBatch::Collect& collect, const Settled& settled) {
    auto batch = take();
    try {
      run_isolating(*batch, collect, settled);
    } catch (const ports::CommitUnknown& error) {
      give_back(nullptr);
      throw ports::Unavailable(std::string("it is not known whether it was committed: ") +
                               error.what());
    } catch (const ports::Conflict& error) {
      give_back(nullptr);
      throw ports::Unavailable(error.what());
    } catch (...) {
      give_back(nullptr);
      throw;
    }
    give_back(std::move(batch));
  }

  std::unique_ptr<InstanceBatch> take() {
    std::unique_lock lock(mutex_);
    const bool free =
        freed_.wait_for(lock, options_.patience, [this] { return lent_ < options_.connections; });
    if (!free) throw ports::Unavailable("too many orders of operators are under way");
    ++lent_;
    if (idle_.empty()) return std::make_unique<InstanceBatch>(stores_, tools_, "operators");
    auto batch = std::move(idle_.back());
    idle_.pop_back();
    return batch;
  }

  void give_back(std::unique_ptr<InstanceBatch> batch) {
    const std::lock_guard lock(mutex_);
    --lent_;
    if (batch) idle_.push_back(std::move(batch));
    freed_.notify_one();
  }

  void count(saga::Verb verb, const Ordered& one) {
    const auto result = one.verdict ? saga::to_string(one.verdict->kind) : "failed";
    tools_.metrics.add("sagad_interventions_total",
                       {{"verb", saga::to_string(verb)}, {"result", result}});
  }

  const Options options_;
  const ports::EngineStoreFactory stores_;
  const BatchTools tools_;
  base::Mutex mutex_;
  base::ConditionVariable freed_;
  std::vector<std::unique_ptr<InstanceBatch>> idle_;  ///< guarded by mutex_
  std::size_t lent_ = 0;                              ///< guarded by mutex_
};

Operators::Operators(Options options, ports::EngineStoreFactory stores, BatchTools tools)
    : impl_(std::make_unique<Impl>(options, std::move(stores), std::move(tools))) {}

Operators::~Operators() = default;

std::vector<Ordered> Operators::order(std::span<const base::SagaId> sagas,
                                      const saga::Intervention& order) {
  return impl_->order(sagas, order);
}

}  // namespace sagad::runtime
