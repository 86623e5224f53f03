#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sagad::bench {

/// The child of this process that runs the program `name` (its first 15 characters), or -1.
pid_t child_named(const std::string& name);

/// CPU time that a process and its children have used, also those children that have ended and
/// were awaited (server processes of PostgreSQL end with their sessions), in microseconds. The
/// kernel counts it in ticks of 10 ms, a process. 0 if there is no such process.
std::int64_t cpu_micros(pid_t process);

/// What the process and its children hold in memory, in KiB: the proportional share of what they
/// share, so that the shared buffers of PostgreSQL count once.
std::int64_t memory_kib(pid_t process);

}  // namespace sagad::bench
