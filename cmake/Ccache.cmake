# ccache, where it is installed.

if(NOT SAGAD_CCACHE OR NOT PROJECT_IS_TOP_LEVEL OR CMAKE_CXX_COMPILER_LAUNCHER)
  return()
endif()
find_program(SAGAD_CCACHE_PROGRAM ccache)
mark_as_advanced(SAGAD_CCACHE_PROGRAM)
if(NOT SAGAD_CCACHE_PROGRAM)
  return()
endif()

# A precompiled header hides macros and times from ccache; without this
# sloppiness it refuses to cache whatever uses one. Paths are taken relative to
# the checkout, so that a clone elsewhere finds what this one has compiled.
set(CMAKE_CXX_COMPILER_LAUNCHER
  "${CMAKE_COMMAND}" -E env
  "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
  "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
  "${SAGAD_CCACHE_PROGRAM}")
if(SAGAD_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)
endif()
