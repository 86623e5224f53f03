#include "definition/jq_analysis.hpp"

#include <cstddef>
#include <utility>

#include "definition/jq_builtins.hpp"
#include "definition/jq_limits.hpp"

namespace sagad::definition {
namespace {

using Kind = JqToken::Kind;

[[noreturn]] void refuse(const std::string& message) { throw ExpressionSyntaxError(message); }

[[noreturn]] void refuse_dot(const std::string& what) {
  refuse(what +
         " would read everything at once: say what is read, as in .input, .steps.<id>.output or "
         ".saga, before a '|'");
}

/// A stretch of the program in which `.` is the same: up to its end, or up to a `|`.
struct Group {
  char kind = 't';  ///< ( [ { as written, f = call, r = body of reduce or foreach, i = if, t = top
  bool outer_scope = true;  ///< `.` was the scope where the group began
  bool scope = true;        ///< `.` is the scope here
  bool binds = false;       ///< behind `as`: the next `|` leaves `.` as it is
  int loops = 0;            ///< reduce or foreach whose `as` is still to come
  bool body_next = false;   ///< behind the `as` of a loop: the next ( opens its body
  std::size_t arguments = 1;
  std::string function;
  bool index = false;    ///< [ … ] behind a term
  bool deletes = false;  ///< within del(…)
};

class Analysis {
 public:
  explicit Analysis(const std::vector<JqToken>& tokens) : tokens_(tokens) {}

  JqReads run() {
    groups_.emplace_back();
    for (at_ = 0; at_ < tokens_.size(); ++at_) step(tokens_[at_]);
    while (groups_.size() > 1) groups_.pop_back();  // an `if` without `end`: jq will say so
    return std::move(reads_);
  }

 private:
  const JqToken* neighbour(int offset) const {
    const auto index = static_cast<std::ptrdiff_t>(at_) + offset;
    const bool inside = index >= 0 && index < static_cast<std::ptrdiff_t>(tokens_.size());
    return inside ? &tokens_[static_cast<std::size_t>(index)] : nullptr;
  }

  bool neighbour_is(int offset, Kind kind, std::string_view text) const {
    const auto* token = neighbour(offset);
    return token != nullptr && token->is(kind, text);
  }

  bool neighbour_is(int offset, Kind kind) const {
    const auto* token = neighbour(offset);
    return token != nullptr && token->kind == kind;
  }

  Group& group() { return groups_.back(); }
  /// Whether `.` is the scope for the token here; behind `catch` it is the error.
  bool at_scope() { return group().scope && !neighbour_is(-1, Kind::kName, "catch"); }

  void step(const JqToken& token) {
    switch (token.kind) {
      case Kind::kField:
        return field();
      case Kind::kDot:
        return dot();
      case Kind::kRecurse:
        if (at_scope()) refuse_dot("'..'");
        return;
      case Kind::kName:
        return name(token);
      case Kind::kVariable:
        if (token.text == "ENV" || token.text.rfind("__", 0) == 0 ||
            token.text.find("::") != std::string::npos) {
          refuse("'$" + token.text + "' is not allowed in an expression");
        }
        return;
      case Kind::kFormat:
        return format(token);
      case Kind::kNumber:
        return check_number(token);
      case Kind::kString:
        return shorthand(token);
      case Kind::kOpen:
        return open(token);
      case Kind::kClose:
        return close();
      case Kind::kOperator:
        return op(token);
      case Kind::kOpenText:
        return text_shorthand(token);
      case Kind::kCloseText:
        return;
    }
  }

  /// Whether the token before ends a term, so that `.name` here is looked up in that term.
  bool follows_term() const {
    const auto* before = neighbour(-1);
    if (before == nullptr) return false;
    switch (before->kind) {
      case Kind::kOpen:
      case Kind::kOpenText:
        return false;
      case Kind::kOperator:
        return before->text == "?";
      case Kind::kName:
        return before->text == "end" || !is_jq_keyword(before->text);
      default:
        return true;
    }
  }

