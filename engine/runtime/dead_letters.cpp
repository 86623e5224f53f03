#include "runtime/dead_letters.hpp"

#include <utility>

#include "ports/errors.hpp"
#include "runtime/dead_letter.hpp"
#include "runtime/start_message.hpp"
#include "saga/message.hpp"

namespace sagad::runtime {
namespace {

using Kind = RedriveOutcome::Kind;

constexpr std::string_view kStartPrefix = "start.";
constexpr std::string_view kSignalPrefix = "signal.";

RedriveOutcome refused(std::string why, std::optional<base::SagaId> saga = {}) {
  return {.kind = Kind::kRefused, .saga = saga, .errors = {std::move(why)}};
}

RedriveOutcome of_start(StartOutcome outcome, const StartRequest& request) {
  using Start = StartOutcome::Kind;
  switch (outcome.kind) {
    case Start::kStarted:
      return {.kind = Kind::kStarted, .saga = outcome.id};
    case Start::kExisting:
      return {.kind = Kind::kExisting, .saga = outcome.id};
    case Start::kConflict:
      return refused("its key '" + request.key + "' has started a saga with another input",
                     outcome.id);
    case Start::kUnknownDefinition:
      return refused("there is still no active definition '" + request.definition + "'" +
                     (request.version ? " of version " + std::to_string(*request.version) : ""));
    case Start::kRetired:
      return refused("the definition '" + request.definition + "'" +
                     (request.version ? " of version " + std::to_string(*request.version) : "") +
                     " is retired");
    case Start::kInvalidInput:
      return {.kind = Kind::kRefused, .errors = std::move(outcome.errors)};
    default:
      return {.kind = Kind::kUnavailable, .errors = std::move(outcome.errors)};
  }
}

/// Why nothing can be sent for a saga in this state; nothing if it can.
std::optional<std::string> obstacle(const saga::Instance& instance) {
  if (saga::is_final(instance.status)) {
    return "its saga has ended as " + std::string(saga::to_string(instance.status)) +
           ": there is nothing to send; discard it";
  }
  if (instance.status == saga::SagaStatus::kPaused && instance.reason != "dead_letter") {
    return "its saga is paused for another reason, " + instance.reason +
           ": deal with that and resume the saga";
  }
  return std::nullopt;
}

}  // namespace

DeadLetters::DeadLetters(std::unique_ptr<ports::DeadLetterStore> store,
                         ports::EngineStoreFactory stores, BatchTools tools, Submit submit)
    : store_(std::move(store)),
      submit_(std::move(submit)),
      batch_(std::move(stores), std::move(tools), "redrive") {}

std::vector<ports::StoredDeadLetter> DeadLetters::list(const ports::DeadLetterFilter& filter,
                                                       int limit,
                                                       std::optional<std::int64_t> before) {
  const std::lock_guard lock(store_mutex_);
  return store_->list(filter, limit, before);
}

std::optional<ports::StoredDeadLetter> DeadLetters::get(std::int64_t id) {
  const std::lock_guard lock(store_mutex_);
  return store_->get(id);
}

std::vector<std::int64_t> DeadLetters::oldest(const ports::DeadLetterFilter& filter, int limit) {
  const std::lock_guard lock(store_mutex_);
  return store_->oldest(filter, limit);
}

std::int64_t DeadLetters::count(const ports::DeadLetterFilter& filter) {
  const std::lock_guard lock(store_mutex_);
  return store_->count(filter);
}

bool DeadLetters::discard(std::int64_t id, const Handler& handler) {
  const std::lock_guard lock(store_mutex_);
  return store_->handle(id, ports::DeadLetterState::kDiscarded, handler.by, handler.reason);
}

RedriveOutcome DeadLetters::redrive(std::int64_t id, const Handler& handler) {
  const auto stored = get(id);
  if (!stored) return {.kind = Kind::kUnknown};
  if (stored->state != ports::DeadLetterState::kOpen) {
    return {.kind = Kind::kNotOpen, .saga = stored->letter.saga, .state = stored->state};
  }
  const auto& letter = stored->letter;
  RedriveOutcome outcome{.kind = Kind::kRefused};
  if (letter.subject.rfind(kStartPrefix, 0) == 0) {
    outcome = redrive_start(letter);
  } else if (letter.subject.rfind(kSignalPrefix, 0) == 0) {
    outcome = refused(
        "it is a signal: if its saga can still have it, send it with 'sagactl signal', then "
        "discard this",
        letter.saga);
  } else if (letter.saga) {
    outcome = redrive_saga(id, letter, handler);
  } else {
    outcome = refused(
        "it is no start and names no saga, so there is nobody to send it to: look at its payload, "
        "then discard it");
  }
  if (outcome.ok()) {
    const std::lock_guard lock(store_mutex_);
    store_->handle(id, ports::DeadLetterState::kRedriven, handler.by, handler.reason);
  }
  return outcome;
}

RedriveOutcome DeadLetters::redrive_start(const ports::DeadLetter& letter) {
  StartMessage start;
  try {
    start = decode_start(letter.subject, letter.payload);
  } catch (const saga::MessageError& error) {
    return refused(std::string("it cannot be read as a start: ") + error.what());
  }
  if (!start.bad_input.empty()) return refused(start.bad_input);
  if (start.request.key.empty()) {
    return refused("a start without a key is not repeated: it might start a second saga");
  }
  return of_start(submit_(start.request), start.request);
}

RedriveOutcome DeadLetters::redrive_saga(std::int64_t id, const ports::DeadLetter& letter,
                                         const Handler& handler) {
  std::optional<std::string> why = "there is no saga " + letter.saga->str() + " any more";
  const auto collect = [&](ports::EngineTransaction&) {
    Happening happening;
    happening.saga = *letter.saga;
    happening.make = [&](const saga::Instance& instance, const definition::Definition&) {
      why = obstacle(instance);
      return saga::event::Redriven{step_in(letter.payload), id, handler.by, handler.reason};
    };
    BatchWork work;
    work.happenings.push_back(std::move(happening));
    return work;
  };
  try {
    const std::lock_guard lock(batch_mutex_);
    const auto report = batch_.run(collect);
    if (why) return refused(*why, letter.saga);
    return {.kind = report.changed > 0 ? Kind::kSent : Kind::kAnswered, .saga = letter.saga};
  } catch (const ports::Conflict& error) {
    return {.kind = Kind::kUnavailable, .saga = letter.saga, .errors = {error.what()}};
  } catch (const ports::CommitUnknown& error) {
    return {.kind = Kind::kUnavailable, .saga = letter.saga, .errors = {error.what()}};
  }
}

}  // namespace sagad::runtime
