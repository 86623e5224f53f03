#pragma once

#include <boost/json.hpp>
#include <ostream>

#include "sagabench/growth.hpp"
#include "sagabench/rounds.hpp"

namespace sagad::bench {

/// The results with the keys that docs/performance/README.md lists.
boost::json::object to_json(const Results& results, boost::json::object machine);

boost::json::object to_json(const GrowthResults& results);

/// For people: ratios first.
void print_table(const Results& results, const boost::json::object& machine, std::ostream& out);
void print_growth(const GrowthResults& results, std::ostream& out);

}  // namespace sagad::bench
