#pragma once

#include "jetstream/bus.hpp"
#include "jetstream/native.hpp"

namespace sagad::jetstream {

/// The client's options for a connection that does not reconnect by itself. Throws
/// std::runtime_error that names the option that the client refuses (a file that is not there).
OptionsPtr make_link_options(const BusOptions& options);

}  // namespace sagad::jetstream
