#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/sync.hpp"
#include "ports/engine_store.hpp"
#include "runtime/instance_batch.hpp"
#include "saga/final_answer.hpp"

namespace sagad::runtime {

/// Takes the final answers of steps whose actions answer `later`, for the API. Thread-safe: up to
/// `parallel` of them at once, each in a transaction of its own; more wait.
class FinalAnswers {
 public:
  FinalAnswers(ports::EngineStoreFactory stores, BatchTools tools, std::size_t parallel = 4);
  ~FinalAnswers();

  /// Returns once it is committed: what became of it, nothing if there is no such saga. Throws
  /// ports::Unavailable if it could not be committed, or if that is not known: to be given again,
  /// because to give an answer twice does no harm.
  std::optional<saga::FinalVerdict> submit(base::SagaId saga, std::string step, std::string token,
                                           saga::FinalAnswer answer);

 private:
  class Lease;
  std::unique_ptr<InstanceBatch> take();
  void give_back(std::unique_ptr<InstanceBatch> batch);

  const ports::EngineStoreFactory stores_;
  const BatchTools tools_;
  base::Mutex mutex_;
  base::ConditionVariable changed_;
  std::vector<std::unique_ptr<InstanceBatch>> idle_;  ///< guarded by mutex_
  std::size_t may_be_made_;                           ///< guarded by mutex_
};

/// What is wrong with the code of a final answer that failed; empty if nothing is.
std::string check_code(const std::string& code);

/// Reads `{"saga", "step", "token", "output"}` or `{…, "code", "message"?}` as it comes over the
/// bus. Throws saga::MessageError that names the member.
Happening decode_final_answer(std::string_view payload);

}  // namespace sagad::runtime
