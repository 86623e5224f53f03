#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace sagad::definition {

namespace json = boost::json;

/// Where something stands in a file; line and column count from 1.
struct Position {
  std::string file;
  int line = 0;
  int column = 0;

  /// `file:line:column`
  std::string str() const;
};

/// One element of a plain path: a key, or an index into an array.
using PathElement = std::variant<std::string, std::int64_t>;

/// `.input.a.b`, `.steps.pay.output.lines[0]`, `.saga.id`, `.item.price`: evaluated natively, exact
/// for int64 and uint64. As in jq, a key that is not there (and any key of null) is null; a key of
/// a number, string, bool or array is an error.
struct PlainPath {
  enum class Root { kInput, kStepOutput, kSaga, kItem, kIndex };
  Root root;
  int step = -1;  ///< index of the step, with kStepOutput
  std::vector<PathElement> elements;
};

/// Anything else: the number of its branch in the definition's one jq program.
struct JqBranch {
  int number;
};

/// One `${ … }`. A value, made by the loader, which has checked that it names only what it may.
struct Expression {
  std::string text;  ///< as written, without `${` and `}`
  Position position;
  std::variant<PlainPath, JqBranch> code;
  std::vector<int> steps;  ///< indices of the steps whose output it reads, sorted
};

/// A JSON value with expressions in it. A string that is exactly one expression becomes the
/// value of the expression; otherwise expressions are spliced into the string (strings as they
/// are, everything else as JSON text).
struct Template {
  struct Splice {
    std::vector<std::variant<std::string, Expression>> parts;
  };
  struct Array;
  struct Object;
  using Node = std::variant<json::value, Expression, Splice, std::shared_ptr<const Array>,
                            std::shared_ptr<const Object>>;
  struct Array {
    std::vector<Node> items;
  };
  struct Object {
    std::vector<std::pair<std::string, Node>> members;
  };

  Node root;
  Position position;
  std::vector<int> steps;  ///< indices of the steps whose output it reads, sorted

  bool is_null() const;
};

/// What expressions see. References stay valid while the scope lives; it owns nothing.
struct Scope {
  struct Saga {
    base::SagaId id;
    const std::string& definition;
    int version;
    const std::string& key;  ///< empty without one
    base::Time started_at;
  };
  const json::value& input;
  /// By step index: the step's output, or nullptr where there is none (seen as null).
  std::span<const json::value* const> outputs;
  Saga saga;
  const json::value* item = nullptr;  ///< within a `foreach`; else seen as null
  std::int64_t index = 0;             ///< of the item, from 0
};

/// An expression that did not yield exactly one value, or that met an integer beyond 2^53 in a
/// computed expression. what() begins with file:line.
class ExpressionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Evaluates expressions of one definition. Holds the compiled jq program (16 ms to compile, none
/// if all expressions are plain paths), so: one a thread and definition, made at load, never
/// inside a transaction. Not thread-safe. Throws ExpressionError.
class Evaluator {
 public:
  Evaluator() = default;
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;
  virtual ~Evaluator() = default;

  virtual json::value evaluate(const Template& value, const Scope& scope) = 0;
  /// For `when`: anything but true or false is an ExpressionError.
  virtual bool evaluate_condition(const Expression& condition, const Scope& scope) = 0;
  /// For `foreach`: anything but a list is an ExpressionError.
  virtual json::array evaluate_list(const Expression& list, const Scope& scope) = 0;
};

}  // namespace sagad::definition
