#include "runtime/child_batch.hpp"

#include <utility>

#include "runtime/start_loop.hpp"
#include "saga/child.hpp"

namespace sagad::runtime {
namespace {

saga::ParentRef parent_of(const saga::Command& command) {
  return {command.saga, command.step, command.item, command.round};
}

/// A start of the child, or, for a command that wants none, what takes its place.
std::unique_ptr<StartItem> start_of(const ChildItem& item) {
  const auto& command = item.command;
  auto start = std::make_unique<StartItem>();
  start->definition = item.definition;
  start->key = saga::child_key(parent_of(command));
  if (command.kind == saga::Kind::kDo) {
    start->errors = check_input(*item.definition, command.input);
    start->canonical = base::canonical_json(command.input);
    start->input = std::make_shared<const boost::json::value>(command.input);
  } else {
    start->barred_by = command.kind;
  }
  return start;
}

/// Whether a child of an earlier round is what a command of a later one is about: it lives, or it
/// is done. One that was undone or given up is over.
bool still_counts(const saga::Instance& child) {
  return !saga::is_final(child.status) || child.status == saga::SagaStatus::kCompleted;
}

}  // namespace

ChildBatch::ChildBatch(ports::EngineStoreFactory stores, const BatchTools& tools)
    : stores_(stores), starts_(stores, tools), batch_(std::move(stores), tools, "children") {}

void ChildBatch::run(const std::vector<ChildItem>& items) {
  auto work = prepare(items);
  start(work);
  ask(work);
}

std::vector<ChildBatch::Work> ChildBatch::prepare(const std::vector<ChildItem>& items) {
  std::vector<Work> work;
  work.reserve(items.size());
  for (const auto& item : items) {
    const auto earlier = earlier_child(item);
    if (earlier) {
      work.push_back({&item, nullptr, *earlier});
    } else {
      work.push_back({&item, start_of(item), {}});
    }
  }
  return work;
}

std::optional<base::SagaId> ChildBatch::earlier_child(const ChildItem& item) {
  if (item.command.round == 0) return std::nullopt;  // no operator has had a hand in it
  std::vector<ports::SagaKey> keys;
  for (auto parent = parent_of(item.command); parent.round >= 0; --parent.round) {
    keys.push_back({item.definition->name, saga::child_key(parent)});
  }
  const auto store = stores_();
  const auto transaction = store->begin();
  const auto found = transaction->find(keys);
  if (found.front()) return found.front();
  for (const auto& id : found) {
    if (!id) continue;
    const auto children = transaction->lock(std::vector<base::SagaId>{*id});
    const bool undo = item.command.kind == saga::Kind::kUndo;
    if (!children.empty() && (undo || still_counts(children.front()))) return id;
  }
  return std::nullopt;
}

void ChildBatch::start(std::vector<Work>& work) {
  std::vector<StartItem*> starts;
  for (auto& one : work) {
    if (one.start) starts.push_back(one.start.get());
  }
  if (starts.empty()) return;
  starts_.run(starts, {});
  for (auto& one : work) {
    if (one.start) one.child = one.start->outcome.id;
  }
}

void ChildBatch::ask(const std::vector<Work>& work) {
  std::vector<Happening> happenings;
  for (const auto& one : work) {
    const auto& command = one.item->command;
    const bool begun = one.start && command.kind == saga::Kind::kDo &&
                       one.start->outcome.kind == StartOutcome::Kind::kStarted;
    if (begun) continue;  // it answers when it ends
    Happening happening;
    happening.saga = one.child;
    happening.event = std::make_shared<const saga::Event>(
        saga::event::AskedByParent{command.kind, command.round});
    happenings.push_back(std::move(happening));
  }
  if (happenings.empty()) return;
  batch_.run([&](ports::EngineTransaction&) { return BatchWork{happenings, {}}; });
}

void ChildBatch::give_up(const ports::DeadLetter& letter, const std::string& step) {
  BatchWork work;
  if (letter.saga) {
    Happening happening;
    happening.saga = *letter.saga;
    happening.event =
        std::make_shared<const saga::Event>(saga::event::DeadLettered{step, letter.reason});
    work.happenings.push_back(std::move(happening));
  }
  work.letters.push_back(letter);
  batch_.run([&](ports::EngineTransaction&) { return work; });
}

}  // namespace sagad::runtime
