# What `cmake --install` puts where. The daemon finds its modules relative to itself: bin/ and lib/rivero/modules/ stay
# together, wherever the prefix is.
#
# find_package(rivero) gives rivero::sdk and rivero_add_module(); see docs/writing-a-module.md.
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/rivero)
install(TARGETS rivero_lib rivero_sdk EXPORT rivero LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT rivero NAMESPACE rivero:: FILE rivero-targets.cmake DESTINATION ${package})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/rivero-config.cmake.in ${CMAKE_BINARY_DIR}/rivero-config.cmake
    INSTALL_DESTINATION ${package})
# A module has to be built against the SDK of its server: until 1.0 each minor version may change it.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/rivero-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/rivero-config.cmake ${CMAKE_BINARY_DIR}/rivero-config-version.cmake
    ${CMAKE_CURRENT_LIST_DIR}/RiveroModule.cmake DESTINATION ${package})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/rivero DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")

install(FILES ${PROJECT_SOURCE_DIR}/config/rivero.json DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/rivero)
install(FILES ${PROJECT_SOURCE_DIR}/config/rivero.service DESTINATION ${CMAKE_INSTALL_DATADIR}/rivero)
if(EXISTS ${PROJECT_SOURCE_DIR}/web)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/web DESTINATION ${CMAKE_INSTALL_DATADIR}/rivero
        PATTERN node_modules EXCLUDE PATTERN "*.md" EXCLUDE)
endif()
