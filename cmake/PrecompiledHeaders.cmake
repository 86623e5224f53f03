# One precompiled header for the engine, one for the tests.
#
# A precompiled header is only valid for compilations with the same flags, so
# all targets that share one take the same options from sagad_build_options.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# The two libraries in the header are linked by every target: their compile
# definitions are part of "the same flags". The linker drops what is not used.
add_library(sagad_build_options INTERFACE)
target_compile_options(sagad_build_options INTERFACE -fPIC -pthread)
target_link_libraries(sagad_build_options INTERFACE
  Threads::Threads sagad_dep::json sagad_dep::spdlog)

# -fPIC everywhere, and not -fPIE for programs: see above.
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)

set(sagad_pch_source "${PROJECT_BINARY_DIR}/pch/empty.cpp")
file(CONFIGURE OUTPUT "${sagad_pch_source}" CONTENT "// Carries a precompiled header.\n")

# Makes the target <name> that carries the precompiled <header>.
function(sagad_add_pch name header)
  add_library(${name} OBJECT EXCLUDE_FROM_ALL "${sagad_pch_source}")
  target_link_libraries(${name} PRIVATE sagad_build_options sagad_warnings ${ARGN})
  target_precompile_headers(${name} PRIVATE "${header}")
endfunction()

# Lets <target> use the precompiled header of <pch>.
function(sagad_use_pch target pch)
  if(SAGAD_PCH)
    target_precompile_headers(${target} REUSE_FROM ${pch})
  endif()
endfunction()

if(SAGAD_PCH)
  sagad_add_pch(sagad_pch "${PROJECT_SOURCE_DIR}/cmake/pch/engine.hpp")
  if(SAGAD_TESTS)
    sagad_add_pch(sagad_tests_pch "${PROJECT_SOURCE_DIR}/cmake/pch/tests.hpp"
      GTest::gtest GTest::gmock)
  endif()
endif()
