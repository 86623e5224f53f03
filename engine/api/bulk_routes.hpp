#pragma once

#include "api/router.hpp"
#include "api/services.hpp"
#include "api/waiting.hpp"

namespace sagad::api {

/// Adds `POST /v1/sagas/bulk`: a verb of operators for all live sagas that a filter lets pass. One
/// request works for some seconds and gives a cursor; nothing is kept between requests, so that a
/// run that was interrupted is just run again. The services and the waiting room outlive the
/// router.
void add_bulk_routes(Router& router, SagaServices services, WaitingRoom& waiting);

}  // namespace sagad::api
