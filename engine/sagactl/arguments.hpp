#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "sagactl/dead_letter_arguments.hpp"

namespace sagad::ctl {

/// What was asked for on the command line. Values.

/// `--wait` without a duration waits for as long as it takes.
struct Wait {
  std::optional<base::Duration> limit;
};

struct StartCommand {
  std::string definition;
  std::string input = "{}";  ///< JSON, `@file`, or `@-` for standard input
  std::string key;
  std::optional<int> version;
  std::optional<Wait> wait;
};

struct GetCommand {
  std::string id;
  std::optional<Wait> wait;
};

/// Which sagas; what is empty does not matter.
struct Filter {
  std::string status;
  std::string definition;
  std::string key;
  bool retrying = false;  ///< with a step in its back-off
  std::string reason;
  std::string error_code;
  std::string older_than;  ///< durations, as the server reads them
  std::string younger_than;
  std::vector<std::pair<std::string, std::string>> tags;  ///< names and values: all of them

  /// The members that are set but the tags, by the names that the API has for them.
  std::vector<std::pair<std::string, std::string>> members() const;
};

struct ListCommand {
  Filter filter;
  std::string parent;  ///< id of a saga: only its children
  int limit = 50;
  std::string cursor;
};

struct HistoryCommand {
  std::string id;
};

/// To a saga by its id, or by definition and key of its start.
struct SignalCommand {
  std::string name;
  std::string id;
  std::string definition;
  std::string saga_key;
  std::string payload = "null";  ///< JSON, `@file`, or `@-` for standard input
  std::string key;               ///< of the signal
};

/// Gives a step its final answer: done with `output`, or failed with `code` and `message`.
struct CompleteCommand {
  std::string id;
  std::string step;
  std::string token;
  std::string output = "{}";  ///< JSON, `@file`, or `@-` for standard input
  std::string code;           ///< not empty: failed
  std::string message;
};

struct DefinitionsCommand {
  std::string name;  ///< empty: all
};

/// A verb of operators on one saga, named by its id or by its key.
struct VerbCommand {
  std::string verb;
  std::string id;
  std::string key;
  std::string definition;  ///< with the key, if several have it
  std::string step;        ///< empty: the whole saga
  std::string by;
  std::string reason;
  bool force = false;
  std::optional<std::string> value;  ///< JSON: of complete the output, of edit the input
  std::optional<base::Duration> wait;
};

/// A verb for all sagas that a filter lets pass.
struct BulkCommand {
  VerbCommand verb;  ///< its id and key are empty
  Filter filter;
  bool dry_run = false;
  int limit = 1000;
  int max_per_second = 50;
};

/// `definitions activate|retire NAME@VERSION`
struct DefinitionStateCommand {
  std::string verb;  ///< `activate` or `retire`
  std::string name;
  int version = 1;
  std::string by;
  std::string reason;
};

struct ValidateCommand {
  std::vector<std::string> files;
  bool strict = false;  ///< warnings are an exit code too
};

struct TestCommand {
  std::string file;
  std::vector<std::string> scripts;
  bool quiet = false;
};

struct GraphCommand {
  std::string file;
};

using Command =
    std::variant<StartCommand, GetCommand, ListCommand, HistoryCommand, SignalCommand,
                 DefinitionsCommand, DefinitionStateCommand, DeadLettersCommand, VerbCommand,
                 BulkCommand, CompleteCommand, ValidateCommand, GraphCommand, TestCommand>;

struct Arguments {
  Command command;
  std::string server = "http://127.0.0.1:8080";
  bool json = false;
};

/// The arguments, or the exit code of a program that is done already: --help and --version (0),
/// and what cannot be read (2, with a sentence on `err`).
std::variant<Arguments, int> parse_arguments(int argc, const char* const* argv, std::ostream& out,
                                             std::ostream& err);

}  // namespace sagad::ctl
