#include "runtime/after_commit.hpp"

#include <chrono>
#include <iterator>

#include "runtime/completions.hpp"
#include "runtime/relay.hpp"

namespace sagad::runtime {
namespace {

void count(const saga::Instance& instance, ports::Metrics& metrics) {
  if (instance.status == saga::SagaStatus::kPaused) {
    metrics.add("sagad_sagas_paused_total", {{"definition", instance.definition}});
    return;
  }
  metrics.add("sagad_sagas_ended_total",
              {{"definition", instance.definition}, {"outcome", saga::to_string(instance.status)}});
  const auto ended = instance.ended_at.value_or(instance.created_at);
  metrics.observe("sagad_saga_duration_seconds", {{"definition", instance.definition}},
                  std::chrono::duration<double>(ended - instance.created_at).count());
}

}  // namespace

ConfirmedRows::ConfirmedRows(Relay& relay, std::size_t limit)
    : relay_(relay), ids_(relay.take_confirmed(limit)) {}

ConfirmedRows::~ConfirmedRows() {
  if (!ids_.empty()) relay_.give_back(ids_);
}

void AfterCommit::add(Folded&& folded) {
  rows_.insert(rows_.end(), std::make_move_iterator(folded.rows.begin()),
               std::make_move_iterator(folded.rows.end()));
  auto& instance = folded.decision.instance;
  if (folded.is_new) started_.push_back(instance.definition);
  const auto now = instance.status;
  if (now == folded.before && !folded.is_new) return;
  if (!saga::is_final(now) && now != saga::SagaStatus::kPaused) return;
  changes_.push_back(std::move(instance));
}

void AfterCommit::add(const std::vector<ports::DeadLetter>& letters) {
  for (const auto& letter : letters) letters_.emplace_back(letter.participant, letter.reason);
}

void AfterCommit::tell(const BatchTools& tools) && {
  if (!rows_.empty()) tools.relay.publish(std::move(rows_));
  for (auto& change : changes_) {
    count(change, tools.metrics);
    if (tools.completions != nullptr) tools.completions->announce(std::move(change));
  }
  for (const auto& definition : started_) {
    tools.metrics.add("sagad_sagas_started_total", {{"definition", definition}});
  }
  if (!tools.count_letters) return;
  for (const auto& [participant, reason] : letters_) {
    tools.metrics.add("sagad_dead_letters_total",
                      {{"participant", participant}, {"reason", reason}});
  }
}

}  // namespace sagad::runtime
