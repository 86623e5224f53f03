#pragma once

#include <boost/json.hpp>
#include <stdexcept>

#include "definition/jq_analysis.hpp"
#include "definition/jq_c.hpp"

namespace sagad::definition {

/// A number that cannot go into jq, or come out of it, as what it is.
class InexactNumberError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Owns one reference to a value of jq.
class JvValue {
 public:
  explicit JvValue(jv value) : value_(value) {}
  JvValue(const JvValue&) = delete;
  JvValue& operator=(const JvValue&) = delete;
  ~JvValue() { jv_free(value_); }

  /// Stays the owner.
  jv borrow() const { return value_; }
  /// Gives its reference away and holds nothing.
  jv release();
  /// For a new reference in its place.
  void reset(jv value);

 private:
  jv value_;
};

/// What `tree` names of a value, as jq's. The caller owns the result. Throws InexactNumberError
/// for an integer beyond 2^53.
jv to_jv(const json::value& value, const ReadTree& tree);

/// Keys come out sorted; whole numbers as int64. Takes no ownership. Throws InexactNumberError
/// for whole numbers from 2^53 on, which may have been rounded, and for NaN and infinity.
json::value from_jv(jv value);

}  // namespace sagad::definition
