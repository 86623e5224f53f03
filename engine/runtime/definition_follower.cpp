#include "runtime/definition_follower.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace sagad::runtime {

DefinitionFollower::DefinitionFollower(Options options, Definitions& definitions,
                                       std::shared_ptr<spdlog::logger> log)
    : options_(options), definitions_(definitions), log_(std::move(log)) {}

DefinitionFollower::~DefinitionFollower() { stop(); }

void DefinitionFollower::start() {
  if (threads_.running()) return;
  stop_.reset();
  threads_.run("definitions", [this] { run(); });
}

void DefinitionFollower::stop() {
  stop_.request();
  threads_.join();
}

void DefinitionFollower::run() {
  Outage outage(log_, "definitions: engine database");
  while (!stop_.wait_for(options_.interval)) {
    try {
      if (definitions_.follow()) log_->info("definitions: taken over what was changed elsewhere");
      outage.over();
    } catch (const std::exception& error) {
      // Also one that a newer release has added and this one cannot read: starts go on with what
      // is known here.
      stop_.wait_for(outage.failed(error.what()));
    }
  }
}

}  // namespace sagad::runtime
