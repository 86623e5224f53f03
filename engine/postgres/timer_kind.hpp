#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "saga/decide.hpp"

/// How the table sagad.timer names the kinds; the table's CHECK knows the same words.
namespace sagad::postgres {

inline std::string_view to_string(saga::event::TimerFired::Kind kind) {
  return kind == saga::event::TimerFired::Kind::kRetry ? "retry" : "total_timeout";
}

inline saga::event::TimerFired::Kind parse_timer_kind(std::string_view text) {
  if (text == "retry") return saga::event::TimerFired::Kind::kRetry;
  if (text == "total_timeout") return saga::event::TimerFired::Kind::kTotalTimeout;
  throw std::logic_error("sagad.timer has a row of the unknown kind '" + std::string(text) + "'");
}

}  // namespace sagad::postgres
