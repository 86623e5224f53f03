#include "sagactl/dead_letter_arguments.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "sagactl/user.hpp"

namespace sagad::ctl {

void DeadLetterArguments::add_to(CLI::App& app,
                                 std::function<void(const DeadLettersCommand&)> chosen) {
  chosen_ = std::move(chosen);
  auto* parent = app.add_subcommand("dead-letters", "Messages that nobody could handle");
  parent->require_subcommand(1);
  add_list(*parent);

  auto* show = parent->add_subcommand("show", "Show one with its payload");
  show->add_option("id", command_.ids, "Id of the dead letter")->required()->expected(1);
  show->callback([this] {
    command_.verb = Verb::kShow;
    chosen_(command_);
  });

  add_handling(*parent, Verb::kRedrive, "redrive",
               "Send again: a start is started, for a saga the coordinator sends the command anew");
  add_handling(*parent, Verb::kDiscard, "discard", "Nothing is to be done about it");
}

void DeadLetterArguments::add_list(CLI::App& parent) {
  auto* list = parent.add_subcommand("list", "List them, the newest first");
  list->add_option("--state", command_.state, "open, redriven, discarded or all")
      ->check(CLI::IsMember({"open", "redriven", "discarded", "all"}))
      ->capture_default_str();
  add_filter(*list);
  list->add_option("--limit", command_.limit, "At most so many (1 to 500)")
      ->check(CLI::Range(1, 500));
  list->add_option("--cursor", command_.cursor, "Where the page before ended");
  list->callback([this] {
    command_.verb = Verb::kList;
    chosen_(command_);
  });
}

void DeadLetterArguments::add_handling(CLI::App& parent, Verb verb, const std::string& name,
                                       const std::string& help) {
  auto* command = parent.add_subcommand(name, help);
  auto* ids = command->add_option("ids", command_.ids, "Ids of dead letters");
  auto* all = command->add_flag("--all", command_.all,
                                "All that are open and fit the filter, the oldest first");
  ids->excludes(all);
  add_filter(*command);
  command->add_option("--limit", command_.limit, "With --all: at most so many (1 to 1000)")
      ->check(CLI::Range(1, 1000));
  command->add_flag("--dry-run", command_.dry_run, "With --all: only say how many there are");
  command->add_option("--reason", command_.reason, "Why, for those who look later");
  command->add_option("--by", command_.by, "Who (default: you)");
  command->callback([this, verb] {
    if (command_.ids.empty() && !command_.all) {
      throw CLI::RequiredError("ids of dead letters, or --all,");
    }
    if (command_.by.empty()) command_.by = user_name();
    command_.verb = verb;
    chosen_(command_);
  });
}

void DeadLetterArguments::add_filter(CLI::App& command) {
  command.add_option("--participant", command_.participant, "Only of this participant");
  command.add_option("--code", command_.code, "Only with this reason: poison, unreadable, ...");
  command.add_option("--saga", command_.saga, "Only of the saga with this id");
}

}  // namespace sagad::ctl
