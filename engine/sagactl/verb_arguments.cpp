#include "sagactl/verb_arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <stdexcept>

#include "sagactl/user.hpp"

namespace sagad::ctl {
namespace {

enum class Steps { kNone, kOptional, kRequired };

Steps steps_of(const std::string& verb) {
  if (verb == "retry") return Steps::kOptional;
  return verb == "skip" || verb == "complete" || verb == "edit" ? Steps::kRequired : Steps::kNone;
}

std::pair<std::string, std::string> read_tag(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw CLI::ValidationError("--tag",
                               "must be NAME=VALUE, such as account=alice, not '" + text + "'");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace

/// One subcommand.
struct VerbArguments::Verb {
  VerbCommand command;
  std::vector<std::string> words;  ///< ID, or none with --key; and STEP
  CLI::Option* value_option = nullptr;
  std::string value;
  std::string wait;

  /// Throws CLI::ValidationError.
  void read() {
    const auto steps = steps_of(command.verb);
    const bool by_key = !command.key.empty();
    const std::size_t id_words = by_key ? 0 : 1;
    const std::size_t least = id_words + (steps == Steps::kRequired ? 1 : 0);
    const std::size_t most = id_words + (steps == Steps::kNone ? 0 : 1);
    if (words.size() < least || words.size() > most) {
      std::string wanted = by_key ? "" : "ID";
      if (steps == Steps::kRequired) wanted += wanted.empty() ? "STEP" : " STEP";
      if (steps == Steps::kOptional) wanted += wanted.empty() ? "[STEP]" : " [STEP]";
      throw CLI::ValidationError(command.verb,
                                 wanted.empty() ? "takes no ID beside --key" : "expects " + wanted);
    }
    if (!by_key) command.id = words.front();
    if (words.size() > id_words) command.step = words.back();
    if (value_option != nullptr && value_option->count() > 0) command.value = value;
    if (wait.empty()) return;
    try {
      command.wait = base::parse_duration(wait);
    } catch (const std::invalid_argument& error) {
      throw CLI::ValidationError("--wait", error.what());
    }
  }
};

VerbArguments::VerbArguments() = default;
VerbArguments::~VerbArguments() = default;

void VerbArguments::add_to(CLI::App& app, Take take) {
  take_ = std::move(take);
  add_verb(app, "cancel", "Undo what a saga has done; with --force also after its pivot");
  add_verb(app, "pause", "Let a saga stand still: results are recorded, nothing is sent");
  add_verb(app, "resume", "Let a paused saga go on");
  add_verb(app, "retry", "Try again now: what waits, failed or ran out of attempts");
  add_verb(app, "skip", "Go on as if a step had nothing to do; it is never undone");
  add_verb(app, "complete", "Take a step as done by hand; it is undone if the saga turns back");
  add_verb(app, "edit", "Give a step another input, and go on");
  add_verb(app, "fail", "Give a saga up as it is: nothing more is done or undone");
  add_bulk(app);
}

/// An interrupted run is just run again: what it has done no longer fits the filter, or is
/// unchanged.
void VerbArguments::add_bulk(CLI::App& app) {
  bulk_.verb.by = user_name();
  auto* command = app.add_subcommand("bulk", "The same verb for all live sagas of a filter");
  command->add_option("verb", bulk_.verb.verb, "What to do")
      ->required()
      ->check(CLI::IsMember(
          {"cancel", "pause", "resume", "retry", "skip", "complete", "edit", "fail"}));
  add_filter(*command, bulk_.filter);
  command->add_flag("--dry-run", bulk_.dry_run, "Only count them");
  command->add_option("--limit", bulk_.limit, "At most so many sagas")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--max-per-second", bulk_.max_per_second, "Not faster than this")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--step", bulk_.verb.step, "The step, where the verb concerns one");
  command->add_option("--reason", bulk_.verb.reason, "Why, for the history");
  command->add_option("--by", bulk_.verb.by, "Who, for the history")->capture_default_str();
  command->add_flag("--force", bulk_.verb.force, "As of the verb");
  auto* input = command->add_option("--input,-i", bulk_input_, "Of edit: the new input, JSON");
  auto* output = command->add_option("--output", bulk_output_, "Of complete: the output, JSON");
  command->callback([this, input, output] {
    if (input->count() > 0) bulk_.verb.value = bulk_input_;
    if (output->count() > 0) bulk_.verb.value = bulk_output_;
    take_(bulk_);
  });
}

void add_filter(CLI::App& command, Filter& filter) {
  command.add_option("--status", filter.status,
                     "running, compensating, completed, compensated, paused or failed");
  command.add_option("--definition", filter.definition, "Only of this definition");
  command.add_option("--key", filter.key, "Only with this idempotency key");
  command.add_flag("--retrying", filter.retrying, "Only with a step in its back-off");
  command.add_option("--saga-reason", filter.reason,
                     "Only with this reason: dead_letter, step_exhausted, cancelled, …");
  command.add_option("--error-code", filter.error_code,
                     "Only with this error, of the saga or of a step");
  command.add_option("--older-than", filter.older_than, "Only started before: 30m, 24h");
  command.add_option("--younger-than", filter.younger_than, "Only started since: 30m, 24h");
  command
      .add_option_function<std::vector<std::string>>(
          "--tag",
          [&filter](const std::vector<std::string>& texts) {
            for (const auto& text : texts) filter.tags.push_back(read_tag(text));
          },
          "Only with this tag: NAME=VALUE; may be given again")
      ->allow_extra_args(false);
}

std::vector<std::pair<std::string, std::string>> Filter::members() const {
  std::vector<std::pair<std::string, std::string>> all{{"status", status},
                                                       {"definition", definition},
                                                       {"key", key},
                                                       {"retrying", retrying ? "true" : ""},
                                                       {"reason", reason},
                                                       {"error_code", error_code},
                                                       {"older_than", older_than},
                                                       {"younger_than", younger_than}};
  all.erase(std::remove_if(all.begin(), all.end(),
                           [](const auto& member) { return member.second.empty(); }),
            all.end());
  return all;
}

void VerbArguments::add_verb(CLI::App& app, const std::string& name, const std::string& help) {
  verbs_.push_back(std::make_unique<Verb>());
  auto* verb = verbs_.back().get();
  verb->command.verb = name;
  verb->command.by = user_name();
  auto* command = app.add_subcommand(name, help);
  const bool with_step = steps_of(name) != Steps::kNone;
  command
      ->add_option(
          with_step ? "saga" : "id", verb->words,
          with_step ? "ID STEP; with --key only the step" : "Id of the saga, unless --key names it")
      ->expected(0, 2);
  command->add_option("--key,-k", verb->command.key, "The saga with this idempotency key");
  command->add_option("--definition", verb->command.definition,
                      "With --key: of this definition, if several have it");
  command->add_option("--reason", verb->command.reason, "Why, for the history")
      ->required(name == "skip");
  command->add_option("--by", verb->command.by, "Who, for the history")->capture_default_str();
  if (name != "pause" && name != "resume" && name != "retry") {
    command->add_flag("--force", verb->command.force,
                      name == "cancel" ? "Also after the pivot"
                                       : "Do not wait for participants that do not answer");
  }
  if (name == "edit") {
    verb->value_option =
        command->add_option("--input,-i", verb->value, "The step's new input, JSON")->required();
  }
  if (name == "complete") {
    verb->value_option = command->add_option(
        "--output", verb->value, "The step's output, JSON (default: null); the format is -o here");
  }
  command->add_option("--wait", verb->wait,
                      "How long to wait for what is in flight (default: 10s; at most 60s)");
  command->callback([this, verb] {
    verb->read();
    take_(verb->command);
  });
}

}  // namespace sagad::ctl
