#include "sagad/probes.hpp"

#include <vector>

#include "ports/errors.hpp"

namespace sagad::daemon {

std::optional<std::string> DatabaseProbe::problem() {
  const std::lock_guard lock(mutex_);
  try {
    if (!store_) store_ = make_();
    store_->begin()->find(std::vector{ports::ExecutionKey{}});
    return std::nullopt;
  } catch (const ports::Unavailable& error) {
    store_.reset();
    return error.what();
  }
}

}  // namespace sagad::daemon
