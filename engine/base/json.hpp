#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sagad::base {

namespace json = boost::json;

/// What a document may be at every door of the engine (API, bus, start from SQL, output of a
/// plugin).
struct DocumentLimits {
  std::size_t max_bytes = 256 * 1024;  ///< of the serialized text
  std::size_t max_depth = 64;
};

/// A document that may not come in. what() says where in it (a JSON Pointer, RFC 6901) and why.
class DocumentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Parses `text` and refuses what the engine could not carry exactly: integers outside int64 and
/// uint64, non-finite numbers (Boost.JSON reads 1e400), NUL characters, invalid UTF-8, duplicate
/// too much depth or size. Of a key given twice the last one counts. Throws DocumentError.
json::value parse_document(std::string_view text, const DocumentLimits& limits = {});

/// The same checks for a value that is already parsed (what a plugin returned); the size is that
/// of its serialized text. Throws DocumentError.
void check_document(const json::value& value, const DocumentLimits& limits = {});

/// Canonical text: keys of every object sorted by their bytes, no white space. Two documents are
/// the same exactly if their canonical texts are: the comparison of a start with a known key.
std::string canonical_json(const json::value& value);

}  // namespace sagad::base
