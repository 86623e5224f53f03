#pragma once

#include <istream>
#include <ostream>
#include <string>

#include "sagactl/arguments.hpp"
#include "sagactl/client.hpp"
#include "sagactl/exit_code.hpp"

namespace sagad::ctl {

/// The commands that ask a server. They throw Unreachable.
class Online {
 public:
  /// `in` is read for `--input @-`. All outlive it.
  Online(Client& client, bool as_json, std::istream& in, std::ostream& out, std::ostream& err)
      : client_(client), as_json_(as_json), in_(in), out_(out), err_(err) {}

  ExitCode run(const StartCommand& command);
  ExitCode run(const GetCommand& command);
  ExitCode run(const ListCommand& command);
  ExitCode run(const HistoryCommand& command);
  ExitCode run(const SignalCommand& command);
  ExitCode run(const DefinitionsCommand& command);
  ExitCode run(const DefinitionStateCommand& command);
  ExitCode run(const DeadLettersCommand& command);
  ExitCode run(const CompleteCommand& command);

 private:
  ExitCode list_dead_letters(const DeadLettersCommand& command);
  ExitCode handle_dead_letters(const DeadLettersCommand& command);
  static base::Time now() { return base::SystemClock{}.now(); }
  ExitCode refused(const Reply& reply);
  /// Asks until the saga has ended or paused, or the time is over; then shows it.
  ExitCode await(const std::string& id, Reply reply, const Wait& wait, base::Duration used);
  void print(const Reply& reply);
  /// The document that an option names; it must be JSON. Throws UsageError.
  std::string read_input(const std::string& argument, const std::string& option = "--input");

  Client& client_;
  bool as_json_;
  std::istream& in_;
  std::ostream& out_;
  std::ostream& err_;
};

/// Tells a refusal of the server, and says how the program ends with it.
ExitCode tell_problem(const Reply& reply, bool as_json, std::ostream& err);

/// An argument that turned out to be wrong while it was used.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sagad::ctl
