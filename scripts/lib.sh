# shellcheck shell=bash
# Shared by the scripts beside it; sourced, not run.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

# How many compilers at a time: one a core, but about 1.5 GB of memory for each.
# SAGAD_JOBS overrides it.
build_jobs() {
  local cores memory_kb by_memory
  cores=$(nproc)
  memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
  by_memory=$((memory_kb / 1500000))
  if ((by_memory < 1)); then
    by_memory=1
  fi
  echo "${SAGAD_JOBS:-$((cores < by_memory ? cores : by_memory))}"
}
