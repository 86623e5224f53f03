#include "definition/jq_tokens.hpp"

#include <boost/json.hpp>
#include <utility>

namespace sagad::definition {
namespace {

namespace json = boost::json;
using Kind = JqToken::Kind;

constexpr std::size_t kMaxLength = 4096;
constexpr std::size_t kMaxDepth = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Scanner {
 public:
  Scanner(std::string_view text, std::size_t start) : text_(text), start_(start), at_(start) {}

  JqScan run() {
    while (true) {
      if (at_ >= text_.size()) {
        throw ExpressionSyntaxError(
            "the expression has no end: a '}' is missing, or a quote or bracket is not closed");
      }
      if (at_ - start_ > kMaxLength) {
        throw ExpressionSyntaxError("the expression is longer than " + std::to_string(kMaxLength) +
                                    " bytes");
      }
      if (text_[at_] == '}' && open_.empty()) break;
      step();
    }
    return {std::move(tokens_), at_};
  }

 private:
  void step() {
    const char c = text_[at_];
    if (is_space(c)) {
      ++at_;
    } else if (c == '#') {
      throw ExpressionSyntaxError("'#' begins a comment in jq: comments are not allowed here");
    } else if (c == '"') {
      ++at_;
      scan_text(false);
    } else if (c == '.') {
      scan_dot();
    } else if (is_digit(c)) {
      scan_number();
    } else if (starts_name(c)) {
      add(Kind::kName, take_name(true));
    } else if (c == '$' || c == '@') {
      scan_sigil();
    } else if (c == '(' || c == '[' || c == '{') {
      open(c);
    } else if (c == ')' || c == ']' || c == '}') {
      close(c);
    } else {
      scan_operator();
    }
  }

  char peek(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void add(Kind kind, std::string text) { tokens_.push_back({kind, std::move(text)}); }

  /// A name; with modules, `a::b` is one.
  std::string take_name(bool modules) {
    const auto first = at_;
    while (starts_name(peek(0)) || is_digit(peek(0)) ||
           (modules && peek(0) == ':' && peek(1) == ':' && starts_name(peek(2)))) {
      at_ += peek(0) == ':' ? 2 : 1;
    }
    return std::string(text_.substr(first, at_ - first));
  }

  void scan_dot() {
    if (peek(1) == '.') {
      at_ += 2;
      add(Kind::kRecurse, "..");
    } else if (starts_name(peek(1))) {
      ++at_;
      add(Kind::kField, take_name(false));
    } else if (is_digit(peek(1))) {
      scan_number();
    } else {
      ++at_;
      add(Kind::kDot, ".");
    }
  }

  void scan_number() {
    const auto first = at_;
    while (is_digit(peek(0))) ++at_;
    if (peek(0) == '.') {
      ++at_;
      while (is_digit(peek(0))) ++at_;
    }
    const char e = peek(0);
    const char sign = peek(1);
    if (e == 'e' || e == 'E') {
      const std::size_t skip = sign == '+' || sign == '-' ? 2 : 1;
      if (is_digit(peek(skip))) {
        at_ += skip;
        while (is_digit(peek(0))) ++at_;
      }
    }
    add(Kind::kNumber, std::string(text_.substr(first, at_ - first)));
  }

  void scan_sigil() {
    const char sigil = text_[at_++];
    if (!starts_name(peek(0))) {
      throw ExpressionSyntaxError(std::string("a name is missing after '") + sigil + "'");
    }
    add(sigil == '$' ? Kind::kVariable : Kind::kFormat, take_name(sigil == '$'));
  }

  void open(char c) {
    if (open_.size() == kMaxDepth) {
      throw ExpressionSyntaxError("the expression has brackets nested deeper than " +
                                  std::to_string(kMaxDepth));
    }
    open_.push_back(c);
    add(Kind::kOpen, std::string(1, c == '\\' ? '(' : c));
    ++at_;
  }

  void close(char c) {
    const char expected = open_.empty()         ? '\0'
                          : open_.back() == '[' ? ']'
                          : open_.back() == '{' ? '}'
                                                : ')';
    if (c != expected) {
      throw ExpressionSyntaxError(std::string("'") + c + "' closes nothing: " +
                                  (open_.empty()
                                       ? "no bracket is open here"
                                       : std::string("'") + expected + "' is expected before it"));
    }
    const bool interpolation = open_.back() == '\\';
    open_.pop_back();
    add(Kind::kClose, std::string(1, c));
    ++at_;
    if (interpolation) scan_text(true);
  }

  /// From behind the opening quote, or from behind an interpolation, up to the closing quote or
  /// the next interpolation.
  void scan_text(bool interpolated) {
    const auto first = at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        if (peek(1) == '(') {
          if (!interpolated) add(Kind::kOpenText, "\"");
          ++at_;
          open('\\');
          return;
        }
        ++at_;
      }
      ++at_;
    }
    if (at_ >= text_.size()) return;  // run() says that there is no end
    const auto body = text_.substr(first, at_ - first);
    ++at_;
    if (interpolated) {
      add(Kind::kCloseText, "\"");
    } else {
      add(Kind::kString, decode(body));
    }
  }

  static std::string decode(std::string_view body) {
    json::error_code error;
    const auto value = json::parse('"' + escape_controls(body) + '"', error);
    if (error) {
      throw ExpressionSyntaxError("the string \"" + std::string(body) +
                                  "\" has an escape that jq does not know");
    }
    const auto& text = value.get_string();
    return {text.data(), text.size()};
  }

  /// jq takes a line break in a string as it is, JSON does not.
  static std::string escape_controls(std::string_view body) {
    std::string out;
    for (const char c : body) {
      if (c == '\n') {
        out += "\\n";
      } else if (c == '\t') {
        out += "\\t";
      } else if (c == '\r') {
        out += "\\r";
      } else {
        out += c;
      }
    }
    return out;
  }

  void scan_operator() {
    static constexpr std::string_view kOperators[] = {
        "?//", "//=", "//", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=",
        "|",   ",",   "+",  "-",  "*",  "/",  "%",  "=",  "<",  ">",  "?",  ":",  ";"};
    for (const auto op : kOperators) {
      if (text_.substr(at_, op.size()) == op) {
        add(Kind::kOperator, std::string(op));
        at_ += op.size();
        return;
      }
    }
    throw ExpressionSyntaxError("unexpected character '" + character() + "'");
  }

  /// The whole character here, which may have several bytes.
  std::string character() const {
    auto end = at_ + 1;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U) ++end;
    return std::string(text_.substr(at_, end - at_));
  }

  std::string_view text_;
  std::size_t start_;
  std::size_t at_;
  std::vector<char> open_;  ///< `\` stands for an interpolation
  std::vector<JqToken> tokens_;
};

}  // namespace

JqScan scan_jq(std::string_view text, std::size_t start) { return Scanner(text, start).run(); }

}  // namespace sagad::definition
