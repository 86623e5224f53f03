#include "postgres/instance_columns.hpp"

#include "postgres/timer_kind.hpp"

namespace sagad::postgres {

namespace {

constexpr std::size_t kStatusBytes = 12;
constexpr std::size_t kDigestBytes = 64;
constexpr std::size_t kStepsBytes = 400;

void add_document(JsonArray& column, const saga::Document& document) {
  document ? column.add(boost::json::serialize(*document)) : column.add_null();
}

/// Input is never missing: an empty document pointer stands for JSON's null.
void add_input(JsonArray& column, const saga::Document& document) {
  column.add(document ? boost::json::serialize(*document) : "null");
}

}  // namespace

StateColumns::StateColumns(std::size_t rows)
    : status(rows, kStatusBytes),
      paused_from(rows, 0),
      reason(rows),
      error_code(rows, 0),
      error_message(rows, 0),
      output(rows, 0),
      updated_at(rows),
      ended_at(rows),
      unanswered_since(rows),
      sequence(rows),
      steps(rows, kStepsBytes),
      deadline_at(rows),
      control(rows, 0) {}

void StateColumns::add(const saga::Instance& instance) {
  status.add(saga::to_string(instance.status));
  instance.paused_from ? paused_from.add(saga::to_string(*instance.paused_from))
                       : paused_from.add_null();
  reason.add_or_null(instance.reason);
  instance.error ? error_code.add(instance.error->code) : error_code.add_null();
  instance.error ? error_message.add(instance.error->message) : error_message.add_null();
  add_document(output, instance.output);
  updated_at.add(instance.updated_at);
  ended_at.add(instance.ended_at);
  unanswered_since.add(instance.unanswered_since());
  sequence.add(instance.sequence);
  steps.add(saga::encode_steps(instance.steps));
  deadline_at.add(instance.deadline_at);
  instance.control.empty() ? control.add_null()
                           : control.add(saga::encode_control(instance.control));
}

StartColumns::StartColumns(std::size_t rows)
    : definition(rows),
      version(rows),
      digest(rows, kDigestBytes),
      key(rows, 40),
      input(rows),
      created_at(rows) {}

void StartColumns::add(const saga::Instance& instance) {
  definition.add(instance.definition);
  version.add(instance.version);
  digest.add(instance.digest);
  key.add_or_null(instance.key);
  add_input(input, instance.input);
  created_at.add(instance.created_at);
}

DecisionColumns::DecisionColumns(std::size_t rows)
    : history_saga(rows),
      history_sequence(rows),
      history_at(rows),
      history_events(rows),
      output_saga(rows),
      output_step(rows),
      output(rows) {}

void DecisionColumns::add(const saga::Decision& decision) {
  const saga::Instance& instance = decision.instance;
  history_saga.add(instance.id);
  history_sequence.add(instance.sequence);
  history_at.add(instance.updated_at);
  history_events.add(encode_history(decision.history));
  for (const int step : decision.new_outputs) {
    output_saga.add(instance.id);
    output_step.add(step);
    add_input(output, instance.steps.at(static_cast<std::size_t>(step)).output);
  }
  for (const saga::Timer& timer : decision.timers) {
    timer_saga.add(instance.id);
    timer_step.add(timer.step);
    timer_kind.add(to_string(timer.kind));
    timer_due_at.add(timer.due_at);
    timer_item.add(timer.item);
  }
}

void ItemColumns::add(const saga::Decision& decision) {
  const auto item_of = [&](const saga::ItemRef& ref) -> const saga::StepState& {
    const auto& of_step = decision.instance.steps.at(static_cast<std::size_t>(ref.step));
    return of_step.items.at(static_cast<std::size_t>(ref.item));
  };
  for (const auto& ref : decision.changed_items) {
    saga.add(decision.instance.id);
    step.add(ref.step);
    item.add(ref.item);
    state.add(saga::encode_item(item_of(ref)));
  }
  for (const auto& ref : decision.new_item_outputs) {
    output_saga.add(decision.instance.id);
    output_step.add(ref.step);
    output_item.add(ref.item);
    add_input(output, item_of(ref).output);
  }
}

std::string encode_history(const std::vector<saga::HistoryEntry>& entries) {
  boost::json::array events;
  events.reserve(entries.size());
  for (const saga::HistoryEntry& entry : entries) {
    boost::json::object event;
    event.reserve(entry.detail.size() + 2);
    event["type"] = entry.type;
    if (!entry.step.empty()) event["step"] = entry.step;
    for (const auto& member : entry.detail) event.insert(member);
    events.push_back(std::move(event));
  }
  return boost::json::serialize(events);
}

}  // namespace sagad::postgres
