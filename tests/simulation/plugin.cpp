#include "simulation/plugin.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/mutant.hpp"
#include "runtime/participant_barrier.hpp"

namespace sagad::simulation {
namespace {

namespace json = boost::json;
using saga::Outcome;

ports::StepAnswer answer(Outcome outcome, std::string code) {
  ports::StepAnswer made;
  made.outcome = outcome;
  made.code = std::move(code);
  made.message = "says the plugin";
  return made;
}

class Plugin final : public ports::StepRunner {
 public:
  Plugin(World& world, const Plan& plan, ParticipantDatabase& database)
      : world_(world), plan_(plan), database_(database) {
    for (const char letter : {'a', 'c'}) {
      for (int kind = 0; kind < 4; ++kind) {
        actions_.push_back({letter + std::to_string(kind), kind == 3 ? "/n" : "", kind == 1,
                            kind == 2 && letter == 'a'});
      }
    }
  }

  const ports::ActionInfo* find(const std::string& action) const override {
    const auto found = std::find_if(actions_.begin(), actions_.end(),
                                    [&](const auto& info) { return info.name == action; });
    return found == actions_.end() ? nullptr : &*found;
  }

  ports::StepAnswer run(const saga::Command& command, sagad::Transaction& transaction) override;
  std::vector<ports::StepAnswer> run_batch(std::span<const saga::Command* const> commands,
                                           sagad::Transaction& transaction) override {
    std::vector<ports::StepAnswer> answers;
    for (const auto* command : commands) answers.push_back(run(*command, transaction));
    return answers;
  }

  ports::StepAnswer run_external(const saga::Command& command) override {
    throw std::logic_error(command.action + " is not external");
  }

 private:
  const Temper& temper_of(const saga::Command& command) const {
    const auto number = command.input.at("n").to_number<std::size_t>();
    return plan_.wishes.at(number).tempers.at(command.step);
  }
  const Effect* effect_of(const ports::ExecutionKey& key) const {
    const auto found = std::find_if(database_.effects.begin(), database_.effects.end(),
                                    [&](const auto& effect) { return effect.key == key; });
    return found == database_.effects.end() ? nullptr : &*found;
  }
  void dawdle(const saga::Command& command, const Temper& temper);
  ports::StepAnswer act(const saga::Command& command, sagad::Transaction& transaction);
  ports::StepAnswer undo(const saga::Command& command, sagad::Transaction& transaction);
  void check_tokens(const saga::Command& command);
  void check_token(const ports::ExecutionKey& key, const json::value& token);

