#!/usr/bin/env bash
# Every public header stands alone, in C11 and C++17, with each compiler there is, also disabled and portable.
set -u
source_dir=$2
cd "$source_dir" || exit 1
tried=0
bad=0

try() # HEADER COMPILER LANGUAGE FLAGS...
{
    local header=$1
    shift
    printf "#include <%s>\n#include <%s>\nextern int one_declaration;\n" "$header" "$header" >"$file"
    tried=$((tried + 1))
    if ! "$1" -Iinclude -fsyntax-only -Werror -Wall -Wextra -Wpedantic -Wshadow -Wundef "${@:3}" -x "$2" "$file"; then
        echo "<$header> does not stand alone: $*"
        bad=$((bad + 1))
    fi
}

file=$(mktemp)
trap 'rm -f "$file"' EXIT
for header in include/weft/*.h; do
    header=${header#include/}
    for define in WEFT_PLAIN WEFT_DISABLED WEFT_PORTABLE; do
        for compiler in gcc clang-19; do
            command -v "$compiler" >/dev/null &&
                try "$header" "$compiler" c -std=c11 -Wconversion -Wstrict-prototypes -Wmissing-prototypes "-D$define"
        done
        for compiler in g++ clang++-19; do
            command -v "$compiler" >/dev/null && try "$header" "$compiler" c++ -std=c++17 "-D$define"
        done
    done
done
echo "$tried compilations, $bad bad"
[ "$tried" -gt 0 ] && [ "$bad" = 0 ]
