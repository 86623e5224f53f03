#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "definition/loader.hpp"
#include "saga/decide.hpp"

namespace sagad::saga {

/// One instance of a definition and a clock; every event goes through decide().
class Machine {
 public:
  explicit Machine(const std::string& yaml, json::value input = json::object{},
                   const std::string& key = "key-1")
      : definition_(definition::load_yaml(yaml, "test.yaml")),
        evaluator_(definition::make_evaluator(definition_)) {
    instance_ = new_instance(*definition_, base::SagaId{}, key,
                             std::make_shared<const json::value>(std::move(input)), now_);
  }

  const Decision& happens(const Event& event) {
    DecideContext context{now_, *evaluator_, random_};
    decision_ = decide(*definition_, instance_, event, context);
    instance_ = decision_.instance;
    for (const auto& command : decision_.commands) sent_.push_back(command);
    return decision_;
  }

  const Decision& start() { return happens(event::Started{}); }

  /// An answer to the last command that was sent for this item of the step.
  const Decision& answer_item(const std::string& step, int item, Outcome outcome,
                              json::value output = nullptr, const std::string& code = "") {
    Result result = result_for(last_command(step, item), outcome, std::move(output));
    result.code = code;
    return happens(event::Answered{result});
  }

  /// An answer to the last command that was sent for the step.
  const Decision& answer(const std::string& step, Outcome outcome, json::value output = nullptr,
                         const std::string& code = "") {
    Result result = result_for(last_command(step), outcome, std::move(output));
    result.code = code;
    return happens(event::Answered{result});
  }

  Result result_for(const Command& command, Outcome outcome, json::value output = nullptr) const {
    Result result;
    result.saga = command.saga;
    result.definition = command.definition;
    result.participant = command.participant;
    result.step = command.step;
    result.item = command.item;
    result.kind = command.kind;
    result.attempt = command.attempt;
    result.round = command.round;
    result.sent_at = command.sent_at;
    result.outcome = outcome;
    result.output = std::move(output);
    return result;
  }

  /// `item` -1: of any item.
  const Command& last_command(const std::string& step, int item = -1) const {
    for (auto command = sent_.rbegin(); command != sent_.rend(); ++command) {
      if (command->step == step && (item < 0 || command->item == item)) return *command;
    }
    throw std::logic_error("no command was sent for " + step);
  }

  void advance_clock(base::Duration by) { now_ += by; }

  int index(const std::string& step) const { return definition_->find_step(step)->index; }
  const StepState& step(const std::string& id) const {
    return instance_.steps.at(static_cast<std::size_t>(index(id)));
  }
  StepStatus status(const std::string& id) const { return step(id).status; }
  SagaStatus status() const { return instance_.status; }
  const Instance& instance() const { return instance_; }
  const Decision& decision() const { return decision_; }
  base::Time now() const { return now_; }

  /// The commands of the last decision as `do pay #1`, in order.
  std::vector<std::string> commands() const {
    std::vector<std::string> texts;
    for (const auto& command : decision_.commands) {
      texts.push_back(std::string(to_string(command.kind)) + " " + command.step + " #" +
                      std::to_string(command.attempt));
    }
    return texts;
  }
  /// Those of items, as `do fan[2] #1`.
  std::vector<std::string> item_commands() const {
    std::vector<std::string> texts;
    for (const auto& command : decision_.commands) {
      texts.push_back(std::string(to_string(command.kind)) + " " + command.step + "[" +
                      std::to_string(command.item) + "] #" + std::to_string(command.attempt));
    }
    return texts;
  }
  /// The types of the last decision's history, as `done:pay`, `completed`.
  std::vector<std::string> history() const {
    std::vector<std::string> texts;
    for (const auto& entry : decision_.history) {
      texts.push_back(entry.type + (entry.step.empty() ? "" : ":" + entry.step));
    }
    return texts;
  }

 private:
  definition::DefinitionPtr definition_;
  std::unique_ptr<definition::Evaluator> evaluator_;
  base::Time now_ = base::from_micros(1'800'000'000'000'000);
  base::Random random_{7};
  Instance instance_;
  Decision decision_;
  std::vector<Command> sent_;
};

}  // namespace sagad::saga
