#pragma once

#include <string>

namespace sagad::ctl {

/// Who runs this program, for the record: the login name, or the user's number.
std::string user_name();

}  // namespace sagad::ctl
