#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sagactl/arguments.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's name
class App;
}

namespace sagad::ctl {

/// The options that choose sagas. `filter` outlives the parsing.
void add_filter(CLI::App& command, Filter& filter);

/// The subcommands for the verbs of operators, and where they put what they read. Outlives the
/// parsing.
class VerbArguments {
 public:
  using Take = std::function<void(Command)>;

  VerbArguments();
  ~VerbArguments();
  void add_to(CLI::App& app, Take take);

 private:
  struct Verb;
  void add_verb(CLI::App& app, const std::string& name, const std::string& help);
  void add_bulk(CLI::App& app);

  Take take_;
  std::vector<std::unique_ptr<Verb>> verbs_;
  BulkCommand bulk_;
  std::string bulk_input_;
  std::string bulk_output_;
};

}  // namespace sagad::ctl
