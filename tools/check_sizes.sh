#!/usr/bin/env bash
# The stripped shared libraries of a release build stay small.
set -u
build=$1
bad=0
while read -r library limit; do
    stripped=$(mktemp)
    strip -o "$stripped" "$build/$library.so"
    size=$(stat -c %s "$stripped")
    rm -f "$stripped"
    printf '%s.so: %d bytes stripped, at most %d KiB\n' "$library" "$size" "$limit"
    [ "$size" -le $((limit * 1024)) ] || bad=1
done <<'TABLE'
libweft 400
libweft-api 48
TABLE
exit $bad
