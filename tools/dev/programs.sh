# shellcheck shell=bash disable=SC2154,SC2034
# programs.sh - for the demo and for tests: starts programs, waits for what they print, ends them. Sourced, with the build
# directory in $build. Whatever is started ends with the script.
set -u
export LC_ALL=C.UTF-8
scratch=$(mktemp -d)
pids=()

cleanup()
{
    local pid
    for pid in "${pids[@]}"; do kill -KILL -- "-$pid" 2>/dev/null; done
    wait 2>/dev/null
    rm -rf "$scratch"
}
trap cleanup EXIT

fail()
{
    echo "FAILED: $*" >&2
    for file in "$scratch"/*.out; do
        echo "--- ${file##*/}" >&2
        tail -n 60 "$file" >&2
    done
    exit 1
}

# start NAME COMMAND...: its output goes to $scratch/NAME.out, its number to $pid. It leads a process group of its own, so
# that nothing it starts is left behind.
start()
{
    local name=$1
    shift
    : >"$scratch/$name.out"
    setsid "$@" >"$scratch/$name.out" 2>&1 &
    pid=$!
    pids+=("$pid")
}

# wait_for NAME PATTERN [SECONDS]: until the output of NAME holds a line like this.
wait_for()
{
    local deadline=$((SECONDS + ${3:-60}))
    until grep -q -e "$2" "$scratch/$1.out"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "no '$2' from $1"
        sleep 0.05
    done
}

# url_of NAME: where it says that it listens.
url_of()
{
    wait_for "$1" 'listening on http'
    sed -n 's/.*listening on \([^[:space:]]*\).*/\1/p' "$scratch/$1.out" | head -n 1
}

# finish PID SIGNAL: ends it and gives its exit status.
finish()
{
    kill "-$2" "$1"
    wait "$1"
}

has()
{
    grep -q -F -e "$2" "$scratch/$1.out" || fail "no '$2' in $1"
}

has_not()
{
    ! grep -q -F -e "$2" "$scratch/$1.out" || fail "'$2' in $1"
}

# start_shop [TELEMETRY-URL]: all three services; $shop_pids in the order in which they should end, $shop where to buy.
start_shop()
{
    export OTEL_EXPORTER_OTLP_ENDPOINT=$1 OTEL_BSP_SCHEDULE_DELAY=100
    start payment "$build/bin/shop-payment" 0 "$scratch/payments.db"
    shop_pids=("$pid")
    start checkout "$build/bin/shop-checkout" 0 "$(url_of payment)"
    shop_pids=("$pid" "${shop_pids[@]}")
    start gateway "$build/bin/shop-gateway" 0 "$(url_of checkout)"
    shop_pids=("$pid" "${shop_pids[@]}")
    shop=$(url_of gateway)
}

# request URL METHOD TARGET [HEADER...]: prints the status and the body of the answer; bash alone, so that nothing needs
# to be installed.
request()
{
    local url=$1 method=$2 target=$3 host status line
    shift 3
    host=${url#http://}
    exec 3<>"/dev/tcp/${host%:*}/${host##*:}" || return 1
    printf '%s\r\n' "$method $target HTTP/1.1" "Host: $host" "Connection: close" "Content-Length: 0" "$@" "" >&3
    read -r _ status _ <&3
    while read -r line <&3 && [ "$line" != $'\r' ]; do :; done
    echo "$status $(cat <&3)"
    exec 3>&-
}
