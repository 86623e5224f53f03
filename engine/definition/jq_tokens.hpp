#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sagad::definition {

/// What is wrong with the text of an expression, as one sentence without position.
class ExpressionSyntaxError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A piece of a jq program.
struct JqToken {
  enum class Kind {
    kField,      ///< `.name`; text is the name
    kDot,        ///< `.`
    kRecurse,    ///< `..`
    kName,       ///< a keyword or the name of a function
    kVariable,   ///< `$name`; text is the name
    kFormat,     ///< `@name`; text is the name
    kNumber,     ///< as written
    kString,     ///< a string without interpolation; text is its value
    kOpenText,   ///< `"` of a string that has interpolations
    kCloseText,  ///< its end
    kOpen,       ///< ( [ { or `\(`, which is text `(`
    kClose,      ///< ) ] }
    kOperator,   ///< all the rest
  };
  Kind kind;
  std::string text;

  bool is(Kind wanted, std::string_view wanted_text) const {
    return kind == wanted && text == wanted_text;
  }
};

/// The tokens of one `${ … }`, and where its text ends.
struct JqScan {
  std::vector<JqToken> tokens;
  std::size_t end;  ///< of the closing brace in the scanned text
};

/// Scans jq from `start` up to the `}` that has no opening brace. Throws ExpressionSyntaxError.
JqScan scan_jq(std::string_view text, std::size_t start);

}  // namespace sagad::definition
