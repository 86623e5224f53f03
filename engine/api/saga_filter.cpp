#include "api/saga_filter.hpp"

#include <stdexcept>

#include "api/http.hpp"

namespace sagad::api {
namespace {

[[noreturn]] void refuse(const std::string& detail) {
  throw ProblemError({400, "bad_parameter", "Bad parameter", detail});
}

std::optional<base::Duration> duration(const std::optional<std::string>& text,
                                       const std::string& name) {
  if (!text) return std::nullopt;
  try {
    return base::parse_duration(*text);
  } catch (const std::invalid_argument& error) {
    refuse("'" + name + "': " + error.what());
  }
}

bool flag(const std::optional<std::string>& text, const std::string& name) {
  if (!text || *text == "false") return false;
  if (*text != "true") refuse("'" + name + "' must be true or false, not '" + *text + "'");
  return true;
}

}  // namespace

ports::SagaFilter read_filter(
    const std::function<std::optional<std::string>(std::string_view)>& text) {
  ports::SagaFilter filter;
  filter.definition = text("definition");
  filter.key = text("key");
  filter.reason = text("reason");
  filter.error_code = text("error_code");
  filter.retrying = flag(text("retrying"), "retrying");
  filter.older_than = duration(text("older_than"), "older_than");
  filter.younger_than = duration(text("younger_than"), "younger_than");
  try {
    if (const auto status = text("status")) filter.status = saga::parse_saga_status(*status);
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }
  return filter;
}

base::SagaId read_cursor(const std::string& text) {
  try {
    return base::SagaId::parse(text);
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }
}

}  // namespace sagad::api
