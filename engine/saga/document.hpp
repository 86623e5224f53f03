#pragma once

#include <memory>
#include <string>

#include "base/json.hpp"

namespace sagad::saga {

namespace json = boost::json;

/// A document that is written once and shared by copies of its instance.
using Document = std::shared_ptr<const json::value>;

struct Error {
  std::string code;
  std::string message;
  bool operator==(const Error&) const = default;
};

}  // namespace sagad::saga
