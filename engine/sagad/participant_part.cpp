#include "sagad/participant_part.hpp"

#include "postgres/stores.hpp"

namespace sagad::daemon {
namespace {

runtime::Relay::Options relay_options(const std::string& name) {
  runtime::Relay::Options options;
  options.database = name;
  return options;
}

runtime::Participant::Options participant_options(const ParticipantConfig& config) {
  runtime::Participant::Options options;
  options.name = config.name;
  options.workers = config.workers;
  options.external_workers = config.external_workers;
  return options;
}

}  // namespace

ParticipantPart::ParticipantPart(const ParticipantConfig& config,
                                 std::shared_ptr<const plugins::Plugin> plugin, const Tools& tools,
                                 std::function<void()> hung)
    : name_(config.name),
      stores_([target = config.database] { return postgres::make_participant_store(target); }),
      probe_(stores_),
      terminator_(postgres::make_session_terminator(config.database)),
      runner_(std::move(plugin), tools.clock, tools.log),
      relay_(
          relay_options(config.name),
          [target = config.database, line = config.name] {
            return postgres::make_outbox_store(target, line);
          },
          tools.bus, tools.metrics, tools.log),
      participant_(participant_options(config), stores_, *terminator_, runner_, tools.bus, relay_,
                   tools.clock, tools.metrics, tools.log, std::move(hung)) {}

}  // namespace sagad::daemon
