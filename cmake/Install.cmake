# The package that plugin authors find: find_package(sagad COMPONENTS sdk).

if(NOT TARGET sagad_sdk)
  return()
endif()
include(CMakePackageConfigHelpers)
set(sagad_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/sagad")

install(TARGETS sagad_sdk EXPORT sagadTargets)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/engine/sdk/sagad"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.hpp")
install(EXPORT sagadTargets NAMESPACE sagad:: DESTINATION "${sagad_package_dir}")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/sagadConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/sagadConfig.cmake"
  INSTALL_DESTINATION "${sagad_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/sagadConfigVersion.cmake"
  COMPATIBILITY SameMajorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/sagadConfig.cmake"
  "${PROJECT_BINARY_DIR}/sagadConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/SagadSdkDependencies.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/SagadEmbedSql.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/SagadPlugin.cmake"
  DESTINATION "${sagad_package_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/cmake/embed" DESTINATION "${sagad_package_dir}")
