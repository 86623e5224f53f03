#pragma once

#include <ostream>

#include "sagactl/arguments.hpp"
#include "sagactl/client.hpp"
#include "sagactl/exit_code.hpp"

namespace sagad::ctl {

/// The verbs of operators: asks the server, and tells what became of it. Throws Unreachable and
/// UsageError. All outlive it.
class Operate {
 public:
  Operate(Client& client, bool as_json, std::ostream& out, std::ostream& err)
      : client_(client), as_json_(as_json), out_(out), err_(err) {}

  ExitCode run(const VerbCommand& command);
  /// Asks again while the server says that there is more.
  ExitCode run(const BulkCommand& command);

 private:
  ExitCode tell(const boost::json::object& total);
  /// The id of the saga; nothing after telling why there is none.
  std::optional<std::string> find(const VerbCommand& command);

  Client& client_;
  bool as_json_;
  std::ostream& out_;
  std::ostream& err_;
};

}  // namespace sagad::ctl
