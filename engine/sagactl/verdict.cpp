#include "sagactl/verdict.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace sagad::ctl {
namespace {

std::string quoted(const std::string& text) { return text.empty() ? "none" : "'" + text + "'"; }

void compare(const char* what, const std::optional<std::string>& expected,
             const std::string& actual, std::vector<std::string>& found) {
  if (!expected || *expected == actual) return;
  found.push_back(std::string(what) + ": expected " + quoted(*expected) + ", it is " +
                  quoted(actual));
}

/// With the input if it is `with_input`.
std::string command_text(const std::string& text, const boost::json::value& input,
                         bool with_input) {
  return with_input ? text + " " + base::canonical_json(input) : text;
}

std::vector<std::string> path_of(const Trial& trial) {
  std::vector<std::string> path;
  for (const auto& line : trial.lines) {
    if (!line.command) path.push_back(line.text);
  }
  return path;
}

void compare_commands(const std::vector<ExpectedCommand>& expected, const Trial& trial,
                      std::vector<std::string>& found) {
  std::vector<std::string> wanted;
  std::vector<std::string> sent;
  for (const auto& command : expected) {
    wanted.push_back(
        command_text(command.text, command.input.value_or(nullptr), command.input.has_value()));
  }
  for (const auto& line : trial.lines) {
    if (!line.command) continue;
    const auto place = sent.size();
    const bool with_input = place < expected.size() && expected[place].input.has_value();
    sent.push_back(command_text(line.text, line.document, with_input));
  }
  if (wanted != sent) found.push_back("commands:\n" + diff_lines(wanted, sent));
}

}  // namespace

std::string diff_lines(const std::vector<std::string>& expected,
                       const std::vector<std::string>& actual) {
  const auto rows = expected.size();
  const auto columns = actual.size();
  // common[i][j]: the longest common subsequence of what is left from i and j on.
  std::vector<std::vector<std::size_t>> common(rows + 1, std::vector<std::size_t>(columns + 1, 0));
  for (std::size_t i = rows; i-- > 0;) {
    for (std::size_t j = columns; j-- > 0;) {
      common[i][j] = expected[i] == actual[j] ? common[i + 1][j + 1] + 1
                                              : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }
  std::string text;
  const auto add = [&](const char* mark, const std::string& line) {
    text += (text.empty() ? "" : "\n") + std::string("  ") + mark + line;
  };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < rows || j < columns) {
    if (i < rows && j < columns && expected[i] == actual[j]) {
      add("  ", expected[i]);
      ++i;
      ++j;
    } else if (i < rows && (j == columns || common[i + 1][j] >= common[i][j + 1])) {
      add("- ", expected[i++]);
    } else {
      add("+ ", actual[j++]);
    }
  }
  return text;
}

std::vector<std::string> differences(const Expectations& expect, const Trial& trial) {
  std::vector<std::string> found;
  const auto& instance = trial.instance;
  if (expect.status) {
    compare("status", std::string(saga::to_string(*expect.status)),
            std::string(saga::to_string(instance.status)), found);
  }
  compare("reason", expect.reason, instance.reason, found);
  compare("error", expect.error, instance.error ? instance.error->code : "", found);
  if (expect.output) {
    const auto actual = base::canonical_json(instance.output ? *instance.output : nullptr);
    const auto expected = base::canonical_json(*expect.output);
    if (expected != actual) {
      found.push_back("output: expected " + expected + ", it is " + actual);
    }
  }
  if (expect.path && *expect.path != path_of(trial)) {
    found.push_back("path:\n" + diff_lines(*expect.path, path_of(trial)));
  }
  if (expect.commands) compare_commands(*expect.commands, trial, found);
  return found;
}

}  // namespace sagad::ctl
