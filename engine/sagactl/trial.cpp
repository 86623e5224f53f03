#include "sagactl/trial.hpp"

#include <functional>
#include <memory>
#include <queue>
#include <stdexcept>
#include <utility>

#include "base/random.hpp"
#include "saga/decide.hpp"
#include "sagactl/scripted_participant.hpp"

namespace sagad::ctl {
namespace {

/// More than any saga needs; a step that is retried without end comes to it.
constexpr int kMostEvents = 100'000;
constexpr std::uint64_t kSeed = 1;

/// The first of January 2026: the same in every trial, so that it comes out the same.
constexpr base::Time kStart{std::chrono::microseconds{1'767'225'600'000'000}};

/// One saga, its clock, and what is under way.
class Stage {
 public:
  Stage(definition::DefinitionPtr definition, const Script& script)
      : definition_(std::move(definition)),
        evaluator_(definition::make_evaluator(definition_)),
        script_(script),
        participant_(script) {
    const auto id = ids_.next(kStart);
    trial_.instance =
        saga::new_instance(*definition_, id, script.key,
                           std::make_shared<const boost::json::value>(script.input), kStart);
  }

  Trial play() && {
    happens(saga::event::Started{});
    for (const auto& scripted : script_.signals) send_signal(scripted);
    for (int events = 0; !at_rest(); ++events) {
      if (events == kMostEvents) {
        throw std::runtime_error("there is no end to it: stopped after " +
                                 std::to_string(kMostEvents) + " events, at " +
                                 base::format_duration(elapsed()));
      }
      if (!step_on()) {
        trial_.stuck = true;
        break;
      }
    }
    trial_.took = elapsed();
    return std::move(trial_);
  }

 private:
  struct Due {
    base::Time at;
    std::uint64_t number;  ///< of two at one time the first scheduled comes first
    saga::Event event;
    bool operator>(const Due& other) const {
      return at != other.at ? at > other.at : number > other.number;
    }
  };

  bool at_rest() const {
    return saga::is_final(trial_.instance.status) ||
           trial_.instance.status == saga::SagaStatus::kPaused;
  }
  base::Duration elapsed() const {
    return std::chrono::duration_cast<base::Duration>(now_ - kStart);
  }

  /// The next event, or the deadline if that comes first. False if nothing is to come.
  bool step_on() {
    const auto deadline = trial_.instance.deadline_at;
    const bool runs =
        trial_.instance.status != saga::SagaStatus::kPaused;  // else clocks stand still
    if (runs && deadline && (due_.empty() || *deadline <= due_.top().at)) {
      now_ = std::max(now_, *deadline);
      happens(saga::event::DeadlineReached{});
      return true;
    }
    if (due_.empty()) return false;
    const auto next = due_.top();
    due_.pop();
    now_ = next.at;
    happens(next.event);
    return true;
  }

  void schedule(base::Time at, saga::Event event) {
    due_.push({at, ++scheduled_, std::move(event)});
  }

  void happens(const saga::Event& event) {
    saga::DecideContext context{now_, *evaluator_, random_};
    auto decision = saga::decide(*definition_, std::move(trial_.instance), event, context);
    trial_.instance = std::move(decision.instance);
    for (auto& entry : decision.history) note(std::move(entry));
    for (const auto& timer : decision.timers) {
      schedule(timer.due_at, saga::event::TimerFired{timer.step, timer.kind, timer.item});
    }
    for (const auto& command : decision.commands) send(command);
  }

  void send_signal(const ScriptedSignal& scripted) {
    const auto at = kStart + scripted.at;
    schedule(at,
             saga::event::Signalled{{ids_.next(at),
                                     scripted.name,
                                     {},
                                     std::make_shared<const boost::json::value>(scripted.payload),
                                     at}});
  }

  void note(saga::HistoryEntry entry) {
    trial_.lines.push_back({elapsed(),
                            entry.type + (entry.step.empty() ? "" : " " + entry.step),
                            false,
                            {},
                            std::move(entry.detail)});
  }

  void send(const saga::Command& command) {
    auto text = std::string(saga::to_string(command.kind)) + " " + command.step;
    if (definition_->find_step(command.step)->foreach) {
      text += "[" + std::to_string(command.item) + "]";
    }
    trial_.lines.push_back({elapsed(), std::move(text), true,
                            command.participant + "." + command.action, command.input});
    if (auto answer = participant_.answer(command, now_)) {
      schedule(answer->at, saga::event::Answered{std::move(answer->result)});
    }
  }

  definition::DefinitionPtr definition_;
  std::unique_ptr<definition::Evaluator> evaluator_;
  const Script& script_;
  ScriptedParticipant participant_;
  base::IdGenerator ids_{kSeed};
  base::Random random_{kSeed};
  base::Time now_ = kStart;
  std::uint64_t scheduled_ = 0;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  Trial trial_;
};

}  // namespace

Trial run_trial(const definition::DefinitionPtr& definition, const Script& script) {
  return Stage(definition, script).play();
}

}  // namespace sagad::ctl
