#pragma once

#include "api/router.hpp"
#include "api/services.hpp"
#include "api/waiting.hpp"

namespace sagad::api {

/// Adds the verbs of operators, `POST /v1/sagas/{id}/cancel|pause|resume|retry|fail` and
/// `POST /v1/sagas/{id}/steps/{step}/skip|complete|edit|retry`. The services and the waiting room
/// outlive the router.
void add_operator_routes(Router& router, SagaServices services, WaitingRoom& waiting);

}  // namespace sagad::api
