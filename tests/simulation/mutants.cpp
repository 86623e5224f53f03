#include "simulation/mutants.hpp"

#include <cstring>

#include "base/mutant.hpp"

namespace sagad::simulation {

thread_local const char* active_mutant = nullptr;

bool is_active_mutant(const char* name) { return std::strcmp(name, active_mutant) == 0; }

const std::vector<Mutant>& mutants() {
  static const std::vector<Mutant> all{
      {"barrier_off", "no answer of an action is recorded"},
      {"failed_not_recorded", "a refusal is not recorded"},
      {"barred_not_recorded", "a settle answers `barred` without barring"},
      {"refusal_keeps_its_writes", "what was written before a refusal is committed"},
      {"result_published_before_commit", "the participant publishes, then commits"},
      {"command_acknowledged_before_commit", "the participant acknowledges, then commits"},
      {"retry_acknowledged_before_publish", "a `retry` is acknowledged, then published"},
      {"poison_not_counted", "starts that do not come back are not counted"},
      {"watchdog_spares_the_session", "a timeout is answered with the session still open"},
      {"result_acknowledged_before_commit", "the coordinator acknowledges, then commits"},
      {"command_published_before_commit", "the coordinator publishes, then commits"},
      {"unknown_commit_taken_for_commit", "a lost connection at COMMIT counts as success"},
      {"no_row_lock", "instances are read without locking them"},
      {"output_not_written", "the output of a step is not stored"},
      {"items_not_written", "the items of a foreach are not stored"},
      {"items_share_a_key", "all items of a foreach have the barrier key of the first"},
      {"failed_later_not_undone", "a step that answered `later`, then `failed`, is not undone"},
      {"outbox_deleted_before_confirmation", "rows count as confirmed once they are sent"},
      {"relay_by_last_seen", "the sweep takes rows with `id > last_seen`"},
      {"rescuer_off", "nothing is sent again"},
      {"start_acknowledged_before_commit", "the API answers, then commits"},
      {"start_key_ignored", "a known key starts another saga"},
      {"settle_skipped", "unanswered steps count as not done when the saga turns back"},
      {"compensated_in_any_order", "a step is undone without waiting for its dependents"},
      {"settled_pivot_ignored", "a pivot that had happened does not turn the saga forward"},
      {"duplicate_result_folded", "a second answer counts like the first"},
      {"stale_retry_counted", "a `retry` of an older attempt counts for the present one"},
  };
  return all;
}

}  // namespace sagad::simulation
