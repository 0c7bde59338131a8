# shellcheck shell=bash
# What all commands of ./dev share: steps that are silent when they pass, installing, running tests and counting them.

jobs=$(nproc 2>/dev/null || echo 2)
logs=build/logs
failures=()
passed=0
failed=0
missing=()
mkdir -p "$logs"

fail()
{
    failures+=("$1")
    return 1
}

# step NAME COMMAND...: one line when it passes, the whole log when it does not. Exit status 77: skipped, and the last
# line of its output says why.
step()
{
    local name=$1 log start status
    log=$logs/${name//[^a-zA-Z0-9.-]/-}.log
    start=$SECONDS
    shift
    "$@" >"$log" 2>&1
    status=$?
    if [ $status = 0 ]; then
        printf '  ok    %-40s %4d s\n' "$name" $((SECONDS - start))
    elif [ $status = 77 ]; then
        skip "$name" "$(tail -n 1 "$log")"
    else
        cat "$log"
        printf '  FAIL  %-40s %4d s\n' "$name" $((SECONDS - start))
        fail "$name"
    fi
}

# A pass that did not happen is said, and is a failure in CI.
skip()
{
    printf '  skip  %s: %s\n' "$1" "$2"
    [ "${CI-}" != true ] || fail "$1 (skipped)"
}

# need_command COMMAND PACKAGE, need_module PKG-CONFIG-MODULE PACKAGE: remembered until install_missing.
need_command()
{
    command -v "$1" >/dev/null || missing+=("$2")
}

need_module()
{
    pkg-config --exists "$1" 2>/dev/null || missing+=("$2")
}

install_missing()
{
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "Please install what these Debian packages contain: ${missing[*]}" >&2
        fail install
        return 1
    fi
    local root=()
    [ "$(id -u)" = 0 ] || root=(sudo)
    echo "  installing ${missing[*]}"
    step "apt-get update" "${root[@]}" apt-get update
    step "apt-get install" "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        "${missing[@]}" || return 1
    missing=()
}

need_build_tools()
{
    need_command cc gcc
    need_command cc libc6-dev
    need_command c++ g++
    need_command cmake cmake
    need_command ninja ninja-build
    need_command pkg-config pkg-config
    need_command python3 python3
    need_command protoc-c protobuf-c-compiler
    need_module libcurl libcurl4-openssl-dev
    need_module libprotobuf-c libprotobuf-c-dev
    need_module zlib zlib1g-dev
    need_module cmocka libcmocka-dev
    need_module libmicrohttpd libmicrohttpd-dev
    need_module sqlite3 libsqlite3-dev
    need_command curl curl
    install_missing || finish
}

# build PRESET: configure and build. Warnings are errors in CI and in the builds that only ./dev check makes.
build()
{
    local errors=ON
    [ "$1" = debug ] && [ "${CI-}" != true ] && errors=OFF
    step "configure $1" cmake --preset "$1" "-DWEFT_WERROR=$errors" "${@:2}" || return 1
    step "build $1" cmake --build --preset "$1" --parallel "$jobs" -- --quiet
}

# All C files of ours, separated by NUL.
list_c_files()
{
    git ls-files -z --cached --others --exclude-standard -- '*.c' '*.h'
}

# run_tests NAME BUILD-DIR CTEST-OPTIONS...: counts what passed and failed.
run_tests()
{
    local name=$1 dir=$2 log total bad skipped start=$SECONDS status=0
    log=$logs/${name//[^a-zA-Z0-9.-]/-}.log
    shift 2
    ctest --test-dir "$dir" --parallel "$jobs" --output-on-failure --no-tests=error "$@" >"$log" 2>&1 || status=1
    read -r bad total < <(sed -n 's/.* tests passed, \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$log")
    skipped=$(grep -c '\*\*\*Skipped' "$log")
    passed=$((passed + ${total:-0} - ${bad:-0} - skipped))
    failed=$((failed + ${bad:-0}))
    if [ $status != 0 ]; then
        cat "$log"
        printf '  FAIL  %-40s %4d s  %s of %s failed\n' "$name" $((SECONDS - start)) "${bad:-?}" "${total:-?}"
        fail "$name"
        return 1
    fi
    printf '  ok    %-40s %4d s  %d tests\n' "$name" $((SECONDS - start)) $((total - skipped))
    [ "$skipped" = 0 ] || skip "$name" "$(sed -n 's/.* Test *#[0-9]*: \([^ ]*\) .*\*\*\*Skipped.*/\1/p' "$log" | tr '\n' ' ')"
}

# The sum, for whoever runs several commands, and the exit status.
finish()
{
    [ -z "${WEFT_COUNTS-}" ] || echo "$passed $failed" >>"$WEFT_COUNTS"
    if [ ${#failures[@]} -gt 0 ]; then
        printf 'failed: %s\n' "${failures[@]}"
        exit 1
    fi
    exit 0
}
