#include "runtime/participant_worker.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace sagad::runtime {
namespace {

/// With copies at hand a fetch only takes what is there already.
constexpr base::Duration kNoWait{5};
constexpr base::Duration kSlowWait{200};
constexpr base::Duration kMissingActionDelay{5000};

std::unique_ptr<ports::Consumer> consumer_of(ParticipantContext& shared, Worker::Lane lane) {
  if (lane == Worker::Lane::kSlow || lane == Worker::Lane::kExternal) return nullptr;
  const auto commands =
      lane == Worker::Lane::kDo ? ports::CommandLane::kDo : ports::CommandLane::kUndo;
  return shared.bus.command_consumer(shared.options.name, commands);
}

}  // namespace

Worker::Worker(ParticipantContext& shared, Lane lane, Handover slow, Handover external)
    : shared_(shared),
      lane_(lane),
      slow_(std::move(slow)),
      external_(std::move(external)),
      consumer_(consumer_of(shared, lane)),
      context_(shared),
      executor_(context_) {
  context_.store = shared.stores();
}

void Worker::run(std::shared_ptr<Watchdog::Slot> slot) {
  context_.slot = std::move(slot);
  while (!shared_.no_fetch.requested()) {
    const bool goes_on = lane_ == Lane::kSlow       ? queue_round(slow_.queue)
                         : lane_ == Lane::kExternal ? queue_round(external_.queue)
                                                    : fetch_round();
    if (!goes_on) return;
  }
  for (const auto& copy : copies_) copy->nak(base::Duration{0});
  context_.held.replace({});
}

void Worker::interrupt() {
  if (consumer_) consumer_->interrupt();
}

bool Worker::fetch_round() {
  const auto max = shared_.options.max_batch;
  const auto room = max > copies_.size() ? max - copies_.size() : 0;
  auto held = std::move(copies_);
  copies_.clear();
  const auto wait = held.empty() ? shared_.options.fetch_wait : kNoWait;
  auto fetched = read(consumer_->fetch(room, wait));
  held.insert(held.end(), std::make_move_iterator(fetched.begin()),
              std::make_move_iterator(fetched.end()));
  if (held.empty()) return true;
  context_.held.replace(held);
  auto batch =
      sort_commands(held, shared_.runner, shared_.clock.now() - shared_.options.stale_after);
  held.clear();
  drop_stale(batch.stale);
  refuse_unknown(batch.unknown);
  copies_ = std::move(batch.copies);
  if (!execute(std::move(batch.groups))) return false;
  context_.held.replace(copies_);
  return true;
}

bool Worker::queue_round(SlowQueue& queue) {
  auto work = queue.pop(kSlowWait);
  if (!work) return true;
  context_.held.replace({work->held});
  std::vector<std::vector<Work>> groups(1);
  groups.front().push_back(std::move(*work));
  if (!execute(std::move(groups))) return false;
  context_.held.replace({});
  return true;
}

/// False if this thread was given up.
bool Worker::execute(std::vector<std::vector<Work>> groups) {
  bool away = false;
  for (auto& group : groups) {
    if (away) {
      for (const auto& work : group) work.held->nak(context_.nak_delay(*work.held));
      continue;
    }
    if (auto* other = other_lane(group.front().action)) {
      hand_over(std::move(group), *other);
      continue;
    }
    const auto end = executor_.execute(std::move(group));
    if (end == Executor::End::kAbandoned) return false;
    away = end == Executor::End::kDatabaseAway;
  }
  if (away) wait_for_database();
  return true;
}

Worker::Handover* Worker::other_lane(const ports::ActionInfo* action) {
  if (action == nullptr || lane_ == Lane::kSlow || lane_ == Lane::kExternal) return nullptr;
  if (action->external) return &external_;
  return shared_.paces.of(action->name).slow() ? &slow_ : nullptr;
}

/// What has no room waits on the bus, for about as long as the queue will take.
void Worker::hand_over(std::vector<Work> group, Handover& to) {
  const auto average = shared_.paces.of(group.front().action->name).average();
  const auto queue = std::chrono::duration_cast<base::Duration>(average * to.queue.size()) /
                     shared_.options.workers;
  for (auto& work : group) {
    const auto held = work.held;
    context_.held.remove(held);
    if (!to.queue.push(std::move(work))) held->nak(std::max(queue, base::Duration{500}));
  }
  to.filled();
}

std::vector<HeldPtr> Worker::read(std::vector<ports::DeliveryPtr> deliveries) {
  std::vector<HeldPtr> held;
  std::vector<Unreadable> letters;
  held.reserve(deliveries.size());
  for (auto& delivery : deliveries) {
    auto command = read_command(std::move(delivery), shared_.options.name);
    if (auto* readable = std::get_if<HeldPtr>(&command)) {
      held.push_back(std::move(*readable));
    } else {
      letters.push_back(std::move(std::get<Unreadable>(command)));
    }
  }
  if (!letters.empty()) bury(std::move(letters));
  return held;
}

void Worker::bury(std::vector<Unreadable> letters) {
  std::vector<ports::OutboxRow> rows;
  for (const auto& letter : letters) {
    rows.push_back(dead_letter_row(letter.report, context_.next_id(), shared_.clock.now()));
  }
  const auto stored = shared_.publisher.publish(std::move(rows));
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const auto& letter = letters[i].report.letter;
    if (!stored.at(i)) {
      letters[i].delivery->nak(base::Duration{1000});
      continue;
    }
    letters[i].delivery->ack();
    shared_.log->error("participant {}: a message on {} is a dead letter: {}", shared_.options.name,
                       letter.subject, letter.message);
    shared_.metrics.add("sagad_dead_letters_total",
                        {{"participant", shared_.options.name}, {"reason", letter.reason}});
  }
}

void Worker::drop_stale(const std::vector<HeldPtr>& stale) {
  for (const auto& held : stale) {
    held->ack();
    shared_.metrics.add("sagad_stale_commands_total", {{"participant", shared_.options.name}});
  }
}

void Worker::refuse_unknown(const std::vector<HeldPtr>& unknown) {
  for (const auto& held : unknown) {
    const auto& action = held->command().action;
    held->nak(kMissingActionDelay);
    shared_.metrics.add("sagad_missing_actions_total",
                        {{"participant", shared_.options.name}, {"action", action}});
    if (!shared_.missing.add(action)) continue;
    shared_.log->error(
        "participant {}: the plugin has no action '{}', which saga {} asks for; install a plugin "
        "that has it, its commands wait",
        shared_.options.name, action, held->command().saga.str());
  }
}

void Worker::wait_for_database() {
  Outage outage(shared_.log, "participant " + shared_.options.name + ": database");
  while (!shared_.no_fetch.requested()) {
    try {
      ask_database(*context_.store);
      return outage.over();
    } catch (...) {
      const auto fault = context_.store->classify(std::current_exception());
      shared_.no_fetch.wait_for(outage.failed(fault.message));
    }
  }
}

}  // namespace sagad::runtime
