# Compiler flags of everything that is ours. Linked PRIVATE, so they reach nobody who only includes us.
set(RIVERO_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined or thread")
option(RIVERO_WERROR "Warnings are errors" OFF)
option(RIVERO_FUZZ "Only the fuzz targets of tests/fuzz; needs clang (preset fuzz)" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE)
    # The sloppiness that ccache asks for before it caches compilations with a precompiled header.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

# Links in a fraction of the time of GNU ld: there are some thirty programs with the tests.
find_program(LLD ld.lld)
if(LLD)
    add_link_options(-fuse-ld=lld)
endif()

add_library(rivero_options INTERFACE)
target_compile_options(rivero_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
# GCC 12 sees uninitialized members in moved std::optional and std::variant where there are none.
target_compile_options(rivero_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
if(RIVERO_WERROR)
    target_compile_options(rivero_options INTERFACE -Werror)
endif()
if(RIVERO_SANITIZE)
    # For all targets, GoogleTest's included: a mixed program reports what is not there.
    add_compile_options(-fsanitize=${RIVERO_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${RIVERO_SANITIZE})
    if(RIVERO_SANITIZE MATCHES "undefined")
        add_compile_options(-fno-sanitize-recover=undefined)
    endif()
endif()