  World& world_;
  const Plan& plan_;
  ParticipantDatabase& database_;
  std::vector<ports::ActionInfo> actions_;
};

ports::StepAnswer Plugin::run(const saga::Command& command, sagad::Transaction& transaction) {
  const auto& temper = temper_of(command);
  const auto* item = command.input.if_object()->if_contains("item");
  if (command.step != command.input.at("step").as_string() ||
      (item != nullptr && *item != boost::json::value(kFirstItem + command.item))) {
    world_.violate("step " + command.step + " got the input of another");
  }
  world_.trace("log: runs " + command.saga.str() + " " + command.step + " " +
               std::string(saga::to_string(command.kind)) + " attempt " +
               std::to_string(command.attempt));
  if (temper.poison && command.kind == saga::Kind::kDo &&
      ++database_.crashes[runtime::execution_key(command)] <= kMostCrashes) {
    world_.trace("crashes");
    world_.scheduler.kill(world_.scheduler.process_ptr());
  }
  return command.kind == saga::Kind::kUndo ? undo(command, transaction) : act(command, transaction);
}

/// It is the plugin's own, so it goes on when the faults are over; but not for
/// ever.
void Plugin::dawdle(const saga::Command& command, const Temper& temper) {
  const bool patient = world_.faults_on || command.attempt < 4;
  if (patient && world_.random.uniform() < temper.hangs) {
    world_.trace("hangs");
    WaitList never;
    never.wait(std::nullopt);
  }
  if (patient && world_.random.uniform() < temper.slow) {
    const double longest = 2000.0 * static_cast<double>(command.timeout.count());
    world_.trace("is slow");
    sleep_until(world_.scheduler.now() + static_cast<Micros>(longest * world_.random.uniform()));
  }
}

ports::StepAnswer Plugin::act(const saga::Command& command, sagad::Transaction& transaction) {
  const auto& temper = temper_of(command);
  check_tokens(command);
  Effect effect;
  effect.key = runtime::execution_key(command);
  effect.token = static_cast<std::int64_t>(world_.random.next() >> 12);
  effect.answer_token = command.token;
  // Those that promise to refuse before they write keep it.
  const bool writes_first = temper.writes_first && !find(command.action)->refuses_before_writing;
  if (writes_first) {
    transaction.write(effect);
  } else {
    transaction.read();
  }
  dawdle(command, temper);
  if (world_.random.uniform() < temper.throws) throw std::runtime_error("thrown by the plugin");
  if (world_.random.uniform() < temper.retries) return answer(Outcome::kRetry, "busy");
  if (world_.random.uniform() < temper.fatal) return answer(Outcome::kRetry, "fatal");
  if (temper.refuses_item(command.item)) return answer(Outcome::kFailed, "refused");
  if (!writes_first) transaction.write(effect);
  if (temper.later) return answer(Outcome::kLater, {});
  ports::StepAnswer done;
  done.output = {{"token", effect.token}};
  return done;
}

ports::StepAnswer Plugin::undo(const saga::Command& command, sagad::Transaction& transaction) {
  const auto& temper = temper_of(command);
  Effect effect;
  effect.key = runtime::execution_key(command);
  const auto* done = effect_of(runtime::action_key(command));
  if (done == nullptr) {
    world_.violate("the compensation of " + command.step + " runs, but its action has no effect");
  } else {
    effect.token = done->token;
    // An answer that is not awaited leaves the action without an output.
    const bool unknown = temper.later && command.action_output.is_null();
    const json::value expected = unknown ? json::value() : json::value(done->token);
    const auto* output = command.action_output.if_object();
    if ((!unknown && (output == nullptr || output->at("token") != expected)) ||
        command.input.at("token") != expected ||
        command.action_input.at("n") != command.input.at("n")) {
      world_.violate("the compensation of " + command.step + " does not know what it undoes");
    }
  }
  if (temper.writes_first) transaction.write(effect);
  dawdle(command, temper);
  if (world_.random.uniform() < temper.throws) throw std::runtime_error("thrown by the plugin");
  if (world_.random.uniform() < temper.undo_retries) return answer(Outcome::kRetry, "busy");
  if (temper.undo_fails) return answer(Outcome::kFailed, "cannot");
  if (!temper.writes_first) transaction.write(effect);
  ports::StepAnswer undone;
  undone.output = json::object{};
  return undone;
}

/// What the step was told of those before it is what they did.
void Plugin::check_tokens(const saga::Command& command) {
  for (const auto& [step, told] : command.input.at("tokens").as_object()) {
    if (told.is_null()) continue;
    ports::ExecutionKey key{command.saga, std::string(step), 0, saga::Kind::kDo};
    if (!told.is_array()) check_token(key, told);
    if (!told.is_array()) continue;
    for (const auto& output : told.as_array()) {
      check_token(key, output.at("token"));
      ++key.item;
    }
  }
}

void Plugin::check_token(const ports::ExecutionKey& key, const json::value& token) {
  const auto* effect = effect_of(key);
  if (effect != nullptr && token == json::value(effect->token)) return;
  world_.violate("a step was told of an effect of " + key.step + " that is not there");
}

}  // namespace

std::unique_ptr<ports::StepRunner> make_plugin(World& world, const Plan& plan,
                                               ParticipantDatabase& database) {
  return std::make_unique<Plugin>(world, plan, database);
}

}  // namespace sagad::simulation
