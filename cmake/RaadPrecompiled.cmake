# Headers that most sources share, parsed once a build: half of the time of a full build was the parsing of them.
# A set is compiled with the first target that asks for it; later ones reuse it, so their flags must agree.
option(RAAD_PRECOMPILED_HEADERS "Parse shared headers once" ON)

# raad_precompile(<target> <set>): <set> is a file of cmake/precompiled.
function(raad_precompile target set)
  if(NOT RAAD_PRECOMPILED_HEADERS)
    return()
  endif()
  get_property(owner GLOBAL PROPERTY raad_precompiled_${set})
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  else()
    target_precompile_headers(${target} PRIVATE "${PROJECT_SOURCE_DIR}/cmake/precompiled/${set}.hpp")
    set_property(GLOBAL PROPERTY raad_precompiled_${set} ${target})
  endif()
endfunction()
