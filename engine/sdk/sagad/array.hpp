#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sagad {

/// A PostgreSQL array in its text form, for set-based statements of a batch form:
///
///     Array accounts, amounts;
///     for (…) { accounts.add(account); amounts.add(amount); }
///     tx.exec("… unnest($1::text[], $2::bigint[]) …", accounts, amounts);
///
/// The elements are escaped here; the cast in the SQL gives the type. A value, used by one thread.
class Array {
 public:
  void add(std::int64_t value) { element(std::to_string(value)); }
  void add(int value) { element(std::to_string(value)); }
  void add(const char* text) { add(std::string_view(text)); }
  void add(const std::string& text) { add(std::string_view(text)); }

  void add(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    quoted += '"';
    element(quoted);
  }

  /// No value is NULL.
  template <typename T>
  void add(const std::optional<T>& value) {
    if (value) {
      add(*value);
    } else {
      element("NULL");
    }
  }

  /// The literal: `{"a","b"}`.
  std::string str() const { return elements_.empty() ? "{}" : elements_ + '}'; }

 private:
  void element(std::string_view text) {
    elements_ += elements_.empty() ? '{' : ',';
    elements_ += text;
  }

  std::string elements_;  // with the opening brace, without the closing one
};

}  // namespace sagad
