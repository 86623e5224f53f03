#include "postgres/rows.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace sagad::postgres {

namespace {

/// Deeper than any document that came in through a door of the engine.
constexpr std::size_t kMaxDepth = 128;

saga::Document parse_json(std::string_view json) {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  return std::make_shared<const boost::json::value>(
      boost::json::parse({json.data(), json.size()}, {}, options));
}

}  // namespace

std::int64_t to_int(const pqxx::field& field) {
  const std::string_view digits = text(field);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    throw std::logic_error(std::string("column ") + field.name() + " is not a whole number: '" +
                           std::string(digits) + "'");
  }
  return value;
}

bool to_bool(const pqxx::field& field) { return text(field) == "t"; }

base::SagaId to_id(const pqxx::field& field) { return base::SagaId::parse(text(field)); }

base::Time to_time(const pqxx::field& field) { return base::from_micros(to_int(field)); }

std::optional<base::Time> to_optional_time(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return to_time(field);
}

saga::Document to_document(const pqxx::field& field) {
  if (field.is_null()) return nullptr;
  return parse_json(text(field));
}

saga::Instance to_instance(const pqxx::row& row) {
  saga::Instance instance;
  instance.id = to_id(row[0]);
  instance.definition = text(row[1]);
  instance.version = static_cast<int>(to_int(row[2]));
  instance.digest = text(row[3]);
  instance.key = text(row[4]);
  instance.status = saga::parse_saga_status(text(row[5]));
  if (!row[6].is_null()) instance.paused_from = saga::parse_saga_status(text(row[6]));
  instance.reason = text(row[7]);
  if (!row[8].is_null()) {
    instance.error = saga::Error{std::string(text(row[8])), std::string(text(row[9]))};
  }
  instance.input = to_document(row[10]);
  instance.output = to_document(row[11]);
  instance.created_at = to_time(row[12]);
  instance.updated_at = to_time(row[13]);
  instance.deadline_at = to_optional_time(row[14]);
  instance.ended_at = to_optional_time(row[15]);
  instance.sequence = to_int(row[16]);
  instance.steps = saga::decode_steps(text(row[17]));
  if (!row[18].is_null()) instance.control = saga::decode_control(text(row[18]));
  return instance;
}

void put_output(saga::Instance& instance, const pqxx::row& row) {
  const auto step = static_cast<std::size_t>(to_int(row[1]));
  if (step >= instance.steps.size()) {
    throw std::logic_error("saga " + instance.id.str() + " has an output of step " +
                           std::to_string(step) + ", which it has not");
  }
  // With items this is the output of the first of them, which comes with its own row.
  if (instance.steps[step].items.empty()) instance.steps[step].output = to_document(row[2]);
}

UuidArray ids_with_items(std::span<const saga::Instance> instances) {
  UuidArray ids;
  for (const auto& instance : instances) {
    const bool has = std::any_of(instance.steps.begin(), instance.steps.end(),
                                 [](const auto& step) { return !step.items.empty(); });
    if (has) ids.add(instance.id);
  }
  return ids;
}

void put_item(saga::Instance& instance, const pqxx::row& row) {
  const auto step = static_cast<std::size_t>(to_int(row[1]));
  const auto item = static_cast<std::size_t>(to_int(row[2]));
  if (step >= instance.steps.size() || item >= instance.steps[step].items.size()) {
    throw std::logic_error("saga " + instance.id.str() + " has an item " + std::to_string(item) +
                           " of step " + std::to_string(step) + ", which it has not");
  }
  auto& place = instance.steps[step].items[item];
  place = saga::decode_item(text(row[3]));
  place.output = to_document(row[4]);
}

}  // namespace sagad::postgres
