#pragma once

#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

/// Private to the SDK: finds statements that would end the engine's transaction.
namespace sagad::detail {

/// Reads SQL as PostgreSQL's lexer does, as far as quotes and comments go.
class StatementReader {
 public:
  explicit StatementReader(std::string_view sql) : sql_(sql) {}

  /// Whether one of the statements ends a transaction.
  bool finds_end() {
    while (at_ < sql_.size()) {
      if (ends_here()) return true;
      skip_statement();
    }
    return false;
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }
  static bool is_letter(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  }

  bool ends_here() {
    const std::string word = next_word();
    if (word == "commit" || word == "end" || word == "abort") return true;
    if (word == "prepare") return next_word() == "transaction";
    if (word != "rollback") return false;
    std::string next = next_word();
    if (next == "work" || next == "transaction") next = next_word();
    return next != "to";  // ROLLBACK TO SAVEPOINT stays inside
  }

  /// The next word in lower case; empty if something else comes.
  std::string next_word() {
    while (skip_blank()) {
    }
    std::string word;
    while (is_letter(peek())) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(sql_[at_++])));
    }
    return word;
  }

  bool skip_blank() {
    const auto before = at_;
    while (std::isspace(static_cast<unsigned char>(peek())) != 0) ++at_;
    skip_comment();
    return at_ != before;
  }

  void skip_comment() {
    if (peek() == '-' && peek(1) == '-') {
      while (at_ < sql_.size() && peek() != '\n') ++at_;
    } else if (peek() == '/' && peek(1) == '*') {
      int depth = 0;
      do {
        const bool opens = peek() == '/' && peek(1) == '*';
        const bool closes = peek() == '*' && peek(1) == '/';
        depth += opens ? 1 : closes ? -1 : 0;
        at_ += opens || closes ? 2 : 1;
      } while (depth > 0 && at_ < sql_.size());
    }
  }

  void skip_statement() {
    while (at_ < sql_.size() && peek() != ';') {
      const auto before = at_;
      skip_comment();
      if (at_ == before) skip_token();
    }
    ++at_;
  }

  void skip_token() {
    const char c = peek();
    if (c == '\'' || c == '"') {
      const bool escapes = c == '\'' && at_ > 0 && (sql_[at_ - 1] == 'E' || sql_[at_ - 1] == 'e');
      for (++at_; at_ < sql_.size() && peek() != c; ++at_) {
        if (escapes && peek() == '\\') ++at_;
      }
      ++at_;
    } else if (c == '$') {
      skip_dollar_quote();
    } else {
      ++at_;
    }
  }

  void skip_dollar_quote() {
    auto end = at_ + 1;
    while (end < sql_.size() && is_letter(sql_[end])) ++end;
    if (end >= sql_.size() || sql_[end] != '$') {
      ++at_;  // a parameter, or part of a name
      return;
    }
    const auto tag = sql_.substr(at_, end - at_ + 1);
    const auto close = sql_.find(tag, end + 1);
    at_ = close == std::string_view::npos ? sql_.size() : close + tag.size();
  }

  std::string_view sql_;
  std::size_t at_ = 0;
};

/// Whether one of the statements in `sql` ends the transaction that it runs in: COMMIT, END,
/// ABORT, ROLLBACK (but not TO a savepoint), PREPARE TRANSACTION.
inline bool ends_transaction(std::string_view sql) { return StatementReader(sql).finds_end(); }

}  // namespace sagad::detail
