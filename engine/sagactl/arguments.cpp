#include "sagactl/arguments.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <stdexcept>
#include <tuple>

#include "sagactl/exit_code.hpp"
#include "sagactl/user.hpp"
#include "sagactl/verb_arguments.hpp"

namespace sagad::ctl {
namespace {

constexpr const char* kFooter = R"(Exit codes:
  0  ok; with --wait: completed       4  server unreachable
  1  refused or invalid               5  key used otherwise, verb refused
  2  wrong arguments                  6  server overloaded or not ready
  3  no such saga, definition, …      7  validate --strict: warnings
  with --wait: 10 compensated, 11 paused, 12 failed, 13 still running

Examples:
  sagactl start order-pay --input '{"order_name":"book","account":"alice","amount":5}' --wait
  sagactl start checkout --input @order.json --key order-4711 --wait=30s
  sagactl list --status paused
  sagactl dead-letters redrive --all --code unknown_definition --dry-run
  sagactl retry 0198c7a2-5d2a-7c41-9b0e-6f1f0e8a7d35 --reason "the gateway is back"
  sagactl skip --key order-4711 send_mail --reason "told by phone"
  sagactl validate sagas/*.yaml
  sagactl test sagas/order-pay.yaml --script examples/scripts/order-pay.refused.yaml)";

/// `--wait`, `--wait=30s`.
struct WaitOption {
  CLI::Option* option = nullptr;
  std::string text;

  void add_to(CLI::App& app) {
    option = app.add_option("--wait", text,
                            "Wait until it has ended or paused; --wait=30s: at most so long")
                 ->expected(0, 1)
                 ->type_name("[DURATION]");
  }

  /// Throws CLI::ValidationError.
  std::optional<Wait> read() const {
    if (option->count() == 0) return std::nullopt;
    if (text.empty()) return Wait{};
    try {
      return Wait{base::parse_duration(text)};
    } catch (const std::invalid_argument& error) {
      throw CLI::ValidationError("--wait", error.what());
    }
  }
};

/// `order-pay@2`. Throws CLI::ValidationError.
std::pair<std::string, int> split_version(const std::string& text) {
  const auto at = text.rfind('@');
  int version = 0;
  if (at != std::string::npos && at > 0) {
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + at + 1, end, version);
    if (error == std::errc{} && stop == end && version > 0) return {text.substr(0, at), version};
  }
  throw CLI::ValidationError("version",
                             "must be NAME@VERSION, such as order-pay@2, not '" + text + "'");
}

/// The command line as CLI11 knows it, and where it puts what it reads.
struct CommandLine {
  CLI::App app{"Starts and shows the sagas of a sagad server, and checks definitions."};
  Arguments arguments;
  std::string output = "text";
  StartCommand start;
  GetCommand get;
  ListCommand list;
  HistoryCommand history;
  SignalCommand signal;
  DefinitionsCommand definitions;
  DefinitionStateCommand definition_state;
  std::string name_at_version;
  DeadLetterArguments dead_letters;
  CompleteCommand complete;
  ValidateCommand validate;
  GraphCommand graph;
  VerbArguments verbs;
  TestCommand test;
  WaitOption start_wait;
  WaitOption get_wait;
  int version = 0;

  CommandLine() {
    app.name("sagactl");
    app.footer(kFooter);
    app.set_version_flag("--version", "sagactl " SAGAD_VERSION);
    app.add_option("--server", arguments.server, "Address of the server's API")
        ->envname("SAGAD_SERVER")
        ->capture_default_str();
    app.add_option("--output,-o", output, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    app.require_subcommand(1);
    app.fallthrough();
    add_online();
    verbs.add_to(app, [this](Command command) { arguments.command = std::move(command); });
    add_complete();
    add_offline();
  }

  void add_online() {
    auto* command = app.add_subcommand("start", "Start a saga");
    command->add_option("definition", start.definition, "Name of the definition")->required();
    command->add_option("--input,-i", start.input, "JSON, @file, or @- for standard input")
        ->capture_default_str();
    command->add_option("--key,-k", start.key,
                        "Idempotency key: a second start with it gives the first saga");
    command->add_option("--version", version, "Version of the definition (default: the highest)")
        ->check(CLI::PositiveNumber);
    start_wait.add_to(*command);
    command->callback([this] { arguments.command = started(); });

    command = app.add_subcommand("get", "Show a saga and its steps");
    command->add_option("id", get.id, "Id of the saga")->required();
    get_wait.add_to(*command);
    command->callback([this] {
      get.wait = get_wait.read();
      arguments.command = get;
    });

    command = app.add_subcommand("list", "List sagas, the newest first");
    add_filter(*command, list.filter);
    command->add_option("--parent", list.parent, "Only the children of this saga");
    command->add_option("--limit", list.limit, "At most so many (1 to 500)")
        ->check(CLI::Range(1, 500))
        ->capture_default_str();
    command->add_option("--cursor", list.cursor, "Where the page before ended");
    command->callback([this] { arguments.command = list; });

    command = app.add_subcommand("history", "Show all that happened to a saga");
    command->add_option("id", history.id, "Id of the saga")->required();
    command->callback([this] { arguments.command = history; });

    add_signal();

    command = app.add_subcommand("definitions", "List the definitions, or show one");
    command->add_option("name", definitions.name, "Name of a definition");
    command->callback([this, command] {
      if (command->get_subcommands().empty()) arguments.command = definitions;
    });
    add_state(*command, "activate", "New sagas may be started with this version");
    add_state(*command, "retire", "No new sagas with this version; those that run go on");

    dead_letters.add_to(app,
                        [this](const DeadLettersCommand& chosen) { arguments.command = chosen; });
  }

  void add_signal() {
    auto* command = app.add_subcommand("signal", "Send a signal to a saga");
    command->add_option("name", signal.name, "Name of the signal")->required();
    auto* id = command->add_option("id", signal.id, "Id of the saga");
    auto* definition =
        command->add_option("--definition", signal.definition, "Definition of the saga");
    auto* saga_key =
        command->add_option("--key", signal.saga_key, "Idempotency key of the saga's start");
    definition->needs(saga_key)->excludes(id);
    saga_key->needs(definition)->excludes(id);
    command->add_option("--payload,-i", signal.payload, "JSON, @file, or @- for standard input")
        ->capture_default_str();
    command->add_option("--signal-key", signal.key,
                        "Idempotency key of the signal: sent twice, it counts once");
    command->callback([this] {
      if (signal.id.empty() && signal.saga_key.empty()) {
        throw CLI::ValidationError("signal", "give the saga's id, or --definition and --key");
      }
      arguments.command = signal;
    });
  }

  void add_complete() {
    auto* command = app.add_subcommand("answer", "Give a waiting step its final answer");
    command->add_option("id", complete.id, "Id of the saga")->required();
    command->add_option("step", complete.step, "Id of the step")->required();
    command->add_option("--token", complete.token, "Token that the action has handed out")
        ->required();
    auto* done = command
                     ->add_option("--output", complete.output,
                                  "It is done: JSON, @file, or @- for standard input")
                     ->capture_default_str();
    auto* code = command->add_option("--code", complete.code, "It has failed: the error's code")
                     ->excludes(done);
    command->add_option("--message", complete.message, "It has failed: the error, for people")
        ->needs(code);
    command->callback([this] { arguments.command = complete; });
  }

  void add_offline() {
    auto* command = app.add_subcommand("validate", "Check definition files (needs no server)");
    command->add_option("files", validate.files, "Files to check")->required();
    command->add_flag("--strict", validate.strict, "Exit with 7 if there are warnings");
    command->callback([this] { arguments.command = validate; });

    command = app.add_subcommand("graph",
                                 "Print a definition as Mermaid flowchart "
                                 "(needs no server)");
    command->add_option("file", graph.file, "File of the definition")->required();
    command->callback([this] { arguments.command = graph; });

    command =
        app.add_subcommand("test", "Play a definition with scripted answers (needs no server)");
    command->add_option("file", test.file, "File of the definition")->required();
    command->add_option("--script,-s", test.scripts, "File of a script; may be given several times")
        ->allow_extra_args(false)
        ->required();
    command->add_flag("--quiet,-q", test.quiet, "Only the verdicts, not the path taken");
    command->callback([this] { arguments.command = test; });
  }

  void add_state(CLI::App& parent, const std::string& verb, const std::string& help) {
    auto* command = parent.add_subcommand(verb, help);
    command->add_option("version", name_at_version, "NAME@VERSION")->required();
    command->add_option("--reason", definition_state.reason, "Why, for those who look later");
    command->add_option("--by", definition_state.by, "Who (default: you)");
    command->callback([this, verb] {
      definition_state.verb = verb;
      std::tie(definition_state.name, definition_state.version) = split_version(name_at_version);
      if (definition_state.by.empty()) definition_state.by = user_name();
      arguments.command = definition_state;
    });
  }

  StartCommand started() {
    start.wait = start_wait.read();
    if (version > 0) start.version = version;
    return start;
  }
};

}  // namespace

std::variant<Arguments, int> parse_arguments(int argc, const char* const* argv, std::ostream& out,
                                             std::ostream& err) {
  CommandLine line;
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = line.app.exit(error, out, err);
    return code == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  line.arguments.json = line.output == "json";
  return std::move(line.arguments);
}

}  // namespace sagad::ctl
