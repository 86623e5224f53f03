#include "api/parameters.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "api/text.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"

namespace sagad::api {
namespace {

constexpr std::size_t kLongestKey = 255;

[[noreturn]] void refuse_parameter(const std::string& detail) {
  throw ProblemError({400, "bad_parameter", "Bad parameter", detail});
}

/// Throws, if `text` is not JSON, with the place where it stops to be.
void check_syntax(std::string_view text) {
  json::parse_options options;
  options.max_depth = 10'000;  // too deep a document is not a matter of syntax
  json::stream_parser parser({}, options);
  json::error_code error;
  const auto read = parser.write_some(text.data(), text.size(), error);
  if (!error && text.find_first_not_of(" \t\r\n", read) != std::string_view::npos) {
    error = json::error::extra_data;
  }
  if (!error) parser.finish(error);
  if (!error) return;
  const auto what = error.message();
  const auto place = position_of(text, read);
  throw ProblemError({400, "bad_json", "Not JSON",
                      "line " + std::to_string(place.line) + ", column " +
                          std::to_string(place.column) + ": " + what});
}

bool is_json_type(std::string type) {
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type == "application/json" ||
         (type.rfind("application/", 0) == 0 && type.size() > 17 && type.ends_with("+json"));
}

bool fits(std::string_view name, std::string_view allowed) {
  if (allowed.empty() || allowed.back() != '*') return name == allowed;
  const auto prefix = allowed.substr(0, allowed.size() - 1);
  return name.size() > prefix.size() && name.substr(0, prefix.size()) == prefix;
}

}  // namespace

void check_query(const Request& request, std::initializer_list<std::string_view> allowed) {
  for (const auto& [name, value] : request.query) {
    const auto known = [&, &name = name](std::string_view one) { return fits(name, one); };
    if (std::none_of(allowed.begin(), allowed.end(), known)) {
      std::string names;
      for (const auto one : allowed) names += (names.empty() ? "" : ", ") + std::string(one);
      refuse_parameter("unknown parameter '" + name + "'; " +
                       (names.empty() ? "there are none here" : "known here: " + names));
    }
    if (request.query.count(name) > 1) refuse_parameter("'" + name + "' is given more than once");
    if (!base::is_utf8(name) || !base::is_utf8(value) || value.find('\0') != std::string::npos) {
      refuse_parameter("'" + name + "' is not text in UTF-8");
    }
  }
}

std::optional<std::string> query_text(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return std::nullopt;
  return found->second;
}

std::optional<int> query_number(const Request& request, const std::string& name, int least,
                                int most) {
  const auto text = query_text(request, name);
  if (!text) return std::nullopt;
  int number = 0;
  const auto* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc{} || stop != end || number < least || number > most) {
    refuse_parameter("'" + name + "' must be a whole number from " + std::to_string(least) +
                     " to " + std::to_string(most) + ", not '" + *text + "'");
  }
  return number;
}

std::optional<base::Duration> query_wait(const Request& request, base::Duration most) {
  const auto text = query_text(request, "wait");
  if (!text) return std::nullopt;
  base::Duration wait{0};
  try {
    wait = base::parse_duration(*text);
  } catch (const std::invalid_argument& error) {
    refuse_parameter(std::string("'wait': ") + error.what());
  }
  if (wait > most) {
    refuse_parameter(
        "'wait' may be at most " + base::format_duration(most) +
        "; ask again for longer: GET /v1/sagas/{id}?wait=" + base::format_duration(most));
  }
  return wait;
}

base::SagaId saga_id(const std::string& text) {
  try {
    return base::SagaId::parse(text);
  } catch (const std::invalid_argument&) {
    throw ProblemError({404, "unknown_saga", "Unknown saga",
                        "'" + text + "' is not the id of a saga, which is a UUID"});
  }
}

int version_number(const std::string& text) {
  int version = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, version);
  if (error == std::errc{} && stop == end && version > 0) return version;
  throw ProblemError({404, "unknown_definition", "Unknown definition",
                      "'" + text + "' is not a version, which is a whole number from 1"});
}

std::string idempotency_key(const Request& request) {
  const auto key = request.header("idempotency-key");
  if (!key) return {};
  const bool has_control =
      std::any_of(key->begin(), key->end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (key->empty() || key->size() > kLongestKey || has_control || !base::is_utf8(*key)) {
    throw ProblemError({400, "bad_idempotency_key", "Bad Idempotency-Key",
                        "the header Idempotency-Key must be 1 to 255 bytes of UTF-8 without "
                        "control characters"});
  }
  return *key;
}

json::value json_body(const Request& request) {
  if (!is_json_type(request.header("content-type").value_or(""))) {
    throw ProblemError({415, "unsupported_media_type", "Unsupported media type",
                        "the body must be JSON: send it with the header "
                        "'Content-Type: application/json'"});
  }
  const base::DocumentLimits limits;
  if (request.body.size() > limits.max_bytes) {
    throw ProblemError({413, "too_large", "Body too large",
                        "the body has " + std::to_string(request.body.size()) + " bytes; at most " +
                            std::to_string(limits.max_bytes) + " are accepted"});
  }
  try {
    return base::parse_document(request.body, limits);
  } catch (const base::DocumentError& error) {
    check_syntax(request.body);
    throw ProblemError({400, "bad_document", "Bad document", error.what()});
  }
}

}  // namespace sagad::api
