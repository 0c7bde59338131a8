# weft_add_library(target OUTPUT name SOURCES ... [USES library] [OBJECTS object-library] [LIBRARIES ...])
#
# One compilation, two libraries: <target> (shared, weft::<name without weft->) and <target>-static. The shared one
# shows what cmake/exports.map.in lets through; the static one carries everything, which the unit tests rely on.
set(WEFT_EXPORTS "${CMAKE_CURRENT_BINARY_DIR}/exports.map")
configure_file(cmake/exports.map.in "${WEFT_EXPORTS}" @ONLY)

function(weft_add_library target)
    cmake_parse_arguments(ARG "" "OUTPUT;USES;OBJECTS" "SOURCES;LIBRARIES" ${ARGN})
    string(REPLACE "weft-" "" short "${target}")

    add_library(${target}-objects OBJECT ${ARG_SOURCES})
    weft_warnings(${target}-objects)
    set_target_properties(${target}-objects PROPERTIES C_VISIBILITY_PRESET hidden)
    target_compile_options(${target}-objects PRIVATE -fno-semantic-interposition)
    target_include_directories(${target}-objects PRIVATE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/include")
    target_link_libraries(${target}-objects PRIVATE ${ARG_LIBRARIES})
    set(objects $<TARGET_OBJECTS:${target}-objects>)
    if(ARG_OBJECTS AND TARGET ${ARG_OBJECTS})
        target_link_libraries(${target}-objects PRIVATE ${ARG_OBJECTS})
        list(APPEND objects $<TARGET_OBJECTS:${ARG_OBJECTS}>)
    endif()

    add_library(${target} SHARED ${objects})
    add_library(${target}-static STATIC ${objects})
    add_library(weft::${short} ALIAS ${target})
    add_library(weft::${short}-static ALIAS ${target}-static)
    set_target_properties(${target} ${target}-static PROPERTIES OUTPUT_NAME ${ARG_OUTPUT} LINKER_LANGUAGE C)
    set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${WEFT_SOVERSION}
                                               EXPORT_NAME ${short} LINK_DEPENDS "${WEFT_EXPORTS}")
    set_target_properties(${target}-static PROPERTIES EXPORT_NAME ${short}-static)
    # nodelete: threads keep a pointer into the library; a dlclose must not take it away under them. noseparate-code
    # saves two pages of padding, a tenth of libweft-api.
    target_link_options(${target} PRIVATE
        "-Wl,--version-script=${WEFT_EXPORTS}" -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,-Bsymbolic-functions
        -Wl,-z,noseparate-code -Wl,--as-needed -Wl,--gc-sections)
    if(NOT WEFT_SANITIZE) # clang's sanitizers are in the program
        target_link_options(${target} PRIVATE -Wl,-z,defs)
    endif()
    foreach(library ${target} ${target}-static)
        target_include_directories(${library} PUBLIC
            "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
        target_link_libraries(${library} PRIVATE ${ARG_LIBRARIES})
    endforeach()
    if(ARG_USES)
        target_link_libraries(${target} PUBLIC ${ARG_USES})
        target_link_libraries(${target}-static PUBLIC ${ARG_USES}-static)
    endif()
endfunction()
