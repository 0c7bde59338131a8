# What an installation consists of: headers, libraries, a CMake package and pkg-config files.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weft")
install(DIRECTORY include/weft DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(TARGETS weft-api weft-sdk weft-api-static weft-sdk-static EXPORT weft)
install(EXPORT weft NAMESPACE weft:: DESTINATION "${package_dir}" FILE weftTargets.cmake)
configure_package_config_file(cmake/weftConfig.cmake.in weftConfig.cmake INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(weftConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/weftConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/weftConfigVersion.cmake"
        DESTINATION "${package_dir}")
foreach(pc weft weft-api)
    configure_file(cmake/${pc}.pc.in ${pc}.pc @ONLY)
    install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${pc}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()
