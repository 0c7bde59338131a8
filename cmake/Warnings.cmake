# weft_warnings(target): the warnings that our own code is free of, with gcc and with clang.
function(weft_warnings target)
    set(flags
        -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wformat=2 -Wvla)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
        list(APPEND flags -Wjump-misses-init)
    endif()
    if(WEFT_WERROR)
        list(APPEND flags -Werror)
    endif()
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C>:${flags}>)
endfunction()
