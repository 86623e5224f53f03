#include "sagactl/user.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>

namespace sagad::ctl {

std::string user_name() {
  const auto user = geteuid();
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return entry.pw_name;
  }
  return "uid " + std::to_string(user);
}

}  // namespace sagad::ctl
