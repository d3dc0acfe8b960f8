# rivero_add_module(<name> SOURCES ... [TESTS ...] [LAYERS ...] [LINK ...])
#
# Builds a module into <build>/modules/librivero_<name>.so and installs it to where the daemon looks. A module sees the
# SDK (rivero::sdk: the public headers). Works in this tree and, after find_package(rivero), in any other.
#
#   TESTS   GoogleTest files: a program with these and the module's own sources. Elsewhere after find_package(GTest).
#   LAYERS  in this tree only: protocol cores, for modules that speak these protocols
#   LINK    whatever else the module is made of
function(rivero_add_module name)
    cmake_parse_arguments(ARG "" "" "SOURCES;TESTS;LAYERS;LINK" ${ARGN})
    list(TRANSFORM ARG_LAYERS PREPEND rivero:: OUTPUT_VARIABLE layers)
    set(libraries rivero::sdk ${layers} ${ARG_LINK})
    if(TARGET rivero_options)
        list(APPEND libraries rivero_options)
    endif()
    # Compiled once, linked twice: into the module, where all but one function is hidden, and into its test.
    add_library(rivero_module_${name}_code OBJECT ${ARG_SOURCES})
    set_target_properties(rivero_module_${name}_code PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
        POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(rivero_module_${name}_code PRIVATE ${libraries})
    target_include_directories(rivero_module_${name}_code PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    list(LENGTH ARG_SOURCES count)
    if(count GREATER 3)  # a precompiled header costs as much as a few source files
        target_precompile_headers(rivero_module_${name}_code PRIVATE <nlohmann/json.hpp> <spdlog/spdlog.h> <gst/gst.h>
            <functional> <map> <memory> <string> <vector>)
    endif()

    add_library(rivero_module_${name} MODULE $<TARGET_OBJECTS:rivero_module_${name}_code>)
    set_target_properties(rivero_module_${name} PROPERTIES OUTPUT_NAME rivero_${name} LINKER_LANGUAGE CXX
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/modules)
    target_link_libraries(rivero_module_${name} PRIVATE ${libraries})
    install(TARGETS rivero_module_${name} LIBRARY DESTINATION lib/rivero/modules)
    if(TARGET daemon)
        add_dependencies(daemon rivero_module_${name})
    endif()
    if(BUILD_TESTING AND ARG_TESTS)
        add_executable(rivero_module_${name}_test ${ARG_TESTS} $<TARGET_OBJECTS:rivero_module_${name}_code>)
        target_link_libraries(rivero_module_${name}_test PRIVATE ${libraries} GTest::gmock GTest::gtest_main)
        target_include_directories(rivero_module_${name}_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
        add_test(NAME module.${name} COMMAND rivero_module_${name}_test)
        set_tests_properties(module.${name} PROPERTIES TIMEOUT 120 LABELS module)
        if(TARGET unit-tests)
            add_dependencies(unit-tests rivero_module_${name}_test)
        endif()
    endif()
endfunction()
