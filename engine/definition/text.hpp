#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace sagad::definition {

/// `'text'`, cut to a length that fits in a message.
std::string in_quotes(std::string_view text);

/// JSON text for people and for splices: doubles as `1.5` and not as `1.5E0`.
std::string json_text(const boost::json::value& value);

/// Whether `text` is a lower-case letter followed by lower-case letters, digits and characters of
/// `others`, at most `max_length` in all.
bool is_name(std::string_view text, std::string_view others, std::size_t max_length);

}  // namespace sagad::definition
