#include "saga/decide.hpp"

#include "saga/decider.hpp"

namespace sagad::saga {

Decision decide(const definition::Definition& definition, Instance instance, const Event& event,
                DecideContext& context) {
  Decider decider(definition, std::move(instance), context);
  std::visit([&](const auto& happened) { decider.on(happened); }, event);
  return std::move(decider).finish();
}

Instance new_instance(const definition::Definition& definition, base::SagaId id, std::string key,
                      Document input, base::Time now) {
  Instance instance;
  instance.id = id;
  instance.definition = definition.name;
  instance.version = definition.version;
  instance.digest = definition.digest;
  instance.key = std::move(key);
  instance.input = std::move(input);
  instance.created_at = now;
  instance.updated_at = now;
  if (definition.deadline) instance.deadline_at = now + *definition.deadline;
  instance.steps.resize(definition.steps.size());
  for (auto& step : instance.steps) step.since = now;
  return instance;
}

}  // namespace sagad::saga
