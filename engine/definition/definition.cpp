#include "definition/definition.hpp"

namespace sagad::definition {

const Step* Definition::find_step(std::string_view id) const {
  for (const auto& step : steps) {
    if (step.id == id) return &step;
  }
  return nullptr;
}

bool Template::is_null() const {
  const auto* constant = std::get_if<json::value>(&root);
  return constant != nullptr && constant->is_null();
}

}  // namespace sagad::definition
