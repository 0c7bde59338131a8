#!/usr/bin/env bash
# The public names of the shared libraries are those that were reviewed: tests/symbols/*.txt; and all that the headers
# declare is there. After a review: tools/check_symbols.sh BUILD-DIR --update
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
bad=0

exported()
{
    nm -D --defined-only "$build/$1.so" | sed -n 's/.* \(weft_[^_@][^@]*\)@@\(WEFT_[0-9]*\)$/\1 \2/p' | LC_ALL=C sort
}

for library in libweft-api libweft; do
    list=tests/symbols/$library.txt
    if [ "${2-}" = --update ]; then
        exported $library >"$list"
    elif ! exported $library | diff -u "$list" -; then
        echo "$library.so exports other names than $list"
        bad=1
    fi
done

declared=$(cat include/weft/*.h | tr '\n' ' ' | grep -oP 'WEFT_API [^;{(]*?\bweft_\w+(?=\()' | grep -oE 'weft_[a-z0-9_]+$' | sort -u)
for name in $declared; do
    if ! cat tests/symbols/*.txt | grep -q "^$name "; then
        echo "$name() is declared and not exported"
        bad=1
    fi
done
exit $bad
