#pragma once

#include "base/json.hpp"

namespace sagad::definition {

namespace json = boost::json;

/// Checks that a schema uses only keywords that are supported, each with a value that it may
/// have. Throws SchemaError.
void check_schema_keywords(const json::value& schema);

/// Rewrites `pattern` so that it is tried only on strings that are not too long: std::regex needs
/// stack for every character. The schema has passed check_schema_keywords.
json::value guard_patterns(const json::value& schema);

}  // namespace sagad::definition
