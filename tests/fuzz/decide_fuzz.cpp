// The first byte chooses a definition, the others are events: answers of any kind to any command in
// any round, timers, the deadline, the rescuer, dead letters, signals, final answers, orders of
// operators, a parent that asks, and a clock. After every event decide() has to have kept its word.

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "definition/loader.hpp"
#include "fuzz/decide_definitions.hpp"
#include "fuzz/fuzz_target.hpp"
#include "saga/decide.hpp"
#include "saga/intervention.hpp"

namespace sagad::fuzz {
namespace {

using namespace std::chrono_literals;
using namespace saga;

constexpr int kMaxEvents = 64;

struct Loaded {
  definition::DefinitionPtr definition;
  std::unique_ptr<definition::Evaluator> evaluator;
};

/// Loaded once a process: compiling expressions takes long.
const Loaded& definition_at(int number) {
  static const auto all = [] {
    std::vector<Loaded> loaded;
    for (const auto* text : kDefinitions) {
      auto definition = definition::load_yaml(text, "fuzz.yaml");
      auto evaluator = definition::make_evaluator(definition);
      loaded.push_back({std::move(definition), std::move(evaluator)});
    }
    return loaded;
  }();
  return all.at(static_cast<std::size_t>(number));
}

json::value document(Bytes& bytes) {
  switch (bytes.below(6)) {
    case 0:
      return {{"id", 1}, {"go", true}, {"n", 1}, {"list", {1, 2}}};
    case 1:
      return {{"id", {{"deep", "x"}}}, {"go", false}, {"n", 9007199254740993}};
    case 2:
      return {{"go", "yes"}, {"n", "text"}, {"list", 5}};
    case 3:
      return json::array{1, 2};
    case 4:
      return "text";
    default:
      return nullptr;
  }
}

/// Everything of a decision that can be compared.
std::string text_of(const Decision& decision) {
  auto text = std::string(to_string(decision.instance.status)) + decision.instance.reason +
              std::to_string(decision.instance.sequence) + encode_steps(decision.instance.steps);
  for (const auto& step : decision.instance.steps) text += encode_steps(step.items);
  text += encode_control(decision.instance.control);
  for (const auto& command : decision.commands) text += encode(command);
  for (const auto& entry : decision.history) {
    text += entry.type + entry.step + json::serialize(entry.detail);
  }
  return text;
}

class Run {
 public:
  Run(const Loaded& loaded, Bytes& bytes) : loaded_(loaded), bytes_(bytes) {
    instance_ =
        new_instance(definition(), {}, "", std::make_shared<json::value>(document(bytes)), now_);
  }

  void go() {
    happens(event::Started{});
    for (int i = 0; i < kMaxEvents && !bytes_.empty(); ++i) {
      now_ += std::chrono::seconds(bytes_.next());
      happens(any_event());
    }
  }

 private:
  const definition::Definition& definition() const { return *loaded_.definition; }

  /// A step's, and sometimes nobody's.
  std::string any_step() {
    const auto number = static_cast<std::size_t>(bytes_.below(7));
    return number < definition().steps.size() ? definition().steps[number].id
           : number == 6                      ? ""
                                              : "unknown";
  }

  Event any_event() {
    switch (bytes_.below(16)) {
      case 0:
        return any_timer();
      case 1:
        return event::DeadlineReached{};
      case 2:
        return event::Rescue{
            {{"order", now_}, {"one", now_ - 30s}, {"pay", now_}, {"two", now_}, {"@child", now_}}};
      case 3:
        return event::DeadLettered{any_step(), "crashed", any_item()};
      case 4:
        return event::Redriven{any_step(), 7, "ann", "mended"};
      case 5:
        return event::Signalled{any_signal()};
      case 6:
        return event::Operator{any_order()};
      case 7:
        return event::FinalAnswered{any_step(), any_item(), bytes_.below(2), any_final_answer()};
      case 8:
        return event::AskedByParent{static_cast<Kind>(bytes_.below(3)), bytes_.below(2)};
      default:
        return event::Answered{any_result()};
    }
  }

