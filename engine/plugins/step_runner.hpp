#pragma once

#include <spdlog/logger.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "plugins/plugin.hpp"
#include "ports/step_runner.hpp"

namespace sagad::plugins {

/// Runs the actions of an opened plugin. Thread-safe, as the plugin's actions are.
class PluginStepRunner final : public ports::StepRunner {
 public:
  /// `clock` and `logger` have to outlive the runner; `limits` are for the outputs.
  PluginStepRunner(std::shared_ptr<const Plugin> plugin, const base::Clock& clock,
                   std::shared_ptr<spdlog::logger> logger, base::DocumentLimits limits = {});

  const ports::ActionInfo* find(const std::string& action) const override;
  ports::StepAnswer run(const saga::Command& command, sagad::Transaction& transaction) override;
  ports::StepAnswer run_external(const saga::Command& command) override;
  std::vector<ports::StepAnswer> run_batch(std::span<const saga::Command* const> commands,
                                           sagad::Transaction& transaction) override;

 private:
  struct Entry {
    ports::ActionInfo info;
    const Action* action;
  };

  const Action& action(const saga::Command& command) const;
  Execution execution(const saga::Command& command) const;

  std::shared_ptr<const Plugin> plugin_;
  const base::Clock& clock_;
  std::shared_ptr<spdlog::logger> logger_;
  base::DocumentLimits limits_;
  std::map<std::string, Entry, std::less<>> actions_;
};

}  // namespace sagad::plugins
