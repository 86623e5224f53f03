#pragma once

#include "api/router.hpp"
#include "runtime/signals.hpp"

namespace sagad::api {

/// Adds `POST /v1/sagas/{id}/signals/{name}` and `POST /v1/signals/{name}?definition=&key=`.
/// `signals` outlives the router.
void add_signal_routes(Router& router, runtime::Signals& signals);

}  // namespace sagad::api
