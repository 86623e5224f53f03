# SQL files as C++ headers, generated at build time and again when they change.

set(SAGAD_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/embed/embed_sql.cmake"
  CACHE INTERNAL "Generates a header from .sql files")

# Has <header> generated for <target> by the script, in the given mode, and puts
# its folder on the include path.
function(sagad_generate_sql_header target mode header)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "NAMESPACE;VARIABLE;STRUCT;INCLUDE" "FILES")
  set(root "${CMAKE_BINARY_DIR}/generated/${target}")
  set(output "${root}/${header}")
  set(files "")
  foreach(file IN LISTS arg_FILES)
    # Relative to the caller's folder or, if not there, to the project's.
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
      OUTPUT_VARIABLE path)
    if(NOT EXISTS "${path}")
      cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${PROJECT_SOURCE_DIR}"
        OUTPUT_VARIABLE path)
    endif()
    if(NOT EXISTS "${path}")
      message(FATAL_ERROR "${target}: there is no file ${file}, neither in "
        "${CMAKE_CURRENT_SOURCE_DIR} nor in ${PROJECT_SOURCE_DIR}")
    endif()
    list(APPEND files "${path}")
  endforeach()
  # A list would be taken apart on the command line; no path has a "|" in it.
  list(JOIN files "|" joined)

  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}"
      "-DMODE=${mode}" "-DOUTPUT=${output}" "-DNAMESPACE=${arg_NAMESPACE}"
      "-DVARIABLE=${arg_VARIABLE}" "-DSTRUCT=${arg_STRUCT}" "-DINCLUDE=${arg_INCLUDE}"
      "-DFILES=${joined}" -P "${SAGAD_EMBED_SCRIPT}"
    DEPENDS ${files} "${SAGAD_EMBED_SCRIPT}"
    COMMENT "Generating ${header}"
    VERBATIM)

  string(MAKE_C_IDENTIFIER "${target}_${header}" step)
  add_custom_target(${step} DEPENDS "${output}")
  add_dependencies(${target} ${step})
  if(TARGET sagad_generated)
    add_dependencies(sagad_generated ${step})
  endif()

  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    target_include_directories(${target} INTERFACE "${root}")
  else()
    target_include_directories(${target} PUBLIC "${root}")
  endif()
endfunction()

# Named queries. A block of a .sql file begins with "-- name: OutboxClaim" and
# becomes   inline constexpr std::string_view kOutboxClaim = R"sql(...)sql";
# beside them is kAllQueries, an array of {name, sql}. One header a namespace.
#   sagad_embed_sql(sagad_postgres NAMESPACE sagad::postgres::queries
#     HEADER postgres/queries.gen.hpp QUERIES sql/engine/queries/outbox.sql)
# Files are relative to the caller's folder or to the top of the project.
function(sagad_embed_sql target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAMESPACE;HEADER" "QUERIES")
  sagad_generate_sql_header(${target} queries "${arg_HEADER}"
    NAMESPACE "${arg_NAMESPACE}" FILES ${arg_QUERIES})
endfunction()

# Migrations, from files NNNN_name.sql, as an array of sagad::base::MigrationFile.
#   sagad_embed_migrations(sagad_postgres NAMESPACE sagad::postgres
#     HEADER postgres/engine_migrations.gen.hpp VARIABLE kEngineMigrations
#     FILES sql/engine/0001_initial.sql)
function(sagad_embed_migrations target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAMESPACE;HEADER;VARIABLE" "FILES")
  sagad_generate_sql_header(${target} migrations "${arg_HEADER}"
    NAMESPACE "${arg_NAMESPACE}" VARIABLE "${arg_VARIABLE}"
    STRUCT "sagad::base::MigrationFile" INCLUDE "\"base/migration_file.hpp\""
    FILES ${arg_FILES})
endfunction()
