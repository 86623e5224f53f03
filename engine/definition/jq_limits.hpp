#pragma once

#include <cstddef>
#include <vector>

#include "definition/jq_tokens.hpp"

namespace sagad::definition {

// What must be written out in an expression because jq 1.6 aborts, loops or takes all memory on
// some computed values (NaN above all). `at` is the index of a token. They throw
// ExpressionSyntaxError.

/// A number that jq holds exactly.
void check_number(const JqToken& token);

/// At the bracket behind `range`: whole numbers up to 1,000, no step of 0.
void check_range(const std::vector<JqToken>& tokens, std::size_t at);

/// At the colon of a slice: numbers on both sides, or nothing.
void check_slice(const std::vector<JqToken>& tokens, std::size_t at);

/// Whether the bracket encloses nothing, a string, a number, or a slice.
bool is_literal_index(const std::vector<JqToken>& tokens, std::size_t at);

}  // namespace sagad::definition
