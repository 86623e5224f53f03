#include "api/waiting.hpp"

#include "api/http.hpp"

namespace sagad::api {

WaitingRoom::Seat::Seat(WaitingRoom& room) : room_(room) {
  if (room_.free_.fetch_sub(1) > 0) return;
  room_.free_.fetch_add(1);
  throw ProblemError({.status = 429,
                      .code = "too_many_waiters",
                      .title = "Too many waiters",
                      .detail = "too many requests wait for sagas already; nothing was started: "
                                "ask without 'wait' and look at the saga later",
                      .retry_after = 1});
}

WaitingRoom::Seat::~Seat() { room_.free_.fetch_add(1); }

}  // namespace sagad::api
