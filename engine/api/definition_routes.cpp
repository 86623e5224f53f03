#include <algorithm>

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

Response list(const Request& request, runtime::Definitions& definitions) {
  check_query(request, {});
  json::array items;
  for (const auto& definition : sorted(definitions)) items.push_back(definition_view(definition));
  return json_response(json::object{{"definitions", std::move(items)}});
}

Response get(const Request& request, runtime::Definitions& definitions) {
  check_query(request, {});
  const auto& name = request.parameters.at(0);
  json::array versions;
  for (const auto& definition : sorted(definitions)) {
    if (definition.name != name) continue;
    auto version = definition_view(definition);
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

}  // namespace

void add_definition_routes(Router& router, runtime::Definitions& definitions) {
  router.add("GET", "/v1/definitions",
             [&definitions](const Request& request) { return list(request, definitions); });
  router.add("GET", "/v1/definitions/*",
             [&definitions](const Request& request) { return get(request, definitions); });
}

}  // namespace sagad::api
