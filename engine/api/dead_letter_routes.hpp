#pragma once

#include "api/router.hpp"
#include "runtime/dead_letters.hpp"

namespace sagad::api {

/// Adds `/v1/dead-letters…`: list, show, redrive, discard, one or many. `letters` outlives the
/// router.
void add_dead_letter_routes(Router& router, runtime::DeadLetters& letters);

}  // namespace sagad::api
