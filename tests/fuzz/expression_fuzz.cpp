// The first line is an expression, the rest a document, which is both the saga's input and the
// output of the step before. The expression is refused at load, fails as an ExpressionError, or
// yields a document that can be carried; twice the same.

#include "base/json.hpp"
#include "definition/loader.hpp"
#include "fuzz/fuzz_target.hpp"

namespace sagad::fuzz {
namespace {

namespace json = boost::json;

definition::DefinitionPtr load(std::string_view expression) {
  const json::value step = {{"id", "first"}, {"action", "a.b"}};
  const auto text = "${ " + std::string(expression) + " }";
  const json::value second = {{"id", "second"}, {"action", "a.b"}, {"input", text}};
  const json::value root = {{"name", "fuzz"}, {"steps", {step, second}}};
  try {
    return definition::load_canonical(json::serialize(root));
  } catch (const definition::DefinitionError& error) {
    require(!error.problems().empty(), "a refusal names its problems");
    return nullptr;
  }
}

json::value document_of(std::string_view text) {
  try {
    return base::parse_document(text);
  } catch (const base::DocumentError&) {
    return {{"a", {1, 2.5, nullptr, "text"}}, {"b", true}};
  }
}

/// Its canonical text, or what was wrong.
std::string evaluated(definition::Evaluator& evaluator, const definition::Template& value,
                      const json::value& document) {
  const std::vector<const json::value*> outputs{&document, nullptr};
  const std::string name = "fuzz";
  const std::string key = "key-1";
  const definition::Scope scope{document, outputs, {{}, name, 1, key, {}}};
  try {
    return base::canonical_json(evaluator.evaluate(value, scope));
  } catch (const definition::ExpressionError& error) {
    return std::string("error: ") + error.what();
  }
}

}  // namespace
}  // namespace sagad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sagad;
  const auto text = fuzz::text_of(data, size);
  const auto line = text.find('\n');
  const auto loaded = fuzz::load(text.substr(0, line));
  if (loaded == nullptr) return 0;
  const auto document =
      fuzz::document_of(line == std::string_view::npos ? "" : text.substr(line + 1));
  const auto evaluator = definition::make_evaluator(loaded);
  const auto& value = loaded->steps.at(1).action.input;
  const auto first = fuzz::evaluated(*evaluator, value, document);
  fuzz::require(first == fuzz::evaluated(*evaluator, value, document),
                "the same scope gives the same value", first);
  return 0;
}
