# The compiler's mode for every target: standard, optimisation, sanitizers, ccache.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON) # behind macros in include/weft/base.h; the headers are checked without them
add_compile_definitions(_GNU_SOURCE) # what the system has beyond C11 and POSIX; its uses are behind __linux__, __GLIBC__
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(PROJECT_IS_TOP_LEVEL)
    if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
        set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
    endif()
    # Sanitized and valgrinded tests must end in time, and stay readable in a debugger.
    set(CMAKE_C_FLAGS_DEBUG "-Og -g -fno-omit-frame-pointer")
    set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
    find_program(WEFT_CCACHE ccache)
    mark_as_advanced(WEFT_CCACHE)
    if(WEFT_CCACHE AND NOT DEFINED CMAKE_C_COMPILER_LAUNCHER)
        set(CMAKE_C_COMPILER_LAUNCHER "${WEFT_CCACHE}")
    endif()
endif()

if(WEFT_SANITIZE)
    add_compile_options("-fsanitize=${WEFT_SANITIZE}" -fno-sanitize-recover=all)
    add_link_options("-fsanitize=${WEFT_SANITIZE}")
endif()
if(WEFT_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
