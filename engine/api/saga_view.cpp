#include "api/saga_view.hpp"

#include <string>

#include "saga/child.hpp"

namespace sagad::api {
namespace {

namespace json = boost::json;

json::value time_or_null(const std::optional<base::Time>& time) {
  if (!time) return nullptr;
  return json::string(base::format_time(*time));
}

json::value error_or_null(const std::optional<saga::Error>& error) {
  if (!error) return nullptr;
  return json::object{{"code", error->code}, {"message", error->message}};
}

json::value text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::string(text);
}

json::value document_or_null(const saga::Document& document) {
  if (!document) return nullptr;
  return *document;
}

json::object parent_view(const saga::ParentRef& parent) {
  return {{"saga", parent.saga.str()},
          {"step", parent.step},
          {"item", parent.item},
          {"round", parent.round}};
}

constexpr std::size_t kItemsShown = 20;

/// What a person would look at: it has failed, is tried again, or cannot be undone.
bool is_notable(const saga::StepState& item) {
  return item.status == saga::StepStatus::kFailed || item.status == saga::StepStatus::kRetrying ||
         item.last_error.has_value();
}

/// How many items are in which status, and the first of those that need a look.
json::value items_view(const saga::StepState& step) {
  if (step.items.empty()) return nullptr;
  json::object counts;
  json::array notable;
  for (std::size_t i = 0; i < step.items.size(); ++i) {
    const auto& item = step.items[i];
    const auto status = saga::to_string(item.status);
    auto& count = counts[json::string_view(status.data(), status.size())];
    count = count.is_null() ? std::int64_t{1} : count.as_int64() + 1;
    if (!is_notable(item) || notable.size() == kItemsShown) continue;
    json::object view;
    view["item"] = i;
    view["status"] = status;
    view["since"] = base::format_time(item.since);
    view["reason"] = text_or_null(item.reason);
    view["attempts"] = item.attempt;
    view["next_retry_at"] = time_or_null(item.retry_at);
    view["last_error"] = error_or_null(item.last_error);
    notable.push_back(std::move(view));
  }
  return json::object{
      {"total", step.items.size()}, {"counts", std::move(counts)}, {"notable", std::move(notable)}};
}

saga::Document output_of(const saga::StepState& step) {
  const bool scattered = !step.items.empty() && step.status == saga::StepStatus::kDone;
  return scattered ? saga::gather_outputs(step) : step.output;
}

json::object step_view(const saga::StepState& state, const definition::Step* step,
                       std::size_t index) {
  json::object view;
  view["id"] = step != nullptr ? step->id : "#" + std::to_string(index);
  const bool action = step != nullptr && step->kind == definition::StepKind::kAction;
  view["kind"] =
      step != nullptr ? json::value(json::string(definition::to_string(step->kind))) : nullptr;
  view["action"] = action ? json::value(step->action.full_name()) : nullptr;
  view["compensate"] =
      action && step->compensate ? json::value(step->compensate->full_name()) : nullptr;
  view["child"] = step != nullptr && step->child ? json::value(step->action.action) : nullptr;
  view["status"] = saga::to_string(state.status);
  view["since"] = base::format_time(state.since);
  view["reason"] = text_or_null(state.reason);
  view["attempts"] = state.attempt;
  view["round"] = state.round;
  view["resent"] = state.resent;
  view["last_error"] = error_or_null(state.last_error);
  view["first_dispatched_at"] = time_or_null(state.first_dispatched);
  view["sent_at"] = time_or_null(state.sent_at);
  const bool sleeps = state.status == saga::StepStatus::kWaiting;
  view["next_retry_at"] = sleeps ? nullptr : time_or_null(state.retry_at);
  view["wakes_at"] = sleeps ? time_or_null(state.retry_at) : nullptr;
  view["by_hand"] = state.by_hand;
  view["edited_input"] =
      state.edits.empty() ? nullptr : json::value(document_or_null(state.edits.back().input));
  view["output"] = document_or_null(output_of(state));
  if (state.queued_signals > 0) view["queued_signals"] = state.queued_signals;
  if (!state.items.empty()) view["items"] = items_view(state);
  return view;
}

json::value pending_or_null(const std::optional<saga::PendingIntervention>& pending) {
  if (!pending) return nullptr;
  const auto& order = pending->order;
  return json::object{{"verb", saga::to_string(order.verb)},
                      {"step", text_or_null(order.step)},
                      {"by", text_or_null(order.by)},
                      {"reason", text_or_null(order.reason)}};
}

}  // namespace

json::object saga_summary(const saga::Instance& instance) {
  json::object view;
  view["id"] = instance.id.str();
  view["definition"] = instance.definition;
  view["version"] = instance.version;
  const auto parent = saga::parse_child_key(instance.key);
  view["key"] = parent ? nullptr : text_or_null(instance.key);
  if (parent) view["parent"] = parent_view(*parent);
  view["status"] = saga::to_string(instance.status);
  view["reason"] = text_or_null(instance.reason);
  view["error"] = error_or_null(instance.error);
  view["created_at"] = base::format_time(instance.created_at);
  view["updated_at"] = base::format_time(instance.updated_at);
  view["deadline_at"] = time_or_null(instance.deadline_at);
  view["ended_at"] = time_or_null(instance.ended_at);
  json::object tags;
  for (const auto& [name, value] : instance.tags) tags[name] = value;
  view["tags"] = std::move(tags);
  return view;
}

json::object saga_view(const saga::Instance& instance, const definition::Definition* definition) {
  auto view = saga_summary(instance);
  // A tag that could not be had is not kept: its definition knows that there should be one.
  for (std::size_t i = 0; definition != nullptr && i < definition->tags.size(); ++i) {
    view["tags"].as_object().emplace(definition->tags[i].name, nullptr);
  }
  view["digest"] = instance.digest;
  view["paused_from"] = instance.paused_from
                            ? json::value(json::string(saga::to_string(*instance.paused_from)))
                            : nullptr;
  view["paused_at"] = time_or_null(instance.control.paused_at);
  view["pending"] = pending_or_null(instance.control.pending);
  view["input"] = document_or_null(instance.input);
  view["output"] = document_or_null(instance.output);
  json::array steps;
  for (std::size_t i = 0; i < instance.steps.size(); ++i) {
    const bool known = definition != nullptr && i < definition->steps.size();
    steps.push_back(step_view(instance.steps[i], known ? &definition->steps[i] : nullptr, i));
  }
  view["steps"] = std::move(steps);
  return view;
}

json::array history_view(const std::vector<ports::HistoryRow>& rows) {
  json::array view;
  for (const auto& row : rows) {
    const auto events = json::parse(row.events);
    for (const auto& event : events.as_array()) {
      json::object entry{{"sequence", row.sequence}, {"at", base::format_time(row.at)}};
      for (const auto& [name, value] : event.as_object()) entry[name] = value;
      view.push_back(std::move(entry));
    }
  }
  return view;
}

json::object definition_view(const ports::StoredDefinition& definition) {
  return {{"name", definition.name},
          {"version", definition.version},
          {"state", definition.state == ports::DefinitionState::kActive ? "active" : "retired"},
          {"digest", definition.digest},
          {"description", definition.description},
          {"added_at", base::format_time(definition.added_at)},
          {"state_since", base::format_time(definition.state_since)},
          {"state_by", text_or_null(definition.state_by)},
          {"state_reason", text_or_null(definition.state_reason)}};
}

}  // namespace sagad::api
