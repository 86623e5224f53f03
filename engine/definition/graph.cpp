#include "definition/graph.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "definition/text.hpp"

namespace sagad::definition {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// Depth first, to find circles and an order in which every step follows what it needs.
class Walk {
 public:
  Walk(const std::vector<GraphNode>& nodes, ProblemList& problems)
      : nodes_(nodes), problems_(problems), states_(nodes.size(), State::kNew) {}

  std::vector<int> run() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) visit(static_cast<int>(i));
    return order_;
  }

 private:
  enum class State { kNew, kOnTheWay, kOver };

  void visit(int step) {
    auto& state = states_[at(step)];
    if (state == State::kOver) return;
    if (state == State::kOnTheWay) return report_circle(step);
    state = State::kOnTheWay;
    way_.push_back(step);
    for (const int needed : nodes_[at(step)].needs) visit(needed);
    way_.pop_back();
    states_[at(step)] = State::kOver;
    order_.push_back(step);
  }

  void report_circle(int step) {
    std::string circle;
    for (auto i = std::find(way_.begin(), way_.end(), step); i != way_.end(); ++i) {
      circle += nodes_[at(*i)].id + " -> ";
    }
    const auto& closing = nodes_[at(way_.back())];
    problems_.add(closing.needs_position, join_path(step_path(at(way_.back())), "needs"),
                  "the steps need each other in a circle: " + circle + nodes_[at(step)].id);
  }

  const std::vector<GraphNode>& nodes_;
  ProblemList& problems_;
  std::vector<State> states_;
  std::vector<int> way_;
  std::vector<int> order_;
};

}  // namespace

std::string step_path(std::size_t index) { return "steps[" + std::to_string(index) + "]"; }

std::vector<std::vector<bool>> find_ancestors(const std::vector<GraphNode>& nodes,
                                              ProblemList& problems) {
  std::vector<std::vector<bool>> ancestors(nodes.size(), std::vector<bool>(nodes.size(), false));
  for (const int step : Walk(nodes, problems).run()) {
    auto& own = ancestors[at(step)];
    for (const int needed : nodes[at(step)].needs) {
      own[at(needed)] = true;
      for (std::size_t i = 0; i < own.size(); ++i) own[i] = own[i] || ancestors[at(needed)][i];
    }
    own[at(step)] = false;
  }
  return ancestors;
}

void check_pivot(const std::vector<GraphNode>& nodes,
                 const std::vector<std::vector<bool>>& ancestors, ProblemList& problems) {
  std::optional<std::size_t> pivot;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].pivot) continue;
    if (!pivot) {
      pivot = i;
      continue;
    }
    problems.add(
        nodes[i].position, join_path(step_path(i), "pivot"),
        "a saga has at most one pivot, and " + in_quotes(nodes[*pivot].id) + " is one already");
  }
  if (!pivot) return;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (i == *pivot || ancestors[i][*pivot] || ancestors[*pivot][i]) continue;
    problems.add(nodes[i].position, step_path(i),
                 "is neither before nor after the pivot " + in_quotes(nodes[*pivot].id) +
                     ": let one of them need the other");
  }
}

}  // namespace sagad::definition
