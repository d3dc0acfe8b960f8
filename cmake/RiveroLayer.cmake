# rivero_layer(<name> SOURCES ... [LAYERS <lower layers>] [LIBS <third party>] [LIBS_PRIVATE <third party>] [DAEMON])
#
# A layer is a folder src/<name> with its public headers in include/rivero/<name>. Its own include directory shows only
# these two folders, and it sees only the layers that it names (and what those name): a wrong include arrow does not
# build. Layers end up in the shared library librivero, or with DAEMON in the daemon only.
#
#   rivero::<name>   the headers of the layer and of everything below it (link this to compile)
#   rivero::rivero   the shared library with the code of all layers (link this to run)
set_property(GLOBAL PROPERTY RIVERO_LIBRARY_LAYERS "")

function(rivero_layer name)
    cmake_parse_arguments(ARG "DAEMON" "" "SOURCES;LAYERS;LIBS;LIBS_PRIVATE" ${ARGN})
    set(arrows ${CMAKE_BINARY_DIR}/arrows/${name})
    file(MAKE_DIRECTORY ${arrows}/rivero)
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/src/${name} ${arrows}/${name} SYMBOLIC)
    if(EXISTS ${PROJECT_SOURCE_DIR}/include/rivero/${name})
        file(CREATE_LINK ${PROJECT_SOURCE_DIR}/include/rivero/${name} ${arrows}/rivero/${name} SYMBOLIC)
    endif()

    add_library(rivero_${name}_headers INTERFACE)
    add_library(rivero::${name} ALIAS rivero_${name}_headers)
    target_include_directories(rivero_${name}_headers INTERFACE ${arrows})
    list(TRANSFORM ARG_LAYERS PREPEND rivero:: OUTPUT_VARIABLE lower)
    target_link_libraries(rivero_${name}_headers INTERFACE ${lower} ${ARG_LIBS})

    add_library(rivero_${name} OBJECT ${ARG_SOURCES})
    target_link_libraries(rivero_${name} PRIVATE rivero::${name} ${ARG_LIBS_PRIVATE} rivero_options)
    if(NOT ARG_DAEMON)
        set_property(GLOBAL APPEND PROPERTY RIVERO_LIBRARY_LAYERS rivero_${name})
        set_property(GLOBAL APPEND PROPERTY RIVERO_LIBRARY_LIBS ${ARG_LIBS} ${ARG_LIBS_PRIVATE})
    endif()
endfunction()

# rivero_precompile(<layer> <headers>...): heavy third-party headers that nearly every file of the layer includes.
function(rivero_precompile name)
    target_precompile_headers(rivero_${name} PRIVATE ${ARGN})
endfunction()

# rivero_unit_test(<layer> SOURCES ... [LAYERS ...]): tests of one layer, one program.
function(rivero_unit_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LAYERS;LIBS" ${ARGN})
    add_executable(rivero_${name}_test ${ARG_SOURCES})
    list(TRANSFORM ARG_LAYERS PREPEND rivero:: OUTPUT_VARIABLE layers)
    target_link_libraries(rivero_${name}_test PRIVATE rivero::rivero rivero::${name} ${layers} ${ARG_LIBS}
        GTest::gmock GTest::gtest_main rivero_options)
    target_compile_definitions(rivero_${name}_test PRIVATE RIVERO_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
    list(LENGTH ARG_SOURCES count)
    if(count GREATER 3)
        target_precompile_headers(rivero_${name}_test PRIVATE <gmock/gmock.h> <gtest/gtest.h> <string> <vector>)
    endif()
    add_test(NAME unit.${name} COMMAND rivero_${name}_test)
    set_tests_properties(unit.${name} PROPERTIES TIMEOUT 120 LABELS unit)
    add_dependencies(unit-tests rivero_${name}_test)
endfunction()
