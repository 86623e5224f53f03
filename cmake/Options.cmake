# What can be switched, and the language settings that every target shares.

option(SAGAD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(SAGAD_BENCH "Build the bench (scripts/bench)" OFF)
option(SAGAD_FUZZ "Build the fuzzers, with clang (scripts/fuzz)" OFF)
option(SAGAD_WERROR "Treat compiler warnings as errors" OFF)
option(SAGAD_PCH "Use precompiled headers" ON)
option(SAGAD_CCACHE "Use ccache if it is installed" ON)
set(SAGAD_SANITIZE "" CACHE STRING
  "Sanitizers, separated by semicolons: address;undefined or thread")

include(GNUInstallDirs)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()
