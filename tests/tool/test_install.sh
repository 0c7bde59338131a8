#!/usr/bin/env bash
# An installation is enough for others: by CMake's find_package, and by pkg-config.
set -eu
build=$1
source_dir=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
sanitizers=$(sed -n 's/^WEFT_SANITIZE:[A-Z]*=//p' "$build/CMakeCache.txt")
flags=${sanitizers:+-fsanitize=$sanitizers}

DESTDIR=$place cmake --install "$build" >"$place/log"
prefix=$place$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$build/CMakeCache.txt")

cmake -G Ninja -S "$source_dir/tests/install" -B "$place/consumer" "-DCMAKE_PREFIX_PATH=$prefix" \
    "-DCMAKE_C_COMPILER=$compiler" "-DCMAKE_C_FLAGS=$flags" >>"$place/log"
cmake --build "$place/consumer" >>"$place/log"
for library in api api-static sdk sdk-static; do
    "$place/consumer/consumer-$library"
done

library_dir=$(dirname "$(find "$prefix" -name libweft-api.so)")
export PKG_CONFIG_PATH=$library_dir/pkgconfig PKG_CONFIG_SYSROOT_DIR=$place
# shellcheck disable=SC2046,SC2086
"$compiler" $flags $(pkg-config --cflags weft-api) "$source_dir/tests/install/consumer.c" $(pkg-config --libs weft-api) \
    -o "$place/by-pkg-config"
LD_LIBRARY_PATH=$library_dir "$place/by-pkg-config"
