#include <algorithm>

#include "api/fields.hpp"
#include "api/parameters.hpp"
#include "api/saga_routes.hpp"
#include "api/saga_view.hpp"

namespace sagad::api {
namespace {

std::vector<ports::StoredDefinition> sorted(runtime::Definitions& definitions) {
  auto all = definitions.list();
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.name != b.name ? a.name < b.name : a.version > b.version;
  });
  return all;
}

/// With `live`: how many sagas that have not ended are pinned to this digest.
json::object with_use(const ports::StoredDefinition& definition,
                      const std::map<std::string, std::int64_t>& live) {
  auto view = definition_view(definition);
  const auto found = live.find(definition.digest);
  view["live"] = found == live.end() ? 0 : found->second;
  return view;
}

Response list(const Request& request, runtime::Definitions& definitions) {
  check_query(request, {});
  const auto live = definitions.live();
  json::array items;
  for (const auto& definition : sorted(definitions)) items.push_back(with_use(definition, live));
  return json_response(json::object{{"definitions", std::move(items)}});
}

Response get(const Request& request, runtime::Definitions& definitions) {
  check_query(request, {});
  const auto& name = request.parameters.at(0);
  const auto live = definitions.live();
  json::array versions;
  for (const auto& definition : sorted(definitions)) {
    if (definition.name != name) continue;
    auto version = with_use(definition, live);
    version["definition"] = json::parse(definition.canonical);
    versions.push_back(std::move(version));
  }
  if (versions.empty()) {
    throw ProblemError(
        {404, "unknown_definition", "Unknown definition",
         "there is no definition '" + name + "'; GET /v1/definitions lists what there is"});
  }
  return json_response(json::object{{"name", name}, {"versions", std::move(versions)}});
}

Response set_state(const Request& request, runtime::Definitions& definitions,
                   ports::DefinitionState state) {
  check_query(request, {});
  const Fields fields(json_body(request), {"by", "reason"});
  ports::StateChange change;
  change.name = request.parameters.at(0);
  change.version = version_number(request.parameters.at(1));
  change.state = state;
  change.by = fields.text("by").value_or("");
  change.reason = fields.text("reason").value_or("");
  const auto changed = definitions.set_state(change);
  if (!changed) {
    throw ProblemError({404, "unknown_definition", "Unknown definition",
                        "there is no definition '" + change.name + "' in version " +
                            request.parameters.at(1) +
                            "; GET /v1/definitions lists what there is"});
  }
  return json_response(
      json::object{{"name", change.name},
                   {"version", change.version},
                   {"state", state == ports::DefinitionState::kActive ? "active" : "retired"},
                   {"changed", *changed}});
}

}  // namespace

void add_definition_routes(Router& router, runtime::Definitions& definitions) {
  using State = ports::DefinitionState;
  router.add("GET", "/v1/definitions",
             [&definitions](const Request& request) { return list(request, definitions); });
  router.add("GET", "/v1/definitions/*",
             [&definitions](const Request& request) { return get(request, definitions); });
  router.add("POST", "/v1/definitions/*/versions/*/activate", [&definitions](const Request& r) {
    return set_state(r, definitions, State::kActive);
  });
  router.add("POST", "/v1/definitions/*/versions/*/retire", [&definitions](const Request& r) {
    return set_state(r, definitions, State::kRetired);
  });
}

}  // namespace sagad::api
