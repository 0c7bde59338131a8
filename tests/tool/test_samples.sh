#!/usr/bin/env bash
# The samples, seen by weft tail: hello, and requests through all three services of the shop.
build=$1
# shellcheck source=tools/dev/programs.sh
. "$2/tools/dev/programs.sh"

# trace_of ID: the drawing of that trace in the file $scratch/trace.out, which has() can search.
trace_of()
{
    wait_for tail "^trace $1"
    sed -n "/^trace $1/,/^\$/p" "$scratch/tail.out" >"$scratch/trace.out"
}

# has_line PATTERN: in the drawing.
has_line()
{
    grep -q -E -e "$1" "$scratch/trace.out" || fail "no line '$1' in the trace"
}

# buy STATUS TARGET [HEADER...]: $trace is that of the request.
buy()
{
    local answer
    answer=$(request "$shop" POST "$2" "${@:3}")
    [ "${answer%% *}" = "$1" ] || fail "$2: expected $1, got '$answer'"
    trace=$(sed -n 's/.*(trace \([0-9a-f]*\)).*/\1/p' <<<"$answer")
}

start tail "$build/bin/weft" tail --port 0 --width 150
tail_pid=$pid
url=$(url_of tail)

OTEL_EXPORTER_OTLP_ENDPOINT=$url OTEL_SERVICE_NAME=hello "$build/bin/hello" || fail "hello"
wait_for tail 'hello  · say hello'
wait_for tail 'to=world'
wait_for tail '◆ said .* words=2'

start_shop "$url"

# A sale is one trace; each service is the child of the call to it, and knows the tenant from the baggage.
buy 200 '/buy?sku=tea&card=tok_visa&tenant=acme&order=1'
trace_of "$trace"
has_line "^trace $trace .* 8 spans  gateway  checkout  payment\$"
has_line '^  gateway   ← POST /buy '
has_line '^  gateway   └─→ POST '
has_line '^  checkout    └─← POST /orders '
has_line '^                │ shop\.tenant=acme .*status=200'
has_line '^  checkout      ├─· find price '
has_line '^                │   ◆ discount given .*percent=10'
has_line '^  checkout      └─→ POST '
has_line '^  payment         └─← POST /charges '
has_line '^                    │ shop\.tenant=acme  shop\.cents=315  status=200'
has_line '^  payment           ├─· authorise card '
has_line '^  payment           └─→ INSERT payments '
has_line '^ *db=sqlite  query=INSERT INTO payments'

# Errors: a declined card, a row that is there already, an article that is not.
buy 402 '/buy?sku=tea&card=tok_declined'
trace_of "$trace"
has_line '^ *✖ card_declined: the bank declined tok_declined'
has_line '3 errors'
buy 409 '/buy?sku=tea&card=tok_visa&order=1'
trace_of "$trace"
has_line '^ *✖ 19: UNIQUE constraint failed: payments.order_id'
buy 404 '/buy?sku=gold&card=tok_visa'
trace_of "$trace"
has_line "✖ no_such_article: there is no article 'gold'"

# A trace that began elsewhere goes on here; a broken header begins a new one.
buy 200 '/buy?sku=tea&card=tok_visa' 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
[ "$trace" = 4bf92f3577b34da6a3ce929d0e0e4736 ] || fail "the trace of the caller was not continued"
buy 200 '/buy?sku=tea&card=tok_visa' 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-xx'
[ "$trace" != 4bf92f3577b34da6a3ce929d0e0e4736 ] || fail "a broken traceparent was believed"

# Without payment the error is on the call to it; then all end when told to.
finish "${shop_pids[2]}" TERM || fail "exit status of payment"
buy 502 '/buy?sku=tea&card=tok_visa'
for i in 0 1; do finish "${shop_pids[$i]}" TERM || fail "exit status of a service"; done
finish "$tail_pid" INT || fail "exit status of weft tail"
trace_of "$trace"
has_line '✖ connection_error: '
has_line "^trace $trace .* 5 spans  4 errors  gateway  checkout\$"
trace_of 4bf92f3577b34da6a3ce929d0e0e4736
has_line '\(parent 00f067aa0ba902b7 not seen\)'
has_line ' 8 spans  gateway  checkout  payment$'
exit 0
