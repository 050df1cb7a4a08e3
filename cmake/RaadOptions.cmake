# Compiler options that every raad target shares, as one interface target.
add_library(raad_options INTERFACE)
target_compile_options(raad_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion -Wnon-virtual-dtor
  # No contraction: the interpreter and the generated code must round alike (docs/theory/numerics.md).
  -ffp-contract=off)
# GCC 12 reports impossible overlaps for std::string's operator+ (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(raad_options INTERFACE -Wno-restrict)
  # With precompiled headers it reports the same of more of the library's inline code (same bug).
  if(RAAD_PRECOMPILED_HEADERS)
    target_compile_options(raad_options INTERFACE -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
  endif()
endif()
if(RAAD_WARNINGS_AS_ERRORS)
  target_compile_options(raad_options INTERFACE -Werror)
endif()
if(RAAD_SANITIZERS)
  target_compile_options(raad_options INTERFACE -fsanitize=${RAAD_SANITIZERS} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(RAAD_SANITIZERS MATCHES "address")
    # Null and wild pointers end in the address sanitizer anyway; checking them twice is a quarter of the compiling.
    target_compile_options(raad_options INTERFACE -fno-sanitize=vptr,alignment,null,object-size)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented code defeats GCC's flow analysis: it warns inside std::regex (GCC manual, -fsanitize).
    target_compile_options(raad_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  target_link_options(raad_options INTERFACE -fsanitize=${RAAD_SANITIZERS})
endif()
