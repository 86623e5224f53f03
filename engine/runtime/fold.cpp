#include "runtime/fold.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ports/bus.hpp"

namespace sagad::runtime {
namespace {

template <typename Value>
void append(std::vector<Value>& all, std::vector<Value>&& more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// Both are sorted and have each item once, and so has what becomes of them.
void merge(std::vector<saga::ItemRef>& all, std::vector<saga::ItemRef>&& more) {
  if (more.empty()) return;
  std::vector<saga::ItemRef> both;
  both.reserve(all.size() + more.size());
  std::set_union(all.begin(), all.end(), more.begin(), more.end(), std::back_inserter(both));
  all = std::move(both);
}

}  // namespace

ports::OutboxRow command_row(const saga::Command& command, std::string payload,
                             base::IdGenerator& ids) {
  const auto* lane = command.kind == saga::Kind::kDo ? "do" : "undo";
  return {ids.next(command.sent_at), command.saga,
          ports::command_subject(command.participant, lane, command.definition), std::move(payload),
          command.sent_at};
}

ports::OutboxRow answer_row(const saga::Result& answer, base::IdGenerator& ids) {
  return {ids.next(answer.sent_at), answer.saga,
          ports::result_subject(0, answer.participant, answer.definition), saga::encode(answer),
          answer.sent_at};
}

Fold::Fold(const definition::Definition& definition, saga::Instance instance,
           saga::DecideContext& context, base::IdGenerator& ids, saga::AnswerTokens& tokens,
           std::size_t max_payload)
    : definition_(definition),
      context_(context),
      ids_(ids),
      tokens_(tokens),
      max_payload_(max_payload),
      sequence_(instance.sequence) {
  folded_.before = instance.status;
  folded_.decision.instance = std::move(instance);
}

void Fold::apply(const saga::Event& event) {
  auto next = saga::decide(definition_, std::move(folded_.decision.instance), event, context_);
  auto commands = std::move(next.commands);
  if (next.answer) folded_.rows.push_back(answer_row(*next.answer, ids_));
  absorb(std::move(next));
  // Pausing sends nothing, so this ends.
  for (const auto& too_large : send(std::move(commands))) apply(too_large);
}

void Fold::absorb(saga::Decision next) {
  auto& all = folded_.decision;
  all.instance = std::move(next.instance);
  all.changed = all.changed || next.changed;
  if (next.verdict) all.verdict = std::move(next.verdict);
  append(all.timers, std::move(next.timers));
  append(all.history, std::move(next.history));
  for (auto& change : next.signals) absorb(std::move(change));
  for (const int output : next.new_outputs) {
    if (std::find(all.new_outputs.begin(), all.new_outputs.end(), output) ==
        all.new_outputs.end()) {
      all.new_outputs.push_back(output);
    }
  }
  merge(all.changed_items, std::move(next.changed_items));
  merge(all.new_item_outputs, std::move(next.new_item_outputs));
}

/// A signal that came and was taken in one transaction is written once.
void Fold::absorb(saga::SignalChange change) {
  for (auto& known : folded_.decision.signals) {
    if (known.signal.id != change.signal.id) continue;
    known.step = change.step;
    return;
  }
  folded_.decision.signals.push_back(std::move(change));
}

std::vector<saga::event::DeadLettered> Fold::send(std::vector<saga::Command> commands) {
  std::vector<saga::event::DeadLettered> too_large;
  for (auto& command : commands) {
    if (command.kind == saga::Kind::kDo) {
      command.token = tokens_.make(command.saga, command.step, command.item, command.round);
    }
    auto payload = saga::encode(command);
    if (payload.size() > max_payload_) {
      too_large.push_back({command.step, "message_too_large", command.item});
    } else {
      folded_.rows.push_back(command_row(command, std::move(payload), ids_));
    }
  }
  return too_large;
}

Folded Fold::finish() && {
  auto& decision = folded_.decision;
  decision.instance.sequence = decision.changed ? sequence_ + 1 : sequence_;
  return std::move(folded_);
}

}  // namespace sagad::runtime
