# How a layer, a program and a test are declared.

include(GoogleTest)

# Adds each of the directories that has a CMakeLists.txt.
macro(sagad_add_subdirectories)
  foreach(sagad_directory IN ITEMS ${ARGN})
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${sagad_directory}/CMakeLists.txt")
      add_subdirectory(${sagad_directory})
    endif()
  endforeach()
endmacro()

# A layer of the engine: static library sagad_<name>, alias sagad::<name>.
# Without SOURCES it is a library of headers only.
#   sagad_layer(saga SOURCES decide.cpp PUBLIC sagad::definition PRIVATE sagad_dep::crypto)
function(sagad_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC;PRIVATE")
  set(target sagad_${name})
  if(NOT arg_SOURCES)
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE "${PROJECT_SOURCE_DIR}/engine")
    target_link_libraries(${target} INTERFACE sagad_build_options ${arg_PUBLIC} ${arg_PRIVATE})
  else()
    add_library(${target} STATIC ${arg_SOURCES})
    target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}/engine")
    target_link_libraries(${target}
      PUBLIC sagad_build_options ${arg_PUBLIC}
      PRIVATE sagad_warnings ${arg_PRIVATE})
    sagad_use_pch(${target} sagad_pch)
  endif()
  add_library(sagad::${name} ALIAS ${target})
endfunction()

# A program, built into <build>/bin and installed.
#   sagad_program(sagactl SOURCES main.cpp LIBS sagad::definition sagad_dep::cli11)
function(sagad_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/engine")
  target_link_libraries(${name} PRIVATE sagad_build_options sagad_warnings ${arg_LIBS})
  sagad_use_pch(${name} sagad_pch)
  install(TARGETS ${name} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endfunction()

# A GoogleTest program; every test case becomes a ctest test of its own.
#   sagad_test(backoff_test SOURCES backoff_test.cpp LIBS sagad::base LABEL unit TIMEOUT 30)
# LABEL: unit (default) postgres jetstream scenarios integration faults.
# TIMEOUT: seconds for one test case (default 60).
# TOGETHER: one ctest test for the whole program, whose cases then share servers.
function(sagad_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TOGETHER" "LABEL;TIMEOUT" "SOURCES;LIBS")
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  target_include_directories(${name} PRIVATE
    "${PROJECT_SOURCE_DIR}/engine" "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(${name} PRIVATE
    sagad_build_options sagad_warnings ${arg_LIBS} GTest::gtest_main GTest::gtest GTest::gmock)
  sagad_use_pch(${name} sagad_tests_pch)
  if(arg_TOGETHER)
    add_test(NAME ${arg_LABEL}/${name} COMMAND ${name})
    set_tests_properties(${arg_LABEL}/${name} PROPERTIES
      LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
    return()
  endif()
  gtest_discover_tests(${name}
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    TEST_PREFIX "${arg_LABEL}/"
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()