  /// `."name"` behind a term looks into that term.
  void dot() {
    const bool of_term =
        follows_term() && (neighbour_is(1, Kind::kString) || neighbour_is(1, Kind::kOpenText));
    if (!of_term && at_scope()) refuse_dot("'.' alone");
  }

  void field() {
    if (follows_term() || !at_scope()) return;
    std::vector<std::string> path;
    for (int i = 0; neighbour_is(i, Kind::kField); ++i) path.push_back(neighbour(i)->text);
    check_root_path(path);
    const auto root = path.front();
    path.erase(path.begin());
    if (root == "saga") {
      reads_.saga = true;
    } else if (root == "index") {
      reads_.index = true;
    } else if (root == "item") {
      if (!reads_.item) reads_.item.emplace();
      reads_.item->add(path);
    } else if (root == "input") {
      if (!reads_.input) reads_.input.emplace();
      reads_.input->add(path);
    } else {
      const auto id = path.front();
      path.erase(path.begin(), path.begin() + 2);
      reads_.steps[id].add(path);
    }
  }

  bool in_object_key() {
    return group().kind == '{' &&
           (neighbour_is(-1, Kind::kOpen) || neighbour_is(-1, Kind::kOperator, ","));
  }

  /// The same for a string with interpolations: its end decides.
  void text_shorthand(const JqToken& token) {
    if (!in_object_key()) return;
    std::size_t depth = 1;
    auto end = at_ + 1;
    for (; end < tokens_.size() && depth > 0; ++end) {
      if (tokens_[end].kind == Kind::kOpenText) ++depth;
      if (tokens_[end].kind == Kind::kCloseText) --depth;
    }
    const bool value_follows = end < tokens_.size() && tokens_[end].is(Kind::kOperator, ":");
    if (!value_follows && at_scope()) refuse_dot("{" + token.text + "...\"}");
  }

  /// `{name}` and `{"name"}` are short for `{name: .name}`.
  void shorthand(const JqToken& token) {
    if (!in_object_key() || neighbour_is(1, Kind::kOperator, ":")) return;
    if (at_scope()) {
      refuse("{" + token.text + "} reads '." + token.text + "': write {" + token.text +
             ": ...} with the whole path");
    }
  }

  void name(const JqToken& token) {
    if (in_object_key()) return shorthand(token);
    if (is_jq_keyword(token.text)) return keyword(token.text);
    const auto* builtin = find_jq_builtin(token.text);
    if (builtin == nullptr) {
      refuse("'" + token.text + "' is not allowed in an expression; the builtins are " +
             list_jq_builtins());
    }
    if (token.text == "tonumber") reads_.needs_guards = true;
    if (token.text == "getpath" && group().deletes) refuse_index("del");
    const bool called = neighbour_is(1, Kind::kOpen, "(");
    if (!called) check_call(*builtin, 0);
  }

  void check_call(const JqBuiltin& builtin, std::size_t arguments) {
    if (builtin.arities.find(static_cast<char>('0' + arguments)) == std::string_view::npos) {
      refuse("the builtin '" + std::string(builtin.name) + "' is not allowed with " +
             std::to_string(arguments) + (arguments == 1 ? " argument" : " arguments"));
    }
    // first(f), nth(n; f), error(m), any(g; c): these look only at what they are given.
    const auto name = builtin.name;
    const bool given = (arguments == 1 && (name == "first" || name == "last" || name == "error")) ||
                       (arguments == 2 && (name == "nth" || name == "any" || name == "all"));
    if (builtin.reads_dot && !given && at_scope()) {
      refuse_dot("'" + std::string(name) + "' at the beginning");
    }
  }

  void keyword(const std::string& word) {
    if (word == "if") {
      push('i', at_scope());
    } else if (word == "then" || word == "elif" || word == "else") {
      if (group().kind == 'i') restart();
    } else if (word == "end") {
      if (group().kind == 'i') groups_.pop_back();
    } else if (word == "reduce" || word == "foreach") {
      ++group().loops;
    } else if (word == "as") {
      if (group().loops > 0) {
        --group().loops;
        group().body_next = true;
      } else {
        group().binds = true;
      }
    }
  }

