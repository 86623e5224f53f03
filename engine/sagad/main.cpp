#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <sstream>

#include "definition/loader.hpp"
#include "ports/engine_store.hpp"
#include "sagad/commands.hpp"
#include "sagad/loading.hpp"
#include "sagad/version.hpp"

namespace {

using sagad::daemon::DevOptions;
using sagad::daemon::ExitCode;
using sagad::daemon::Signals;

constexpr const char* kFooter = R"(Exit codes:
  0   ok; for run and dev: drained after SIGTERM or SIGINT
  1   failed at run time, or not drained within the grace
  2   wrong arguments, configuration, definition or plugin
  75  restart wanted: threads hang in a plugin)";

/// The command line, and what is to be done.
struct CommandLine {
  CLI::App app{"A saga engine: business transactions over several services."};
  std::string config;
  bool dry_run = false;
  DevOptions dev;
  std::string listen = "127.0.0.1:8080";
  std::function<ExitCode(Signals&)> action;

  CommandLine() {
    app.name("sagad");
    app.footer(kFooter);
    app.set_version_flag("--version", "sagad " + std::string(sagad::daemon::kVersion));
    app.require_subcommand(1);
    add_with_config("run", "Run the daemon", [this](Signals& signals) {
      return sagad::daemon::run_command(config, signals);
    });
    add_with_config("check", "Check configuration, definitions and plugins, and start nothing",
                    [this](Signals&) { return sagad::daemon::check_command(config, std::cout); });
    add_with_config(
        "migrate", "Bring the databases of a configuration up to date",
        [this](Signals&) { return sagad::daemon::migrate_command(config, dry_run, std::cout); })
        ->add_flag("--dry-run", dry_run, "Only say what would be applied");
    add_dev();
  }

  CLI::App* add_with_config(const char* name, const char* help,
                            std::function<ExitCode(Signals&)> what) {
    auto* command = app.add_subcommand(name, help);
    command->add_option("--config,-c", config, "Configuration file")->required();
    command->callback([this, what = std::move(what)] { action = what; });
    return command;
  }

  void add_dev() {
    auto* command =
        app.add_subcommand("dev", "Run everything with a private PostgreSQL and nats-server");
    command->add_option("--data", dev.data, "Where the servers keep their data")
        ->capture_default_str();
    command->add_flag("--temporary", dev.temporary,
                      "Keep the data in a folder that goes at the end");
    command->add_option("--sagas", dev.sagas, "Folder of the definitions")->capture_default_str();
    command->add_option("--plugins", dev.plugins, "Folder of the plugins");
    command->add_option("--listen", listen, "Address of the API; port 0: any free one")
        ->capture_default_str();
    command->add_option("--ready-file", dev.ready_file,
                        "Written when all is ready: JSON with the addresses");
    command->add_option("--log-level", dev.log_level, "trace, debug, info, warn or error")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
        ->capture_default_str();
    command->callback([this] {
      action = [this](Signals& signals) {
        dev.listen = sagad::api::parse_address(listen);
        return sagad::daemon::dev_command(dev, signals, std::cout);
      };
    });
  }
};

/// Every line of the text, marked as ours.
int fail(ExitCode code, const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) std::cerr << "sagad: " << line << '\n';
  return static_cast<int>(code);
}

int run(const CommandLine& line) {
  try {
    Signals signals;
    return static_cast<int>(line.action(signals));
  } catch (const sagad::definition::DefinitionError& error) {
    return fail(ExitCode::kConfig, error.what());
  } catch (const sagad::daemon::LoadError& error) {
    return fail(ExitCode::kConfig, error.what());
  } catch (const sagad::ports::DefinitionConflict& error) {
    return fail(ExitCode::kConfig, error.what());
  } catch (const std::invalid_argument& error) {
    return fail(ExitCode::kConfig, error.what());
  } catch (const std::exception& error) {
    return fail(ExitCode::kFailure, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line;
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return line.app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kConfig);
  }
  return run(line);
}
