#pragma once

#include <memory>

#include "base/service.hpp"
#include "runtime/definitions.hpp"
#include "runtime/threads.hpp"

namespace sagad::runtime {

/// Keeps a daemon's definitions to what the database has: a version that was retired or added
/// through another daemon is so here after one interval. Costs one small query an interval.
class DefinitionFollower final : public base::Service {
 public:
  struct Options {
    base::Duration interval{2000};
  };

  /// `definitions` outlives it.
  DefinitionFollower(Options options, Definitions& definitions,
                     std::shared_ptr<spdlog::logger> log);
  ~DefinitionFollower() override;

  void start() override;
  void stop() override;

 private:
  void run();

  const Options options_;
  Definitions& definitions_;
  std::shared_ptr<spdlog::logger> log_;
  StopSignal stop_;
  Threads threads_;
};

}  // namespace sagad::runtime
