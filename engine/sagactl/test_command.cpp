#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "definition/loader.hpp"
#include "sagactl/offline.hpp"
#include "sagactl/table.hpp"
#include "sagactl/trial.hpp"
#include "sagactl/verdict.hpp"

namespace sagad::ctl {
namespace {

namespace json = boost::json;

std::string read_text(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  if (stream) text.assign(std::istreambuf_iterator<char>(stream), {});
  if (!stream) throw definition::DefinitionError({{{file, 0, 0}, "", "cannot be read"}});
  return text;
}

/// One script, played.
struct Played {
  std::string file;
  Trial trial;
  std::vector<std::string> differences;
};

std::string end_of(const Trial& trial) {
  const auto& instance = trial.instance;
  std::string text(saga::to_string(instance.status));
  if (!instance.reason.empty()) text += " (" + instance.reason;
  if (instance.error) text += ": " + instance.error->code;
  if (!instance.reason.empty()) text += ")";
  if (trial.stuck) text += ", and waits for ever: no answer, no timer and no deadline is left";
  return text;
}

json::value output_of(const Trial& trial) {
  return trial.instance.output ? *trial.instance.output : json::value();
}

void print_lines(const Trial& trial, std::ostream& out) {
  Table table({"AT", "", "EVENT", "DETAIL"});
  for (const auto& line : trial.lines) {
    const auto* details = line.document.if_object();
    const bool empty = !line.command && details != nullptr && details->empty();
    table.add({base::format_duration(line.at), line.command ? "->" : "",
               line.command ? line.text + " (" + line.operation + ")" : line.text,
               empty ? "" : json::serialize(line.document)});
  }
  table.print(out);
}

void print_text(const Played& played, bool quiet, std::ostream& out, std::ostream& err) {
  if (!quiet) {
    print_lines(played.trial, out);
    out << "output  " << json::serialize(output_of(played.trial)) << '\n';
  }
  out << played.file << ": " << (played.differences.empty() ? "ok" : "FAILED") << ": "
      << end_of(played.trial) << " after " << base::format_duration(played.trial.took) << '\n';
  for (const auto& difference : played.differences) {
    err << played.file << ": " << difference << '\n';
  }
}

json::object view(const Played& played) {
  const auto& instance = played.trial.instance;
  json::array path;
  json::array commands;
  for (const auto& line : played.trial.lines) {
    json::object entry{{"at_ms", line.at.count()}, {"text", line.text}};
    if (line.command) {
      entry["operation"] = line.operation;
      entry["input"] = line.document;
      commands.push_back(std::move(entry));
    } else {
      entry["detail"] = line.document;
      path.push_back(std::move(entry));
    }
  }
  json::array differences;
  for (const auto& text : played.differences) differences.push_back(json::string(text));
  json::object document{{"script", played.file},
                        {"ok", played.differences.empty()},
                        {"status", saga::to_string(instance.status)},
                        {"stuck", played.trial.stuck},
                        {"reason", nullptr},
                        {"error", nullptr},
                        {"output", output_of(played.trial)},
                        {"took_ms", played.trial.took.count()},
                        {"path", std::move(path)},
                        {"commands", std::move(commands)},
                        {"differences", std::move(differences)}};
  if (!instance.reason.empty()) document["reason"] = instance.reason;
  if (instance.error) {
    document["error"] =
        json::object{{"code", instance.error->code}, {"message", instance.error->message}};
  }
  return document;
}

}  // namespace

ExitCode test(const TestCommand& command, bool as_json, std::ostream& out, std::ostream& err) {
  auto code = ExitCode::kOk;
  json::array documents;
  try {
    const auto definition = definition::load_file(command.file);
    for (const auto& file : command.scripts) {
      const auto script = read_script(read_text(file), file, *definition);
      Played played{file, run_trial(definition, script), {}};
      played.differences = differences(script.expect, played.trial);
      if (!played.differences.empty()) code = ExitCode::kError;
      if (as_json) {
        documents.push_back(view(played));
      } else {
        print_text(played, command.quiet, out, err);
      }
    }
  } catch (const definition::DefinitionError& error) {
    err << error.what() << '\n';
    return ExitCode::kError;
  }
  if (as_json) out << json::serialize(json::object{{"trials", std::move(documents)}}) << '\n';
  return code;
}

}  // namespace sagad::ctl