  void format(const JqToken& token) {
    if (!is_jq_format(token.text)) {
      refuse("the format '@" + token.text +
             "' is not allowed; the formats are @text, @json, @csv, @tsv, @html, @uri, @base64");
    }
    const bool of_text = neighbour_is(1, Kind::kString) || neighbour_is(1, Kind::kOpenText);
    if (!of_text && at_scope()) refuse_dot("'@" + token.text + "' at the beginning");
  }

  void push(char kind, bool scope) {
    Group next;
    next.kind = kind;
    next.outer_scope = scope;
    next.scope = scope;
    next.deletes = group().deletes;
    groups_.push_back(std::move(next));
  }

  void open(const JqToken& token) {
    const char bracket = token.text.front();
    // Only values go into a pattern and into the name of a member, so they inherit too.
    const bool scope = at_scope();
    if (bracket != '(') {
      const bool index = bracket == '[' && (follows_term() || neighbour_is(-1, Kind::kDot));
      push(bracket, scope);
      group().index = index;
      if (index && group().deletes && !is_literal_index(tokens_, at_)) refuse_index("del");
      return;
    }
    if (group().body_next) {
      group().body_next = false;
      return push('r', scope);
    }
    const auto* before = neighbour(-1);
    const bool call =
        before != nullptr && before->kind == Kind::kName && !is_jq_keyword(before->text);
    push(call ? 'f' : '(', scope);
    if (!call) return;
    group().function = before->text;
    group().deletes = group().deletes || before->text == "del";
    if (before->text == "range") check_range(tokens_, at_);
  }

  void close() {
    while (groups_.size() > 2 && group().kind == 'i') groups_.pop_back();
    if (groups_.size() < 2) return;
    const auto closed = std::move(groups_.back());
    groups_.pop_back();
    if (closed.kind == 'f') check_call(*find_jq_builtin(closed.function), closed.arguments);
  }

  /// A new part of the same group: `.` is again what it was at its beginning.
  void restart() {
    auto& here = group();
    here.scope = here.outer_scope;
    here.binds = false;
    here.loops = 0;
    here.body_next = false;
  }

  void op(const JqToken& token) {
    const auto& text = token.text;
    auto& here = group();
    if (text == "|") {
      if (!std::exchange(here.binds, false)) here.scope = false;
    } else if (text == "," && here.kind == '{') {
      restart();
    } else if (text == ";") {
      ++here.arguments;
      restart();
      // The accumulator of a loop, and the elements that any and all look at.
      if (here.kind == 'r' || here.function == "any" || here.function == "all") {
        here.scope = false;
      }
    } else if (text == ":" && here.index) {
      check_slice(tokens_, at_);
    } else if (text == "%") {
      reads_.needs_guards = true;
    } else if (text == "*") {
      reads_.needs_guards = true;
      const auto is_text = [&](int offset) {
        return neighbour_is(offset, Kind::kString) || neighbour_is(offset, Kind::kOpenText) ||
               neighbour_is(offset, Kind::kCloseText);
      };
      if (is_text(-1) || is_text(1)) refuse("repeating a string with '*' is not allowed");
    } else if (text.back() == '=' && text != "==" && text != "!=" && text != "<=" && text != ">=") {
      refuse("the assignment '" + text + "' is not allowed: build a new value with {...} or '+'");
    }
  }

  [[noreturn]] static void refuse_index(const std::string& what) {
    refuse("'" + what + "' takes only places and keys that are written out, such as .lines[0]");
  }

  const std::vector<JqToken>& tokens_;
  std::size_t at_ = 0;
  std::vector<Group> groups_;
  JqReads reads_;
};

}  // namespace

JqReads analyse_jq(const std::vector<JqToken>& tokens) { return Analysis(tokens).run(); }

}  // namespace sagad::definition
