#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string>

namespace sagad::bench {

/// Draws the figures of a report (report.hpp) as SVG into the folder, by gnuplot, and writes
/// beside them, to measured.txt, the command, the machine and `table`. Throws std::runtime_error.
void draw_plots(const boost::json::object& report, const std::string& table,
                const std::filesystem::path& folder);

}  // namespace sagad::bench
