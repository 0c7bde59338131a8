#!/usr/bin/env bash
# What the shared libraries promise: libc alone below libweft-api, a SONAME, no unloading, and names of ours alone.
set -u
cd "$1" || exit 1
bad=0

complain()
{
    echo "$*"
    bad=1
}

needed=$(readelf -d libweft-api.so | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
    grep -Ev '^(libc\.so|libc\.musl|ld-linux|libm\.so|libpthread\.so)')
[ -z "$needed" ] || complain "libweft-api.so needs more than libc:" "$needed"

for library in libweft-api libweft; do
    readelf -d $library.so | grep -q "(SONAME).*\[$library\.so\.0\]" || complain "$library.so has another SONAME"
    readelf -d $library.so | grep -q 'NODELETE' || complain "$library.so may be unloaded"
    foreign=$(nm -D --defined-only $library.so | awk '$2 != "A" && $3 !~ /^weft_/ { print $3 }')
    [ -z "$foreign" ] || complain "$library.so exports what is not Weft's:" "$foreign"
    node=$(nm -D --defined-only $library.so | awk '$3 ~ /^weft__/ && $3 !~ /@WEFT_PRIVATE_/ { print $3 }')
    [ -z "$node" ] || complain "$library.so exports private names as public:" "$node"
done
exit $bad
