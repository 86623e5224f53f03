#pragma once

#include <exception>

#include "base/time.hpp"
#include "ports/bus.hpp"
#include "ports/errors.hpp"

namespace sagad::runtime {

/// After what a message that could not be handled alone comes again.
inline constexpr base::Duration kAloneDelay{1000};
/// So many that could not be had are enough for one batch: each costs a lock timeout.
inline constexpr int kMostUnavailable = 4;

/// What became of a message that was taken alone.
enum class Tried {
  kDone,
  kAgain,        ///< NAKed: it comes again
  kUnavailable,  ///< likewise, because the database did not do its part
};

/// Handles one message of a batch that has failed, and NAKs it if that fails, too. `run` throws if
/// it has failed. Trouble of the database and a deadlock that lasts say nothing about the message;
/// any other error goes to `give_up`, which returns true if it has made of the message what can
/// only be stored: then that is tried. False lets it come again, later each time.
template <typename Run, typename GiveUp>
Tried try_alone(ports::Delivery& delivery, const Run& run, const GiveUp& give_up) {
  for (;;) {
    try {
      run();
      return Tried::kDone;
    } catch (const ports::Unavailable&) {
      delivery.nak(kAloneDelay);
      return Tried::kUnavailable;
    } catch (const ports::CommitUnknown&) {
      delivery.nak(kAloneDelay);
      return Tried::kUnavailable;
    } catch (const ports::Conflict&) {
      delivery.nak(kAloneDelay);
      return Tried::kAgain;
    } catch (const std::exception& error) {
      if (give_up(error)) continue;
      delivery.nak(kAloneDelay * static_cast<int>(delivery.deliveries()));
      return Tried::kAgain;
    }
  }
}

}  // namespace sagad::runtime
