# How a plugin is built: ours and everybody's. Installed with the package.

include(GNUInstallDirs)

# A plugin <name>.so, built into <build>/plugins and installed to
# <libdir>/sagad/plugins. The sources see
#   SAGAD_PLUGIN_NAME, SAGAD_PLUGIN_VERSION   strings
#   "<name>_migrations.gen.hpp"   kMigrations[], of sagad::Migration; from MIGRATIONS,
#                                 files named 0001_initial.sql
#   "<name>_queries.gen.hpp"      queries::kX and queries::kAllQueries; from QUERIES,
#                                 files of blocks that begin with "-- name: X"
#
#   sagad_add_plugin(acme_shipping VERSION 0.3.1
#     SOURCES plugin.cpp reserve.cpp release.cpp
#     MIGRATIONS sql/0001_initial.sql
#     QUERIES sql/queries.sql)
function(sagad_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "VERSION" "SOURCES;MIGRATIONS;QUERIES")
  if(NOT arg_VERSION MATCHES "^[0-9]+\\.[0-9]+\\.[0-9]+$")
    message(FATAL_ERROR "sagad_add_plugin(${name}): VERSION has to be like 0.3.1")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "sagad_add_plugin(${name}): SOURCES are missing")
  endif()

  add_library(${name} MODULE ${arg_SOURCES})
  # Hidden, so that two plugins with a function of the same name do not meet.
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/plugins")
  target_link_libraries(${name} PRIVATE sagad::sdk)
  target_compile_definitions(${name} PRIVATE
    "SAGAD_PLUGIN_NAME=\"${name}\"" "SAGAD_PLUGIN_VERSION=\"${arg_VERSION}\"")
  # A missing symbol is found here and not when a daemon starts. Sanitizers
  # leave symbols to the program, so there it cannot be asked for.
  if(NOT SAGAD_SANITIZE AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  if(TARGET sagad_warnings)
    target_link_libraries(${name} PRIVATE sagad_warnings)
  endif()

  if(arg_MIGRATIONS)
    sagad_generate_sql_header(${name} migrations "${name}_migrations.gen.hpp"
      VARIABLE kMigrations STRUCT "sagad::Migration" INCLUDE "<sagad/plugin.hpp>"
      FILES ${arg_MIGRATIONS})
  endif()
  if(arg_QUERIES)
    sagad_generate_sql_header(${name} queries "${name}_queries.gen.hpp"
      NAMESPACE queries FILES ${arg_QUERIES})
  endif()
  install(TARGETS ${name} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/sagad/plugins")
endfunction()
