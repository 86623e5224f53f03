#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <optional>
#include <sstream>
#include <utility>

#include "base/utf8.hpp"
#include "definition/core_schema.hpp"
#include "definition/source.hpp"
#include "definition/text.hpp"
#include "definition/yaml_text.hpp"

namespace sagad::definition {
namespace {

/// Builds SourceNodes from the parser's events. Our own tree and not yaml-cpp's, which forgets
/// duplicate keys and which scalars were quoted.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const YamlText& text, ProblemList& problems) : text_(text), problems_(problems) {}

  SourceNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { complete(node_at(mark)); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    auto node = node_at(mark);
    problems_.add(node.position, "", "aliases (*name) are not supported: write the value out");
    complete(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    auto node = node_at(mark);
    check_tag(tag, node.position);
    if (tag == "?" || tag.empty()) {
      auto reading = read_plain_scalar(value);
      if (reading.problem) problems_.add(node.position, "", *reading.problem);
      node.scalar = std::move(reading.value);
    } else {
      node.scalar = json::string(value.data(), value.size());
    }
    complete(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, SourceNode::Kind::kArray);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, SourceNode::Kind::kObject);
  }
  void OnMapEnd() override { close(); }

  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    problems_.add(text_.position(mark), "", "anchors (&name) are not supported");
  }

 private:
  struct Frame {
    SourceNode node;
    std::optional<std::pair<std::string, Position>> key;
  };

  SourceNode node_at(const YAML::Mark& mark) const {
    SourceNode node;
    node.position = text_.position(mark);
    return node;
  }

  void check_tag(const std::string& tag, const Position& position) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    problems_.add(position, "", "tags are not supported: remove " + in_quotes(tag));
  }

  void open(const YAML::Mark& mark, const std::string& tag, SourceNode::Kind kind) {
    auto node = node_at(mark);
    node.kind = kind;
    check_tag(tag, node.position);
    if (frames_.size() == kMaxSourceDepth) {
      problems_.add(node.position, "",
                    "nested deeper than " + std::to_string(kMaxSourceDepth) + " levels");
    }
    frames_.push_back({std::move(node), std::nullopt});
  }

  void close() {
    auto node = std::move(frames_.back().node);
    frames_.pop_back();
    complete(std::move(node));
  }

  /// A node is whole: it goes into what contains it.
  void complete(SourceNode node) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    auto& frame = frames_.back();
    if (frame.node.kind == SourceNode::Kind::kArray) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
      frame.key.emplace(read_key(node), node.position);
    } else {
      add_member(frame, std::move(node));
    }
  }

  std::string read_key(const SourceNode& node) {
    if (node.is_string()) return std::string(node.text());
    problems_.add(node.position, "",
                  "a key must be a string, not " + node.describe() +
                      (node.kind == SourceNode::Kind::kScalar ? ": quote it" : ""));
    return node.describe();
  }

  void add_member(Frame& frame, SourceNode value) {
    auto [key, position] = *std::exchange(frame.key, std::nullopt);
    if (key == "<<") {
      problems_.add(position, "", "merge keys (<<) are not supported: write the keys out");
    } else if (const auto* first = frame.node.find(key)) {
      problems_.add(position, "",
                    "the key " + in_quotes(key) + " is here twice; its first value is " +
                        "on line " + std::to_string(first->position.line));
    } else {
      frame.node.members.push_back({std::move(key), position, std::move(value)});
    }
  }

  const YamlText& text_;
  ProblemList& problems_;
  std::vector<Frame> frames_;
  SourceNode root_;
};

void add_syntax_problem(const YAML::ParserException& error, const YamlText& text,
                        ProblemList& problems) {
  const auto position = text.position(error.mark);
  if (const auto expression = text.unquoted_expression_before(position.line)) {
    problems.add(*expression, "",
                 "an expression with a brace, colon or comma around it must be quoted: write "
                 "\"${ ... }\"");
    return;
  }
  problems.add(position, "", "not valid YAML: " + error.msg);
}

}  // namespace

SourceNode read_yaml(std::string_view text, const std::string& file, ProblemList& problems) {
  const YamlText source(text, file);
  const Position start{file, 1, 1};
  if (text.size() > kMaxSourceBytes) {
    problems.add(start, "",
                 "the file is larger than " + std::to_string(kMaxSourceBytes) + " bytes");
    return {};
  }
  if (!base::is_utf8(text) || text.find('\0') != std::string_view::npos) {
    problems.add(start, "", "the file is not UTF-8 text");
    return {};
  }
  std::istringstream stream{std::string(text)};
  TreeBuilder builder(source, problems);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      problems.add(start, "", "the file is empty");
      return {};
    }
    auto root = builder.take();
    TreeBuilder rest(source, problems);
    if (parser.HandleNextDocument(rest)) {
      problems.add(rest.take().position, "",
                   "a file holds one definition: remove the second "
                   "document");
    }
    return root;
  } catch (const YAML::ParserException& error) {
    add_syntax_problem(error, source, problems);
    return {};
  }
}

}  // namespace sagad::definition
