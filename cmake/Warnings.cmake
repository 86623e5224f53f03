# sagad_warnings: the warnings that our own code is compiled with. Headers of
# other projects come in as SYSTEM and stay silent.

add_library(sagad_warnings INTERFACE)
target_compile_options(sagad_warnings INTERFACE
  -Wall
  -Wextra
  -Wpedantic
  -Wshadow
  -Wconversion
  -Wnon-virtual-dtor
  -Woverloaded-virtual
  # Designated initializers are how optional fields are left at their defaults.
  -Wno-missing-field-initializers)

if(SAGAD_WERROR AND PROJECT_IS_TOP_LEVEL)
  target_compile_options(sagad_warnings INTERFACE -Werror)
endif()
