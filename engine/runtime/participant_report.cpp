#include "runtime/participant_report.hpp"

#include <utility>

#include "base/json.hpp"

namespace sagad::runtime {
namespace {

/// One coordinator takes all results, so they need one shard.
constexpr int kShard = 0;
/// Longer than the publish timeout of the bus, so that no publish outlives its call.
constexpr base::Duration kFlushTimeout{10'000};

/// Outputs may be nested deeper than Boost.JSON reads by itself.
base::json::value read_output(const std::string& text) {
  base::json::parse_options options;
  options.max_depth = 2 * base::DocumentLimits{}.max_depth;
  return base::json::parse(base::json::string_view(text), {}, options);
}

saga::Result address(const saga::Command& command) {
  saga::Result result;
  result.saga = command.saga;
  result.definition = command.definition;
  result.participant = command.participant;
  result.step = command.step;
  result.item = command.item;
  result.kind = command.kind;
  result.attempt = command.attempt;
  result.round = command.round;
  result.sent_at = command.sent_at;
  return result;
}

}  // namespace

saga::Result recorded_result(const saga::Command& command, const ports::InboxRow& row) {
  auto result = address(command);
  result.round = row.round;
  result.outcome = row.outcome;
  if (row.outcome == saga::Outcome::kDone) result.output = read_output(row.output);
  result.code = row.code;
  result.message = row.message;
  result.in_doubt = row.in_doubt && row.outcome == saga::Outcome::kFailed;
  return result;
}

saga::Result fresh_result(const saga::Command& command, const ports::StepAnswer& answer) {
  auto result = address(command);
  result.outcome = answer.outcome;
  if (answer.outcome == saga::Outcome::kDone) {
    result.output = answer.output;
    return result;
  }
  result.code = answer.code;
  result.message = answer.message;
  result.after = answer.after;
  return result;
}

saga::Result missing_result(const saga::Command& command) {
  auto result = address(command);
  result.outcome = saga::Outcome::kMissing;
  result.code = "inbox_row_missing";
  result.message = "participant " + command.participant + " has no record of step " + command.step +
                   ", which was done: its database has lost data";
  return result;
}

ports::StepAnswer retry_answer(std::string code, std::string message) {
  ports::StepAnswer answer;
  answer.outcome = saga::Outcome::kRetry;
  answer.code = std::move(code);
  answer.message = std::move(message);
  return answer;
}

ports::InboxRow inbox_row(const saga::Command& command, const ports::StepAnswer& answer) {
  ports::InboxRow row;
  row.key = {command.saga, command.step, command.item, command.kind};
  row.round = command.round;
  row.outcome = answer.outcome;
  if (answer.outcome == saga::Outcome::kDone) {
    row.output = base::json::serialize(answer.output);
  } else {
    row.code = answer.code;
    row.message = answer.message;
  }
  return row;
}

ports::OutboxRow result_row(const saga::Result& result, ports::OutboxId id) {
  return {id, result.saga, ports::result_subject(kShard, result.participant, result.definition),
          saga::encode(result), result.sent_at};
}

DeadLetterReport report_command(const HeldCommand& held, std::string reason, std::string message) {
  DeadLetterReport report;
  report.letter.saga = held.command().saga;
  report.letter.participant = held.command().participant;
  report.letter.subject = held.subject();
  report.letter.reason = std::move(reason);
  report.letter.message = std::move(message);
  report.letter.payload = held.payload();
  report.step = held.command().step;
  report.item = held.command().item;
  return report;
}

std::vector<bool> ConfirmedPublisher::publish(std::vector<ports::OutboxRow> rows) {
  std::vector<ports::OutboxId> ids;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& row : rows) {
      ids.push_back(row.id);
      awaited_.emplace(row.id, false);
    }
  }
  bus_.publish(std::move(rows), *this);
  bus_.flush(*this, kFlushTimeout);
  std::vector<bool> stored;
  const std::lock_guard lock(mutex_);
  for (const auto& id : ids) {
    stored.push_back(awaited_.at(id));
    awaited_.erase(id);
  }
  return stored;
}

void ConfirmedPublisher::confirmed(ports::OutboxId id) {
  const std::lock_guard lock(mutex_);
  const auto found = awaited_.find(id);
  if (found != awaited_.end()) found->second = true;
}

void ConfirmedPublisher::refused(ports::OutboxId, const std::string&, bool) {
  // Stays unconfirmed: its command is not acknowledged and comes again.
}

}  // namespace sagad::runtime
