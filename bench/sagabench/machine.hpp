#pragma once

#include <boost/json.hpp>

#include "sagabench/installation.hpp"

namespace sagad::bench {

/// Where and with what was measured: processor, memory, system, versions, settings.
boost::json::object describe_machine(const Installation& installation, const Options& options);

}  // namespace sagad::bench
