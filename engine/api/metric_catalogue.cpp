#include "api/metric_catalogue.hpp"

#include <algorithm>

namespace sagad::api {
namespace {

constexpr MetricInfo kMetrics[] = {
    {"sagad_barrier_hanging_rejected_total", "Actions refused because they were barred before."},
    {"sagad_barrier_null_compensations_total", "Undos and settles of actions that never ran."},
    {"sagad_batch_size", "Sagas or commands in a batch."},
    {"sagad_build_info", "Always 1; the labels tell the version."},
    {"sagad_bus_connected", "1 while there is a connection to NATS."},
    {"sagad_consumers_repaired_total", "Stuck consumers that were made anew."},
    {"sagad_dead_letters_total", "Messages that nobody could handle."},
    {"sagad_http_request_duration_seconds", "Time to answer a request of the API."},
    {"sagad_http_requests_total", "Requests of the API, answered."},
    {"sagad_hung_threads", "Threads whose action does not return."},
    {"sagad_inbox_duplicates_total", "Commands that were executed before and got that answer."},
    {"sagad_interventions_total", "What operators ordered, by verb and result."},
    {"sagad_missing_actions_total", "Commands for actions that this daemon lacks."},
    {"sagad_outbox_depth", "Rows that wait in the outbox."},
    {"sagad_outbox_oldest_age_seconds", "Age of the oldest row in the outbox."},
    {"sagad_outbox_published_total", "Outbox rows published and confirmed."},
    {"sagad_ready", "1 while /readyz answers 200."},
    {"sagad_rescued_total", "Commands sent again because the streams had lost them."},
    {"sagad_saga_duration_seconds", "From the start of a saga to its end."},
    {"sagad_sagas_active", "Sagas that have not ended, by definition and status."},
    {"sagad_sagas_ended_total", "Sagas that ended, by outcome."},
    {"sagad_sagas_paused_total", "Times that a saga was paused and waits for a person."},
    {"sagad_sagas_started_total", "Sagas started."},
    {"sagad_stale_commands_total", "Commands dropped because they were too old."},
    {"sagad_start_time_seconds", "When this daemon started, in Unix time."},
    {"sagad_step_attempts_total", "Executions of actions, by result."},
    {"sagad_step_duration_seconds", "Time of one execution of an action."},
};

}  // namespace

std::span<const MetricInfo> metric_catalogue() { return kMetrics; }

std::string_view metric_help(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kMetrics), std::end(kMetrics),
                   [name](const MetricInfo& metric) { return metric.name == name; });
  return found == std::end(kMetrics) ? name : found->help;
}

}  // namespace sagad::api
