#include "api/waiting.hpp"

#include "api/http.hpp"

namespace sagad::api {

WaitingRoom::Seat::Seat(WaitingRoom& room, std::nothrow_t)
    : room_(room), taken_(room.free_.fetch_sub(1) > 0) {
  if (!taken_) room_.free_.fetch_add(1);
}

WaitingRoom::Seat::Seat(WaitingRoom& room) : Seat(room, std::nothrow) {
  if (taken_) return;
  throw ProblemError({.status = 429,
                      .code = "too_many_waiters",
                      .title = "Too many waiters",
                      .detail = "too many requests wait for sagas already; nothing was started: "
                                "ask without 'wait' and look at the saga later",
                      .retry_after = 1});
}

WaitingRoom::Seat::~Seat() {
  if (taken_) room_.free_.fetch_add(1);
}

}  // namespace sagad::api
