# Everything from outside, as targets named sagad_dep::<what>.

include(SagadSdkDependencies)

# Creates sagad_dep::<name> from a header and, if LIBRARIES are given, the
# libraries beside it: for packages without pkg-config or CMake files.
#   sagad_dependency_from_files(jq jq.h libjq-dev LIBRARIES jq)
function(sagad_dependency_from_files name header package)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "LIBRARIES")
  find_path(SAGAD_DEP_${name}_INCLUDE_DIR "${header}")
  mark_as_advanced(SAGAD_DEP_${name}_INCLUDE_DIR)
  if(NOT SAGAD_DEP_${name}_INCLUDE_DIR)
    sagad_missing_dependency("${header}" "${package}")
  endif()
  add_library(sagad_dep::${name} INTERFACE IMPORTED)
  target_include_directories(sagad_dep::${name} INTERFACE
    "${SAGAD_DEP_${name}_INCLUDE_DIR}")
  foreach(library IN LISTS arg_LIBRARIES)
    find_library(SAGAD_DEP_${library}_LIBRARY ${library})
    mark_as_advanced(SAGAD_DEP_${library}_LIBRARY)
    if(NOT SAGAD_DEP_${library}_LIBRARY)
      sagad_missing_dependency("lib${library}" "${package}")
    endif()
    target_link_libraries(sagad_dep::${name} INTERFACE "${SAGAD_DEP_${library}_LIBRARY}")
  endforeach()
endfunction()

sagad_dependency_from_pkg_config(yaml "yaml-cpp>=0.7" libyaml-cpp-dev)
sagad_dependency_from_pkg_config(spdlog "spdlog>=1.10" libspdlog-dev)
sagad_dependency_from_pkg_config(crypto "libcrypto>=3.0" libssl-dev)
# Not by its CMake package, which wants civetweb and curl for parts unused here.
sagad_dependency_from_pkg_config(prometheus "prometheus-cpp-core>=1.0" prometheus-cpp-dev)
# Not by its CMake package, which wants libprotobuf-c.
sagad_dependency_from_pkg_config(nats "libnats>=3.4" libnats-dev)
# Debian splits the header in two; the flags decide the layout of its classes.
sagad_dependency_from_pkg_config(httplib "cpp-httplib>=0.11" libcpp-httplib-dev)

# libjq depends on oniguruma by itself; we only call libjq.
sagad_dependency_from_files(jq jq.h libjq-dev LIBRARIES jq)

sagad_dependency_from_files(valijson valijson/validator.hpp libvalijson-dev)
# Without exceptions a mistake in a schema aborts the process.
target_compile_definitions(sagad_dep::valijson INTERFACE VALIJSON_USE_EXCEPTIONS=1)

sagad_dependency_from_files(cli11 CLI/CLI.hpp libcli11-dev)

add_library(sagad_dep::dll INTERFACE IMPORTED)
target_link_libraries(sagad_dep::dll INTERFACE Boost::headers ${CMAKE_DL_LIBS})
target_compile_definitions(sagad_dep::dll INTERFACE BOOST_DLL_USE_STD_FS)

if(SAGAD_TESTS)
  find_package(GTest CONFIG QUIET)
  if(NOT TARGET GTest::gmock)
    sagad_missing_dependency("GoogleTest with GoogleMock" "libgtest-dev and libgmock-dev")
  endif()
endif()

if(SAGAD_BENCH)
  find_package(benchmark CONFIG QUIET)
  if(NOT TARGET benchmark::benchmark)
    sagad_missing_dependency("Google Benchmark" "libbenchmark-dev (scripts/bootstrap --bench)")
  endif()
  add_library(sagad_dep::benchmark INTERFACE IMPORTED)
  target_link_libraries(sagad_dep::benchmark INTERFACE benchmark::benchmark)
endif()
