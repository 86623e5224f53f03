#pragma once

#include <memory>

#include "api/router.hpp"
#include "api/services.hpp"
#include "api/waiting.hpp"

namespace sagad::api {

/// Adds `/v1/sagas…`: start, get, history, list. The services and the waiting room outlive the
/// router.
void add_saga_routes(Router& router, SagaServices services, WaitingRoom& waiting);

/// Adds `/v1/definitions…`: list, get, activate and retire a version.
void add_definition_routes(Router& router, runtime::Definitions& definitions);

}  // namespace sagad::api