  Event any_timer() {
    const auto step = bytes_.below(8) - 1;
    const auto kind =
        bytes_.flip() ? event::TimerFired::Kind::kRetry : event::TimerFired::Kind::kTotalTimeout;
    return event::TimerFired{step, kind, any_item()};
  }

  int any_item() { return bytes_.below(4) == 0 ? bytes_.below(4) - 1 : 0; }

  Intervention any_order() {
    Intervention order;
    order.verb = static_cast<Verb>(bytes_.below(8));
    order.id = "order-" + std::to_string(++orders_);
    order.step = any_step();
    order.force = bytes_.below(4) == 0;
    order.by = "ann";
    order.reason = "because";
    if (bytes_.flip()) order.value = std::make_shared<const json::value>(document(bytes_));
    return order;
  }

  FinalAnswer any_final_answer() {
    FinalAnswer answer;
    answer.done = bytes_.flip();
    if (answer.done) {
      answer.output = document(bytes_);
    } else {
      answer.error = {"e" + std::to_string(bytes_.below(3)), "said later"};
    }
    return answer;
  }

  Signal any_signal() {
    return {ids_.next(now_), bytes_.flip() ? "paid" : "sent", "",
            std::make_shared<const json::value>(document(bytes_)), now_};
  }

  Result any_result() {
    Result result;
    result.saga = instance_.id;
    result.definition = definition().name;
    result.step = any_step();
    result.kind = static_cast<Kind>(bytes_.below(3));
    result.outcome = static_cast<Outcome>(bytes_.below(5));
    result.attempt = bytes_.below(4);
    result.round = bytes_.below(8) == 0 ? 1 : 0;
    result.item = any_item();
    result.code = "e" + std::to_string(bytes_.below(3));
    result.output = document(bytes_);
    if (bytes_.below(4) == 0) result.after = base::Duration{bytes_.next() * 10};
    result.sent_at = now_;
    return result;
  }

  Decision decided(const Event& event, std::uint64_t seed) {
    base::Random random(seed);
    DecideContext context{now_, *loaded_.evaluator, random};
    return decide(definition(), instance_, event, context);
  }

  void happens(const Event& event) {
    const auto seed = bytes_.next();
    auto decision = decided(event, seed);
    require(text_of(decision) == text_of(decided(event, seed)), "decide() is a function");
    // What a person orders may leave things done or unanswered, and says so in the history.
    ordered_ = ordered_ || (std::holds_alternative<event::Operator>(event) && decision.changed);
    check_change(decision, std::holds_alternative<event::AskedByParent>(event));
    for (const auto& command : decision.commands) check_command(decision, command);
    for (const int index : decision.new_outputs) {
      const auto& step = decision.instance.steps.at(static_cast<std::size_t>(index));
      require(step.output != nullptr, "a new output is there");
    }
    check_instance(decision.instance);
    instance_ = std::move(decision.instance);
  }

  /// Only its parent turns a completed saga back.
  void check_change(const Decision& decision, bool by_parent) const {
    const auto& after = decision.instance;
    const auto silent = decision.commands.empty() && decision.timers.empty() &&
                        decision.history.empty() && decision.new_outputs.empty() &&
                        decision.signals.empty();
    if (!decision.changed) {
      require(silent, "an event that changes nothing says nothing");
      require(after.sequence == instance_.sequence && after.status == instance_.status &&
                  encode_steps(after.steps) == encode_steps(instance_.steps),
              "an event that changes nothing changes nothing");
      return;
    }
    require(after.sequence == instance_.sequence + 1, "a change raises the sequence by one");
    require(after.updated_at == now_, "a change is dated");
    const bool turned = by_parent && instance_.status == SagaStatus::kCompleted;
    if (is_final(instance_.status) && !turned) {
      require(after.status == instance_.status && silent, "what has ended stays as it is");
    }
    if (!ordered_ && instance_.status == SagaStatus::kPaused &&
        after.status == SagaStatus::kPaused) {
      require(decision.commands.empty(), "a paused saga sends nothing");
    }
  }

