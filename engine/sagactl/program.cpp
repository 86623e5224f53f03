#include "sagactl/program.hpp"

#include <stdexcept>

#include "sagactl/arguments.hpp"
#include "sagactl/client.hpp"
#include "sagactl/offline.hpp"
#include "sagactl/online.hpp"
#include "sagactl/operate.hpp"

namespace sagad::ctl {
namespace {

ExitCode run_online(const Arguments& arguments, std::istream& in, std::ostream& out,
                    std::ostream& err) {
  Client client(arguments.server);
  Online online(client, arguments.json, in, out, err);
  return std::visit(
      [&](const auto& command) {
        using Type = std::decay_t<decltype(command)>;
        if constexpr (std::is_same_v<Type, ValidateCommand> || std::is_same_v<Type, GraphCommand> ||
                      std::is_same_v<Type, TestCommand>) {
          return ExitCode::kUsage;  // not reached: run_command() has taken them
        } else if constexpr (std::is_same_v<Type, VerbCommand> ||
                             std::is_same_v<Type, BulkCommand>) {
          return Operate(client, arguments.json, out, err).run(command);
        } else {
          return online.run(command);
        }
      },
      arguments.command);
}

ExitCode run_command(const Arguments& arguments, std::istream& in, std::ostream& out,
                     std::ostream& err) {
  if (const auto* files = std::get_if<ValidateCommand>(&arguments.command)) {
    return validate(*files, arguments.json, out, err);
  }
  if (const auto* file = std::get_if<GraphCommand>(&arguments.command)) {
    return graph(*file, out, err);
  }
  if (const auto* trial = std::get_if<TestCommand>(&arguments.command)) {
    return test(*trial, arguments.json, out, err);
  }
  return run_online(arguments, in, out, err);
}

}  // namespace

int run(int argc, const char* const* argv, std::istream& in, std::ostream& out, std::ostream& err) {
  const auto parsed = parse_arguments(argc, argv, out, err);
  if (const auto* code = std::get_if<int>(&parsed)) return *code;
  const auto fail = [&](ExitCode code, const std::exception& error) {
    err << "sagactl: " << error.what() << '\n';
    return static_cast<int>(code);
  };
  try {
    return static_cast<int>(run_command(std::get<Arguments>(parsed), in, out, err));
  } catch (const Unreachable& error) {
    return fail(ExitCode::kUnreachable, error);
  } catch (const UsageError& error) {
    return fail(ExitCode::kUsage, error);
  } catch (const std::invalid_argument& error) {
    return fail(ExitCode::kUsage, error);
  } catch (const std::exception& error) {
    return fail(ExitCode::kError, error);
  }
}

}  // namespace sagad::ctl
