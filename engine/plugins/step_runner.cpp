#include "plugins/step_runner.hpp"

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include "plugins/answer_text.hpp"
#include "plugins/step_logger.hpp"
#include "saga/message.hpp"

namespace sagad::plugins {
namespace {

constexpr std::size_t kMaxCode = 100;
constexpr std::size_t kMaxMessage = 2'000;

ports::StepAnswer bad_output(const std::string& action, const std::string& why) {
  return {.outcome = saga::Outcome::kRetry,
          .code = "bad_output",
          .message = "the output of action " + action + ": " + clean_text(why, kMaxMessage)};
}

std::string code_of(std::string code) {
  return code.empty() ? "unnamed" : clean_text(std::move(code), kMaxCode);
}

/// Without a token nobody could ever give the final answer.
ports::StepAnswer convert_later(Later&& later, const saga::Command& command) {
  if (!command.token.empty()) {
    return {.outcome = saga::Outcome::kLater,
            .message = clean_text(std::move(later.reason), kMaxMessage)};
  }
  const bool undo = command.kind == saga::Kind::kUndo;
  return {.outcome = saga::Outcome::kRetry,
          .code = "bad_answer",
          .message = "action " + command.action + " answered later" +
                     (undo ? ", which a compensation cannot" : " to a command without a token")};
}

ports::StepAnswer convert(Answer&& answer, const saga::Command& command,
                          const base::DocumentLimits& limits) {
  return std::visit(
      [&](auto&& kind) -> ports::StepAnswer {
        using Kind = std::decay_t<decltype(kind)>;
        if constexpr (std::is_same_v<Kind, Done>) {
          try {
            base::check_document(kind.output, limits);
          } catch (const base::DocumentError& error) {
            return bad_output(command.action, error.what());
          }
          return {.outcome = saga::Outcome::kDone, .output = std::move(kind.output)};
        } else if constexpr (std::is_same_v<Kind, Later>) {
          return convert_later(std::forward<decltype(kind)>(kind), command);
        } else {
          ports::StepAnswer result{.code = code_of(std::move(kind.code)),
                                   .message = clean_text(std::move(kind.message), kMaxMessage)};
          if constexpr (std::is_same_v<Kind, Retry>) {
            result.outcome = saga::Outcome::kRetry;
            if (kind.after) result.after = std::max(*kind.after, base::Duration::zero());
          } else {
            result.outcome = saga::Outcome::kFailed;
          }
          return result;
        }
      },
      std::move(answer));
}

}  // namespace

PluginStepRunner::PluginStepRunner(std::shared_ptr<const Plugin> plugin, const base::Clock& clock,
                                   std::shared_ptr<spdlog::logger> logger,
                                   base::DocumentLimits limits)
    : plugin_(std::move(plugin)), clock_(clock), logger_(std::move(logger)), limits_(limits) {
  for (const auto& action : plugin_->actions) {
    actions_.emplace(action.name,
                     Entry{.info = {.name = action.name,
                                    .lock_key = action.options.lock_key,
                                    .refuses_before_writing = action.options.refuses_before_writing,
                                    .has_batch = static_cast<bool>(action.batch),
                                    .external = static_cast<bool>(action.external)},
                           .action = &action});
  }
}

const ports::ActionInfo* PluginStepRunner::find(const std::string& action) const {
  const auto found = actions_.find(action);
  return found == actions_.end() ? nullptr : &found->second.info;
}

const Action& PluginStepRunner::action(const saga::Command& command) const {
  const auto found = actions_.find(command.action);
  if (found == actions_.end()) {
    throw std::logic_error("plugin " + plugin_->name + " has no action " + command.action);
  }
  return *found->second.action;
}

Execution PluginStepRunner::execution(const saga::Command& command) const {
  return {.saga_id = command.saga.str(),
          .definition = command.definition,
          .step_id = command.step,
          .item = command.item,
          .attempt = command.attempt,
          .round = command.round,
          .undo = command.kind == saga::Kind::kUndo,
          .idempotency_key = saga::idempotency_key(command),
          .answer_token = command.token,
          .deadline = clock_.now() + command.timeout};
}

ports::StepAnswer PluginStepRunner::run(const saga::Command& command,
                                        sagad::Transaction& transaction) {
  const auto& running = action(command);
  const auto which = execution(command);
  StepLogger log(*logger_, which);
  Context context{which, command.input, command.action_input, command.action_output, transaction,
                  log};
  return convert(running.function(context), command, limits_);
}

ports::StepAnswer PluginStepRunner::run_external(const saga::Command& command) {
  const auto& running = action(command);
  if (!running.external) throw std::logic_error("action " + running.name + " is not external");
  const auto which = execution(command);
  StepLogger log(*logger_, which);
  ExternalContext context{which, command.input, command.action_input, command.action_output, log};
  return convert(running.external(context), command, limits_);
}

std::vector<ports::StepAnswer> PluginStepRunner::run_batch(
    std::span<const saga::Command* const> commands, sagad::Transaction& transaction) {
  if (commands.empty()) return {};
  const auto& running = action(*commands.front());
  if (!running.batch) throw std::logic_error("action " + running.name + " has no batch form");

  std::deque<Execution> executions;  // a deque, because contexts and loggers refer to its elements
  std::deque<StepLogger> logs;
  std::vector<Context> contexts;
  contexts.reserve(commands.size());
  for (const auto* command : commands) {
    const auto& which = executions.emplace_back(execution(*command));
    auto& log = logs.emplace_back(*logger_, which);
    contexts.push_back(
        {which, command->input, command->action_input, command->action_output, transaction, log});
  }
  auto answers = running.batch(contexts);
  if (answers.size() != commands.size()) {
    throw std::runtime_error("the batch form of action " + running.name + " gave " +
                             std::to_string(answers.size()) + " answers to " +
                             std::to_string(commands.size()) + " executions");
  }
  std::vector<ports::StepAnswer> results;
  results.reserve(answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    results.push_back(convert(std::move(answers[i]), *commands[i], limits_));
  }
  return results;
}

}  // namespace sagad::plugins
