#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's name
class App;
}

namespace sagad::ctl {

/// `dead-letters VERB`. A value.
struct DeadLettersCommand {
  enum class Verb { kList, kShow, kRedrive, kDiscard };
  Verb verb = Verb::kList;
  std::vector<std::int64_t> ids;  ///< of show: one; of redrive and discard: empty means `all`
  bool all = false;               ///< redrive, discard: what the filter finds
  std::string state = "open";     ///< list; `all`: of every state
  std::string participant;
  std::string code;  ///< the letter's reason
  std::string saga;
  int limit = 0;  ///< 0: the server's
  std::string cursor;
  bool dry_run = false;
  std::string by;
  std::string reason;
};

/// How it stands on the command line.
class DeadLetterArguments {
 public:
  /// `chosen` is called with the command once it is read. Outlives `app`.
  void add_to(CLI::App& app, std::function<void(const DeadLettersCommand&)> chosen);

 private:
  using Verb = DeadLettersCommand::Verb;
  void add_list(CLI::App& parent);
  void add_handling(CLI::App& parent, Verb verb, const std::string& name, const std::string& help);
  void add_filter(CLI::App& command);

  DeadLettersCommand command_;
  std::function<void(const DeadLettersCommand&)> chosen_;
};

}  // namespace sagad::ctl
