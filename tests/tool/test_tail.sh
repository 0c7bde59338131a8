#!/usr/bin/env bash
# weft tail as a program: what it accepts, refuses, prints, and how it ends.
build=$1
# shellcheck source=tools/dev/programs.sh
. "$2/tools/dev/programs.sh"
weft=$build/bin/weft
client=$build/tests/test-tail_client

# sends KIND STATUS TEXT: the answer must begin with the status and hold the text.
sends()
{
    local got
    got=$("$client" "$url" "$1")
    case $got in
    "$2 "*"$3"*) ;;
    *) fail "$1: expected '$2 ... $3', got '$got'" ;;
    esac
}

"$weft" --version | grep -q '^weft [0-9]' || fail "weft --version"
"$weft" --help | grep -q '^  tail ' || fail "weft --help names no tail"
"$weft" tail --help | grep -q -e '--port N' || fail "weft tail --help"
"$weft" nonsense >/dev/null 2>&1 && fail "an unknown command succeeds"
"$weft" tail --port 70000 >/dev/null 2>&1 && fail "an impossible port succeeds"
"$weft" tail --color sometimes >/dev/null 2>&1 && fail "an impossible colour succeeds"

# What it accepts is drawn.
start tail "$weft" tail --port 0 --quiet-ms 50 --width 100
tail_pid=$pid
url=$(url_of tail)
sends trace 200 ""
wait_for tail 'checkout  └─· call '
sends gzip 200 ""
wait_for tail 'checkout  └─· zipped '
has tail "12.0 ms  2 spans  1 error  gateway  checkout"
has tail "✖ refused"
sends empty 200 ""

# What it refuses, and with which words.
sends malformed 400 "not a valid ExportTraceServiceRequest"
sends no-gzip 400 "not valid gzip"
sends deflate 415 "gzip or none"
sends large 413 "larger than 64 MiB"
sends bomb 413 "larger than 64 MiB uncompressed"
sends json 415 "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
sends no-type 415 "application/x-protobuf"
sends logs 404 "traces alone"
sends elsewhere 404 "/v1/traces"
sends get 405 "POST"

# Nothing that came from the network reaches the terminal as it is.
sends hostile 200 ""
wait_for tail 'owned'
LC_ALL=C grep -q -P '[\x00-\x09\x0b-\x1f\x7f]' "$scratch/tail.out" && fail "control characters in the output"

# More traces than it holds: the oldest are drawn early.
"$client" "$url" many >"$scratch/many.out" || fail "many"
has_not many 503
finish "$tail_pid" INT || fail "exit status after Ctrl-C"
grep -q -E '^weft tail: 1103 traces, 2206 spans.*, 10 requests refused$' "$scratch/tail.out" || fail "no summary"

# What was not finished is drawn at the end; a port in use is an error.
start again "$weft" tail --port 0 --quiet-ms 60000 --ascii --color always
again_pid=$pid
url=$(url_of again)
"$weft" tail --port "${url##*:}" 2>"$scratch/second.out" && fail "two on one port"
has second "in use"
sends trace 200 ""
has_not again call
finish "$again_pid" TERM || fail "exit status after SIGTERM"
has again "call"
has again "weft tail: 1 trace, 2 spans"
LC_ALL=C grep -q -P '[\x80-\xff]' "$scratch/again.out" && fail "--ascii: more than ASCII"
has again $'\033['

# On a terminal there are colours, unless NO_COLOR says otherwise.
on_terminal()
{
    start terminal env "$1" TERM=xterm script -qfec "\"$weft\" tail --port 0 --quiet-ms 50" /dev/null
    local script_pid=$pid
    url=$(url_of terminal)
    sends trace 200 ""
    wait_for terminal 'refused'
    finish "$script_pid" KILL 2>/dev/null # closes the terminal, and weft tail ends with it
}
if command -v script >/dev/null; then
    on_terminal X=
    has terminal $'\033[0;1;31m'
    has terminal "OTEL_EXPORTER_OTLP_ENDPOINT=$url"
    on_terminal NO_COLOR=1
    has_not terminal $'\033['
fi

# When nobody reads its output any more, it ends by itself, quietly.
start piped bash -c "\"$weft\" tail --port 0 2>\"$scratch/piped.err\" | head -n 1; echo \"status \${PIPESTATUS[0]}\""
wait_for piped 'status 0'
[ -s "$scratch/piped.err" ] && fail "words on stderr after the output was closed"
exit 0
