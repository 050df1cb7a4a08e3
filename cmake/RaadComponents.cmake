# One static library a pipeline folder, one test program a mirrored test folder.
# Sources are globbed so that a new file needs no build edit; CONFIGURE_DEPENDS re-checks at build time.

# raad_compile_quickly(<target>): for code that waits for the components it calls. Its own loops do not count.
function(raad_compile_quickly target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# raad_component(<folder> [DEPENDS <folder>...] [LINK <library>...])
function(raad_component folder)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${folder}/*.cpp")
  if(NOT sources)
    add_library(raad_${folder} INTERFACE)
    return()
  endif()
  add_library(raad_${folder} STATIC ${sources})
  target_include_directories(raad_${folder} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(raad_${folder} PRIVATE raad_options)
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(raad_${folder} PUBLIC raad_${dependency})
  endforeach()
  target_link_libraries(raad_${folder} PUBLIC ${ARG_LINK})
  raad_precompile(raad_${folder} program)
endfunction()

# raad_tests(<test folder> <component>...): builds test_<folder> from test/<folder>/test_*.cpp.
function(raad_tests folder)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/test/${folder}/test_*.cpp")
  if(NOT sources)
    return()
  endif()
  add_executable(test_${folder} ${sources})
  target_include_directories(test_${folder} PRIVATE "${PROJECT_SOURCE_DIR}/test")
  target_compile_definitions(test_${folder} PRIVATE RAAD_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                                    RAAD_BINARY_DIR="${PROJECT_BINARY_DIR}")
  list(TRANSFORM ARGN PREPEND raad_ OUTPUT_VARIABLE components)
  target_link_libraries(test_${folder} PRIVATE raad_options ${components} GTest::gtest GTest::gmock GTest::gtest_main)
  raad_compile_quickly(test_${folder})
  raad_precompile(test_${folder} test)
  gtest_discover_tests(test_${folder} TEST_PREFIX "${folder}/" DISCOVERY_MODE PRE_TEST
                       PROPERTIES LABELS "${folder}" TIMEOUT 600)
endfunction()
