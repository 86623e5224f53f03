#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "definition/definition.hpp"

namespace sagad::definition {

/// What is wrong with a schema itself, with the JSON Pointer of the place.
class SchemaError : public std::runtime_error {
 public:
  SchemaError(std::string pointer, const std::string& message)
      : std::runtime_error(message), pointer_(std::move(pointer)) {}
  const std::string& pointer() const { return pointer_; }

 private:
  std::string pointer_;
};

/// Compiles a JSON Schema (draft 7). Unknown keywords and `format` are refused; `pattern` needs a
/// `maxLength` of at most 1,000 beside it, checked before the pattern. Throws SchemaError.
std::shared_ptr<const InputSchema> compile_schema(const json::value& schema);

}  // namespace sagad::definition
