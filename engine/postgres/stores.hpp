#pragma once

#include <memory>
#include <string>

#include "base/time.hpp"
#include "ports/dead_letter_store.hpp"
#include "ports/engine_store.hpp"
#include "ports/outbox.hpp"
#include "ports/participant_store.hpp"

/// The ports over PostgreSQL. `target` is a libpq connection string or URL; our session settings
/// (postgres/settings.hpp) are put in, and what the target says itself wins. Nothing connects
/// before it is first used. Throw std::invalid_argument for a target that libpq cannot read.
namespace sagad::postgres {

std::unique_ptr<ports::EngineStore> make_engine_store(const std::string& target);
std::unique_ptr<ports::EngineReader> make_engine_reader(const std::string& target);
std::unique_ptr<ports::DefinitionStore> make_definition_store(const std::string& target);
std::unique_ptr<ports::DeadLetterStore> make_dead_letter_store(const std::string& target);

/// `line`: whose outbox it is, for pg_stat_activity: `engine`, or the participant's name.
std::unique_ptr<ports::OutboxStore> make_outbox_store(const std::string& target,
                                                      const std::string& line);

/// `idle_timeout`: the server ends a transaction in which nothing is said for so long, unless it
/// asks for more.
std::unique_ptr<ports::ParticipantStore> make_participant_store(
    const std::string& target, base::Duration idle_timeout = ports::kIdleTimeout);
/// Has to connect as the same role as the sessions that it ends, or as a superuser.
std::unique_ptr<ports::SessionTerminator> make_session_terminator(const std::string& target);

}  // namespace sagad::postgres
