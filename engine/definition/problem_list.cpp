#include "definition/problem_list.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sagad::definition {
namespace {

auto order_of(const Problem& problem) {
  return std::tie(problem.position.file, problem.position.line, problem.position.column,
                  problem.path, problem.message);
}

std::string lines_of(const std::vector<Problem>& problems) {
  std::string text;
  for (const auto& problem : problems) {
    if (!text.empty()) text += '\n';
    text += problem.str();
  }
  return text;
}

}  // namespace

std::string Position::str() const {
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string Problem::str() const {
  return position.str() + ": " + (path.empty() ? "" : path + ": ") + message;
}

DefinitionError::DefinitionError(std::vector<Problem> problems)
    : std::runtime_error(lines_of(problems)), problems_(std::move(problems)) {}

void ProblemList::add(const Position& position, std::string path, std::string message) {
  problems_.push_back({position, std::move(path), std::move(message)});
}

std::vector<Problem> ProblemList::take() {
  auto taken = std::exchange(problems_, {});
  std::sort(taken.begin(), taken.end(),
            [](const auto& a, const auto& b) { return order_of(a) < order_of(b); });
  const auto same = [](const auto& a, const auto& b) { return order_of(a) == order_of(b); };
  taken.erase(std::unique(taken.begin(), taken.end(), same), taken.end());
  return taken;
}

std::string join_path(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

}  // namespace sagad::definition
