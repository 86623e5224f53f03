# What the public headers <sagad/...> need: libpqxx and Boost.JSON. Used by our
# own build and, installed beside sagadConfig.cmake, by the builds of plugins.

# Stops the configuration and says which Debian package is missing.
function(sagad_missing_dependency what package)
  message(FATAL_ERROR
    "${what} was not found. Install the Debian package ${package}; "
    "scripts/bootstrap installs everything that the build needs.")
endfunction()

# Creates sagad_dep::<name> from a pkg-config module, with its flags; the
# include directories of imported targets are SYSTEM.
#   sagad_dependency_from_pkg_config(pqxx "libpqxx>=6.4" libpqxx-dev)
function(sagad_dependency_from_pkg_config name module package)
  if(TARGET sagad_dep::${name})
    return()
  endif()
  pkg_check_modules(sagad_pc_${name} QUIET IMPORTED_TARGET "${module}")
  if(NOT sagad_pc_${name}_FOUND)
    sagad_missing_dependency("${module} (pkg-config)" "${package}")
  endif()
  add_library(sagad_dep::${name} INTERFACE IMPORTED)
  target_link_libraries(sagad_dep::${name} INTERFACE PkgConfig::sagad_pc_${name})
endfunction()

find_package(PkgConfig QUIET)
if(NOT PkgConfig_FOUND)
  sagad_missing_dependency("pkg-config" pkg-config)
endif()

# By pkg-config, because version 6 comes without a CMake package.
sagad_dependency_from_pkg_config(pqxx "libpqxx>=6.4" libpqxx-dev)

if(NOT TARGET sagad_dep::json)
  # Shared, so that the daemon and its plugins have one Boost.JSON between them.
  set(Boost_USE_STATIC_LIBS OFF)
  find_package(Boost 1.81 CONFIG QUIET COMPONENTS headers json)
  if(NOT Boost_FOUND)
    sagad_missing_dependency("Boost >= 1.81 with Boost.JSON"
      "libboost-json-dev (on Debian 12 libboost1.81-dev and libboost-json1.81-dev)")
  endif()
  add_library(sagad_dep::json INTERFACE IMPORTED)
  target_link_libraries(sagad_dep::json INTERFACE Boost::json)
endif()
