#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "postgres/array.hpp"
#include "saga/instance.hpp"

/// Reading columns. A NULL where none may be is a std::logic_error.
namespace sagad::postgres {

/// Valid while the result lives; NULL is empty.
inline std::string_view text(const pqxx::field& field) {
  return {field.c_str(), static_cast<std::size_t>(field.size())};
}
std::int64_t to_int(const pqxx::field& field);
bool to_bool(const pqxx::field& field);
base::SagaId to_id(const pqxx::field& field);
/// From microseconds since 1970.
base::Time to_time(const pqxx::field& field);
std::optional<base::Time> to_optional_time(const pqxx::field& field);
/// JSON; NULL is a null pointer.
saga::Document to_document(const pqxx::field& field);

/// A row with the columns of the query InstanceLock, in its order; the steps' outputs are not
/// among them.
saga::Instance to_instance(const pqxx::row& row);

/// Puts a row of OutputRead into its instance.
void put_output(saga::Instance& instance, const pqxx::row& row);

/// The ids of those that have steps with items: only they have rows for ItemRead.
UuidArray ids_with_items(std::span<const saga::Instance> instances);
/// Puts a row of ItemRead into its instance.
void put_item(saga::Instance& instance, const pqxx::row& row);

}  // namespace sagad::postgres
