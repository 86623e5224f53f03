#include "postgres/tags.hpp"

#include <unordered_map>

#include "postgres/queries.gen.hpp"
#include "postgres/rows.hpp"

namespace sagad::postgres {

TagColumns::TagColumns(std::span<const saga::Decision* const> decisions) {
  for (const saga::Decision* decision : decisions) {
    for (const auto& [tag, text] : decision->instance.tags) {
      saga.add(decision->instance.id);
      name.add(tag);
      value.add(text);
    }
  }
}

void read_tags(Connection& connection, std::span<saga::Instance> instances) {
  if (instances.empty()) return;
  UuidArray ids(instances.size());
  std::unordered_map<base::SagaId, saga::Instance*> by_id;
  for (saga::Instance& instance : instances) {
    ids.add(instance.id);
    by_id.emplace(instance.id, &instance);
  }
  for (const auto& row : connection.exec(queries::kTagRead, ids)) {
    by_id.at(to_id(row[0]))->tags.emplace(text(row[1]), text(row[2]));
  }
}

}  // namespace sagad::postgres
