#pragma once

#include <cstddef>
#include <optional>
#include <pqxx/strconv>
#include <string>
#include <string_view>

#include <sagad/array.hpp>

/// How Transaction::exec hands its parameters to libpqxx. Version 6 of it knows neither
/// std::optional nor std::string_view as parameters, version 7 knows both: here they become what
/// both know.
namespace sagad::detail {

// store() keeps what pass() refers to until the statement has run.

template <typename T>
const T& store(const T& value) {
  return value;
}
inline std::string store(std::string_view value) { return std::string(value); }
inline std::string store(const Array& value) { return value.str(); }
inline const char* store(std::nullptr_t) { return nullptr; }
inline const char* store(const char* value) { return value; }
template <typename T>
std::optional<std::string> store(const std::optional<T>& value) {
  if (!value) return std::nullopt;
  return pqxx::to_string(store(*value));
}

template <typename T>
const T& pass(const T& value) {
  return value;
}
inline const char* pass(const std::optional<std::string>& value) {
  return value ? value->c_str() : nullptr;
}

}  // namespace sagad::detail
