#include "definition/step_kind.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "definition/text.hpp"

namespace sagad::definition {
namespace {

constexpr std::size_t kLongestSignal = 100;
constexpr std::size_t kLongestDefinition = 100;
constexpr int kMostParallel = 1000;

struct KindOfStep {
  StepKind kind;
  std::string_view key;
  std::vector<std::string_view> companions;  ///< keys that go with it, beside id, needs and when
};

const std::array<KindOfStep, 4>& kinds() {
  static const std::array<KindOfStep, 4> kKinds{{
      {StepKind::kAction,
       "action",
       {"input", "compensate", "timeout", "total_timeout", "retry", "on_exhausted", "pivot",
        "foreach", "max_parallel"}},
      {StepKind::kSleep, "sleep", {}},
      {StepKind::kSignal, "signal", {"timeout", "on_exhausted", "pivot"}},
      {StepKind::kChild, "child", {"input", "total_timeout", "on_exhausted", "pivot"}},
  }};
  return kKinds;
}

/// The keys that go with some kind but not with this one.
void check_companions(const FieldReader& fields, const KindOfStep& own) {
  std::vector<std::string_view> seen;
  for (const auto& other : kinds()) {
    for (const auto key : other.companions) {
      const bool goes =
          std::find(own.companions.begin(), own.companions.end(), key) != own.companions.end();
      const bool told = std::find(seen.begin(), seen.end(), key) != seen.end();
      if (goes || told || fields.find(key) == nullptr) continue;
      seen.push_back(key);
      fields.refuse_key(key, in_quotes(key) + " does not go with " + in_quotes(own.key));
    }
  }
}

void check_foreach(const FieldReader& fields) {
  if (fields.find("foreach") == nullptr) {
    if (fields.find("max_parallel") != nullptr) {
      fields.refuse_key("max_parallel", "'max_parallel' goes only with 'foreach'");
    }
    return;
  }
  const auto* pivot = fields.find("pivot");
  if (pivot != nullptr && pivot->scalar == json::value(true)) {
    fields.refuse_key("pivot",
                      "a pivot is a single action: it cannot be fanned out with 'foreach'");
  }
}

/// Whether `text` is `name@version`; then the child has both.
bool parse_child(std::string_view text, ChildSaga& child) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || !is_name(text.substr(0, at), "-", kLongestDefinition)) {
    return false;
  }
  const auto digits = text.substr(at + 1);
  const auto* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, child.version);
  child.definition = text.substr(0, at);
  return read.ec == std::errc{} && read.ptr == end && child.version >= 1 && digits.front() != '0';
}

}  // namespace

StepKind read_kind(const FieldReader& fields) {
  const KindOfStep* own = nullptr;
  for (const auto& kind : kinds()) {
    if (fields.find(kind.key) == nullptr) continue;
    if (own == nullptr) {
      own = &kind;
      continue;
    }
    fields.refuse_key(kind.key, "a step has one of 'action', 'sleep', 'signal' and 'child', and " +
                                    in_quotes(own->key) + " is there already");
  }
  if (own == nullptr) {
    fields.require("action", ": a step has one of 'action', 'sleep', 'signal' and 'child'");
    own = kinds().data();
  }
  check_companions(fields, *own);
  if (own->kind == StepKind::kAction) check_foreach(fields);
  return own->kind;
}

std::optional<ForEach> read_foreach(const FieldReader& fields, const Readable& readable,
                                    ExpressionReader& expressions) {
  const auto* node = fields.find("foreach");
  if (node == nullptr) return std::nullopt;
  ForEach foreach;
  if (auto list =
          expressions.read_single(*node, fields.path("foreach"), readable, ".input.lines")) {
    foreach
      .list = std::move(*list);
  }
  if (const auto most = fields.integer("max_parallel", 1, kMostParallel)) {
    foreach
      .max_parallel = *most;
  }
  return foreach;
}

SignalWait read_signal(const FieldReader& fields) {
  SignalWait wait;
  wait.name = fields.string("signal").value_or("");
  const auto* node = fields.find("signal");
  if (node->is_string() && !is_name(wait.name, "_-", kLongestSignal)) {
    fields.problem("signal",
                   "must be a lower-case letter followed by lower-case letters, digits, hyphens "
                   "and underscores, at most " +
                       std::to_string(kLongestSignal) + " in all, not " + in_quotes(wait.name));
  }
  wait.timeout = fields.duration("timeout");
  return wait;
}

ChildSaga read_child(const FieldReader& fields, const Readable& readable,
                     ExpressionReader& expressions) {
  ChildSaga child;
  const auto* node = fields.find("child");
  if (!node->is_string() || !parse_child(node->text(), child)) {
    fields.problem("child", "must be name@version, such as order-pay@1, not " + node->describe());
  }
  if (const auto* input = fields.find("input")) {
    child.input = expressions.read_template(*input, fields.path("input"), readable);
  } else {
    child.input.root = json::value(json::object());
    child.input.position = fields.position();
  }
  return child;
}

}  // namespace sagad::definition