  void check_command(const Decision& decision, const Command& command) const {
    const auto* step = definition().find_step(command.step);
    require(step != nullptr, "a command is for a step", command.step);
    const bool undo = command.kind == Kind::kUndo;
    require(!undo || step->compensate.has_value(), "only what can be undone is", command.step);
    const auto& operation = undo ? *step->compensate : step->action;
    require(command.participant == operation.participant && command.action == operation.action,
            "a command goes to the step's participant", command.step);
    require(command.attempt >= 1 && command.sent_at == now_, "a command has attempt and date");
    require(command.saga == decision.instance.id, "a command is of its saga");
    require(ordered_ || command.kind != Kind::kSettle ||
                decision.instance.status != SagaStatus::kRunning,
            "only a saga on its way back settles", command.step);
    const auto text = encode(command);
    require(encode(decode_command(text)) == text, "a command is read as written", text);
  }

  void check_instance(const Instance& instance) const {
    const auto text = encode_steps(instance.steps);
    require(encode_steps(decode_steps(text)) == text, "the steps are read as written", text);
    const auto control = encode_control(instance.control);
    require(encode_control(decode_control(control)) == control, "orders are read as written",
            control);
    require(is_final(instance.status) == instance.ended_at.has_value(), "what has ended is dated");
    require((instance.status == SagaStatus::kPaused) == instance.paused_from.has_value(),
            "a paused saga knows where it was", text);
    if (instance.status == SagaStatus::kPaused) {
      require(!instance.reason.empty(), "a paused saga says why");
    }
    for (const auto& step : definition().steps) check_step(instance, step);
  }

  void check_step(const Instance& instance, const definition::Step& step) const {
    const auto& state = instance.steps.at(static_cast<std::size_t>(step.index));
    const auto status = state.status;
    check_items(state, step);
    // A wait for a final answer that ends because the saga turns back has none.
    const bool forward =
        instance.status == SagaStatus::kRunning || instance.status == SagaStatus::kCompleted;
    if (status == StepStatus::kDone && forward && state.items.empty()) {
      require(state.output != nullptr || ordered_, "done has an output", step.id);
    }
    if (instance.status == SagaStatus::kCompleted) {
      require(status == StepStatus::kDone || status == StepStatus::kSkipped,
              "completed means all done", step.id);
    }
    if (ordered_) return;
    if (instance.status == SagaStatus::kCompensated) {
      require(status != StepStatus::kRunning && status != StepStatus::kRetrying &&
                  status != StepStatus::kWaiting && status != StepStatus::kSettling &&
                  status != StepStatus::kCompensating &&
                  (status != StepStatus::kDone || !step.compensate),
              "compensated means none done", step.id);
    }
    if (is_final(instance.status)) require(!state.unanswered(), "at the end all is answered");
    const bool started = status != StepStatus::kPending && status != StepStatus::kSkipped &&
                         status != StepStatus::kFailed;
    for (const int need : started ? step.needs : std::vector<int>{}) {
      const auto needed = instance.steps.at(static_cast<std::size_t>(need)).status;
      const bool undone_before =
          needed == StepStatus::kCompensating || needed == StepStatus::kCompensated;
      require(needed == StepStatus::kDone || needed == StepStatus::kSkipped ||
                  (undone_before && (status == StepStatus::kCompensated ||
                                     (status == StepStatus::kDone && !step.compensate))),
              "a step starts after and is undone before what it needs", step.id);
    }
  }

  void check_items(const StepState& state, const definition::Step& step) const {
    require(state.items.empty() || step.foreach.has_value(), "only a foreach has items", step.id);
    const auto text = encode_steps(state.items);
    require(encode_steps(decode_steps(text)) == text, "items are read as written", text);
    if (ordered_ || state.status != StepStatus::kDone) return;
    for (const auto& item : state.items) {
      require(item.status == StepStatus::kDone && item.output != nullptr,
              "a foreach is done when its items are", step.id);
    }
  }

  const Loaded& loaded_;
  Bytes& bytes_;
  bool ordered_ = false;  ///< an operator has changed something
  int orders_ = 0;
  base::IdGenerator ids_{7};
  base::Time now_ = base::from_micros(1'800'000'000'000'000);
  Instance instance_;
};

}  // namespace
}  // namespace sagad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sagad;
  fuzz::Bytes bytes(data, size);
  fuzz::Run(fuzz::definition_at(bytes.below(static_cast<int>(fuzz::kDefinitions.size()))), bytes)
      .go();
  return 0;
}
