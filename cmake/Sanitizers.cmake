# Sanitizers apply to everything that is built here, or to nothing: a program
# and its plugins have to agree.

if(NOT SAGAD_SANITIZE)
  return()
endif()
list(JOIN SAGAD_SANITIZE "," sagad_sanitizers)
add_compile_options(
  -fsanitize=${sagad_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
add_link_options(-fsanitize=${sagad_sanitizers})
