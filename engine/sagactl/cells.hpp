#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace sagad::ctl {

/// Members of documents as text for tables. What is missing is null, and null is `-`.

const boost::json::value& member(const boost::json::object& object, std::string_view name);
/// Strings as they are, everything else as JSON.
std::string cell(const boost::json::value& value);
std::string cell(const boost::json::object& object, std::string_view name);
/// `12 s ago`
std::string time_cell(const boost::json::object& object, std::string_view name, base::Time now);
/// The time itself, and how long ago that is.
std::string moment_cell(const boost::json::object& object, std::string_view name, base::Time now);
/// `code: message` of an error.
std::string error_cell(const boost::json::value& error);
const boost::json::array& items(const boost::json::object& object, std::string_view name);

}  // namespace sagad::ctl
