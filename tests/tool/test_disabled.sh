#!/usr/bin/env bash
# With -DWEFT_DISABLED instrumentation is nothing: no warning, no evaluation, no call of ours but those of contexts.
set -eu
build=$1
source_dir=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -DWEFT_DISABLED "-I$source_dir/include")
sanitizers=$(sed -n 's/^WEFT_SANITIZE:[A-Z]*=//p' "$build/CMakeCache.txt")
read -r -a flags <<<"${sanitizers:+-fsanitize=$sanitizers}"

compile() # COMPILER STANDARD OPTIMISATION SOURCE
{
    "$1" "-std=$2" "$3" "${warnings[@]}" "${flags[@]}" -c "$source_dir/tests/disabled/$4" -o "$place/program.o"
    if nm "$place/program.o" | grep -E ' U weft_(span_(start|enter|end|leave|set|event|link|rename|status|error|errno|exc|rec)|gate)'; then
        echo "$1 $2 $3 $4 calls what is disabled"
        exit 1
    fi
}

compile g++ c++17 -O0 program.cpp
for compiler in gcc clang-19; do
    command -v "$compiler" >/dev/null || continue
    compile "$compiler" c11 -O2 program.c
    compile "$compiler" c11 -O0 program.c
done
compile gcc c11 -O0 program.c
gcc "${flags[@]}" "$place/program.o" -L"$build" -lweft-api "-Wl,-rpath,$(cd "$build" && pwd)" -o "$place/program"
"$place/program"
