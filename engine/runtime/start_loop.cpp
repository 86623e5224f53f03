#include "runtime/start_loop.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/sync.hpp"
#include "ports/errors.hpp"
#include "runtime/start_message.hpp"
#include "runtime/try_alone.hpp"
#include "saga/message.hpp"

namespace sagad::runtime {
namespace {

constexpr std::chrono::seconds kRefreshInterval{1};

}  // namespace

StartableDefinitions::StartableDefinitions(Definitions& definitions,
                                           std::shared_ptr<spdlog::logger> log)
    : definitions_(definitions), log_(std::move(log)) {}

definition::DefinitionPtr StartableDefinitions::find(const std::string& name,
                                                     std::optional<int> version) {
  if (auto known = definitions_.active(name, version)) return known;
  {
    const std::lock_guard lock(mutex_);
    const auto now = base::SteadyClock::now();
    if (now < next_refresh_) return nullptr;
    next_refresh_ = now + kRefreshInterval;
  }
  try {
    definitions_.refresh();
  } catch (const std::exception& error) {
    log_->warn("starts: cannot look for definitions that other daemons have added: {}",
               error.what());
  }
  return definitions_.active(name, version);
}

std::vector<std::string> check_input(const definition::Definition& definition,
                                     const boost::json::value& input) {
  try {
    base::check_document(input);
  } catch (const base::DocumentError& error) {
    return {error.what()};
  }
  if (definition.input_schema == nullptr) return {};
  return definition.input_schema->check(input);
}

StartLoop::StartLoop(Options options, std::unique_ptr<ports::Consumer> consumer, ports::Bus& bus,
                     StartBatch batch, StartableDefinitions& definitions,
                     std::shared_ptr<spdlog::logger> log, StopSignal& stop)
    : options_(options),
      consumer_(std::move(consumer)),
      bus_(bus),
      batch_(std::move(batch)),
      definitions_(definitions),
      log_(std::move(log)),
      stop_(stop),
      outage_(log_, "starts: engine database") {}

void StartLoop::run() {
  while (!stop_.requested()) {
    auto deliveries = consumer_->fetch(options_.max_batch, options_.fetch_wait);
    std::vector<Message> messages;
    for (auto& delivery : deliveries) messages.push_back(read(std::move(delivery)));
    if (!messages.empty()) process(std::move(messages));
  }
}

StartLoop::Message StartLoop::read(ports::DeliveryPtr delivery) {
  Message message;
  message.delivery = std::move(delivery);
  StartMessage start;
  try {
    start = decode_start(message.delivery->subject(), message.delivery->payload());
  } catch (const saga::MessageError& error) {
    refuse(message, StartOutcome::Kind::kInvalidInput, "unreadable", error.what());
    return message;
  }
  auto& request = start.request;
  auto bad_key = check_key(request.key);
  if (request.key.empty()) bad_key = "a start over the bus or from SQL needs a 'key'";
  if (!bad_key.empty()) {
    refuse(message, StartOutcome::Kind::kInvalidInput, "bad_key", std::move(bad_key));
    return message;
  }
  auto definition = definitions_.find(request.definition, request.version);
  if (definition == nullptr) {
    const auto version = request.version ? " of version " + std::to_string(*request.version) : "";
    if (definitions_.retired(request.definition, request.version)) {
      refuse(message, StartOutcome::Kind::kRetired, "retired_definition",
             "the definition '" + request.definition + "'" + version + " is retired");
    } else {
      refuse(message, StartOutcome::Kind::kUnknownDefinition, "unknown_definition",
             "there is no active definition '" + request.definition + "'" + version);
    }
    return message;
  }
  message.item = std::make_unique<StartItem>();
  auto& item = *message.item;
  item.errors = start.bad_input.empty() ? check_input(*definition, request.input)
                                        : std::vector<std::string>{start.bad_input};
  item.definition = std::move(definition);
  item.key = std::move(request.key);
  item.id = request.id;
  item.canonical = base::canonical_json(request.input);
  item.input = std::make_shared<const boost::json::value>(std::move(request.input));
  return message;
}

/// A start that leaves no saga: it is kept as a dead letter.
void StartLoop::refuse(Message& message, StartOutcome::Kind kind, std::string reason,
                       std::string why) {
  message.outcome = {kind, {}, {why}};
  message.letter = ports::DeadLetter{
      std::nullopt,      "coordinator",  std::string(message.delivery->subject()),
      std::move(reason), std::move(why), std::string(message.delivery->payload())};
}

void StartLoop::process(std::vector<Message> messages) {
  std::vector<Message*> all;
  for (auto& message : messages) all.push_back(&message);
  const auto nak_all = [&](const char* why) {
    const auto delay = outage_.failed(why);
    for (auto* message : all) message->delivery->nak(delay);
    stop_.wait_for(delay);
  };
  try {
    run_batch(all);
    outage_.over();
  } catch (const ports::Unavailable& error) {
    nak_all(error.what());
    return;
  } catch (const ports::CommitUnknown& error) {
    nak_all(error.what());
    return;
  } catch (const std::exception& error) {
    log_->warn("a batch of {} starts failed, taking them one by one: {}", messages.size(),
               error.what());
    for (auto* message : all) process_alone(*message);
    return;
  }
  for (auto* message : all) answer(*message);
}

void StartLoop::process_alone(Message& message) {
  const auto& delivery = *message.delivery;
  const auto run = [&] { run_batch({&message}); };
  const auto tried = try_alone(*message.delivery, run, [&](const std::exception& error) {
    log_->error("a start on {} cannot be processed, the others go on: {}", delivery.subject(),
                error.what());
    const auto deliveries = static_cast<int>(delivery.deliveries());
    if (!message.item || deliveries < options_.give_up_after) return false;
    message.item.reset();
    refuse(message, StartOutcome::Kind::kInvalidInput, "broken_start", error.what());
    return true;
  });
  if (tried == Tried::kDone) answer(message);
}

void StartLoop::run_batch(const std::vector<Message*>& messages) {
  std::vector<StartItem*> items;
  std::vector<ports::DeadLetter> letters;
  for (const auto* message : messages) {
    if (message->item) items.push_back(message->item.get());
    if (message->letter) letters.push_back(*message->letter);
  }
  batch_.run(items, letters);
}

/// The commit is done: the answer may be lost, the start is not.
void StartLoop::answer(Message& message) {
  const auto& outcome = message.item ? message.item->outcome : message.outcome;
  const auto reply_to = message.delivery->reply_to();
  if (!reply_to.empty()) bus_.reply(reply_to, encode_reply(outcome));
  message.delivery->ack();
}

}  // namespace sagad::runtime
