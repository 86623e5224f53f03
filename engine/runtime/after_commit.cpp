#include "runtime/after_commit.hpp"

#include <chrono>
#include <iterator>

#include "runtime/completions.hpp"
#include "runtime/relay.hpp"

namespace sagad::runtime {

ConfirmedRows::ConfirmedRows(Relay& relay, std::size_t limit)
    : relay_(relay), ids_(relay.take_confirmed(limit)) {}

ConfirmedRows::~ConfirmedRows() {
  if (!ids_.empty()) relay_.give_back(ids_);
}

void AfterCommit::add(Folded&& folded) {
  rows_.insert(rows_.end(), std::make_move_iterator(folded.rows.begin()),
               std::make_move_iterator(folded.rows.end()));
  const auto& instance = folded.decision.instance;
  if (folded.is_new) started_.push_back(instance.definition);
  const auto now = instance.status;
  if (now == folded.before && !folded.is_new) return;
  if (!saga::is_final(now) && now != saga::SagaStatus::kPaused) return;
  Change change{instance.id, instance.definition, now};
  if (instance.ended_at) {
    change.seconds =
        std::chrono::duration<double>(*instance.ended_at - instance.created_at).count();
  }
  changes_.push_back(std::move(change));
}

void AfterCommit::add(const std::vector<ports::DeadLetter>& letters) {
  for (const auto& letter : letters) letters_.emplace_back(letter.participant, letter.reason);
}

void AfterCommit::tell(const BatchTools& tools) && {
  if (!rows_.empty()) tools.relay.publish(std::move(rows_));
  for (const auto& change : changes_) {
    if (tools.completions != nullptr) tools.completions->announce(change.id, change.status);
    if (change.status == saga::SagaStatus::kPaused) {
      tools.metrics.add("sagad_sagas_paused_total", {{"definition", change.definition}});
      continue;
    }
    tools.metrics.add("sagad_sagas_ended_total", {{"definition", change.definition},
                                                  {"outcome", saga::to_string(change.status)}});
    tools.metrics.observe("sagad_saga_duration_seconds", {{"definition", change.definition}},
                          change.seconds);
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
