#pragma once

#include <string>

namespace sagad::plugins {

/// Makes the code or message of a plugin's answer fit for JSON, the database and the log: bytes
/// that are not UTF-8, and NUL, become `?`, and what is longer than `max_bytes` is cut. Text of a
/// driver or of the outside world goes into messages, and an answer must not fail for it.
std::string clean_text(std::string text, std::size_t max_bytes);

}  // namespace sagad::plugins
