#pragma once

#include <string>
#include <vector>

#include "sagactl/script.hpp"
#include "sagactl/trial.hpp"

namespace sagad::ctl {

/// Where a trial is not what its script expects: one text each, of one or more lines. Empty if all
/// is as expected.
std::vector<std::string> differences(const Expectations& expect, const Trial& trial);

/// Two lists as a diff: `  same`, `- only expected`, `+ only there`, one a line.
std::string diff_lines(const std::vector<std::string>& expected,
                       const std::vector<std::string>& actual);

}  // namespace sagad::ctl
