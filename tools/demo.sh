#!/usr/bin/env bash
# The demo: weft tail and the three services of the sample shop on free ports, four requests, and their traces.
# Usage: tools/demo.sh BUILD-DIRECTORY. Leaves nothing running and nothing behind.
build=$1
# shellcheck source=tools/dev/programs.sh
. "$(dirname "$0")/dev/programs.sh"

look=(--width 100)
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
    look=(--width "$(stty size 2>/dev/null | cut -d ' ' -f 2 | grep -v '^0$' || echo 100)" --color always)
fi

# buy METHOD TARGET STATUS: sends a request and shows the answer, which must have this status.
buy()
{
    local answer
    answer=$(request "$shop" "$1" "$2") || fail "the gateway does not answer"
    printf '%-4s %-50s -> %s\n' "$1" "$2" "$answer"
    [ "${answer%% *}" = "$3" ] || fail "expected status $3"
    traces+=" $(sed -n 's/.*(trace \([0-9a-f]*\)).*/\1/p' <<<"$answer")"
}

start tail "$build/bin/weft" tail --port 0 "${look[@]}"
tail_pid=$pid
start_shop "$(url_of tail)"

echo "Four requests to the shop at $shop:"
traces=""
buy POST '/buy?sku=tea&card=tok_visa&tenant=acme' 200
buy POST '/buy?sku=coffee&card=tok_declined' 402
buy POST '/buy?sku=gold&card=tok_visa' 404
buy GET '/nowhere' 404
for trace in $traces; do wait_for tail "trace $trace"; done
wait_for tail '/nowhere'
for pid in "${shop_pids[@]}"; do finish "$pid" TERM || fail "a service ended badly"; done
finish "$tail_pid" INT || fail "weft tail ended badly"

printf '\nWhat weft tail saw of them:\n\n'
grep -v 'listening on' "$scratch/tail.out"
grep -q -E 'trace [0-9a-f]{32}.* gateway.* checkout.* payment' "$scratch/tail.out" || fail "no trace of three services"
