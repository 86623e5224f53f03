#pragma once

#include <cstdint>
#include <string>

namespace sagad::dev {

/// A TCP port of 127.0.0.1 on which nobody listens now, between 20000 and
/// 32000: below the range from which the kernel gives ports to outgoing
/// connections, so that a server finds its port free again after a restart.
/// Another process may still be faster; whoever starts a server has to try
/// again. Throws std::runtime_error if it finds none.
std::uint16_t free_port();

/// What a server on 127.0.0.1:`port` says first, up to one read; empty if
/// nobody listens or nothing comes within a second.
std::string greeting_of(std::uint16_t port);

}  // namespace sagad::dev
