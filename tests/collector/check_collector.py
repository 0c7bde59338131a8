#!/usr/bin/env python3
"""Sends spans to the Collector's own OTLP receiver and compares, field by field, what arrived with what was recorded.

check_collector.py RECEIVER RECORD-SPANS COMPRESSION: starts the receiver on free ports and the recording program with
its environment. expected.py says what must arrive."""

import base64
import json
import os
import subprocess
import sys
import threading
import time

import expected


def value_of(any_value):
    """An OTLP/JSON AnyValue as a Python value of the type that expected.py uses."""
    if not any_value:
        return None
    kind, content = next(iter(any_value.items()))
    if kind == "intValue":
        return int(content)
    if kind == "doubleValue":
        return float(content)
    if kind == "bytesValue":
        return base64.b64decode(content)
    if kind == "arrayValue":
        return [value_of(item) for item in content.get("values", [])]
    if kind == "kvlistValue":
        return attributes_of(content.get("values", []))
    return content


def attributes_of(pairs):
    result = {pair["key"]: value_of(pair.get("value")) for pair in pairs}
    if len(result) != len(pairs):
        raise ValueError(f"a key twice in {[pair['key'] for pair in pairs]}")
    return result


def same(want, got):
    """Equal, and of the same types all the way down; NaN equals itself. A function decides for itself."""
    if callable(want):
        return want(got)
    if type(want) is not type(got):
        return False
    if isinstance(want, dict):
        return want.keys() == got.keys() and all(same(want[key], got[key]) for key in want)
    if isinstance(want, list):
        return len(want) == len(got) and all(map(same, want, got))
    return want == got or (want != want and got != got)


def event_of(event):
    return {"name": event.get("name", ""), "time": int(event["timeUnixNano"]),
            "attributes": attributes_of(event.get("attributes", [])), "dropped": event.get("droppedAttributesCount", 0)}


def link_of(link):
    return {"trace_id": link["traceId"], "span_id": link["spanId"], "state": link.get("traceState", ""),
            "flags": link.get("flags", 0), "attributes": attributes_of(link.get("attributes", []))}


def span_of(span, scope, resource):
    """All fields of a span under the names that expected.py uses."""
    return {
        "name": span.get("name", ""), "kind": span.get("kind", 0), "trace_id": span["traceId"],
        "span_id": span["spanId"], "parent_id": span.get("parentSpanId", ""), "state": span.get("traceState", ""),
        "flags": span.get("flags", 0), "start": int(span["startTimeUnixNano"]), "end": int(span["endTimeUnixNano"]),
        "attributes": attributes_of(span.get("attributes", [])),
        "events": [event_of(event) for event in span.get("events", [])],
        "links": [link_of(link) for link in span.get("links", [])],
        "dropped": [span.get(f"dropped{what}Count", 0) for what in ("Attributes", "Events", "Links")],
        "status": [span.get("status", {}).get("code", 0), span.get("status", {}).get("message", "")],
        "scope": scope, "resource": resource,
    }


def spans_in(lines):
    for line in lines:
        for of_resource in json.loads(line).get("resourceSpans", []):
            resource = attributes_of(of_resource.get("resource", {}).get("attributes", []))
            for of_scope in of_resource.get("scopeSpans", []):
                scope = of_scope.get("scope", {})
                identity = [scope.get("name", ""), scope.get("version", ""), of_scope.get("schemaUrl", "")]
                for span in of_scope.get("spans", []):
                    yield span_of(span, identity, resource)


def start_receiver(program):
    """The running receiver, its URL, and the list that its lines go to."""
    receiver = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    address = json.loads(receiver.stdout.readline())["http"]
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(receiver.stdout))
    reader.start()
    return receiver, reader, f"http://{address}", lines


def record(program, url, compression):
    """Runs the recording program: its ids by tag, and its counters."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    environment |= expected.ENVIRONMENT
    environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_COMPRESSION": compression}
    run = subprocess.run([program], env=environment, stdout=subprocess.PIPE, text=True, timeout=100, check=True)
    ids, counters = {}, {}
    for line in run.stdout.splitlines():
        kind, name, *rest = line.split("\t")
        if kind == "span":
            ids[name] = tuple(rest)
        else:
            counters[name] = int(rest[0])
    return ids, counters


def compare(spans, ids, counters, window):
    """Yields what is wrong."""
    by_id = {(span["trace_id"], span["span_id"]): span for span in spans}
    if len(by_id) != len(spans):
        yield f"{len(spans)} spans arrived, under {len(by_id)} different ids"
    for tag, want in expected.spans(ids, window).items():
        got = by_id.pop(ids[tag], None)
        if got is None:
            yield f"{tag}: did not arrive"
            continue
        for field, content in want.items():
            if not same(content, got[field]):
                yield f"{tag}: {field}: {got[field]!r:.2000} instead of {content!r:.2000}"
    rest = [span["attributes"].get("i") for span in by_id.values() if span["name"] == "one of many"]
    if sorted(rest) != list(range(expected.MANY)) or len(rest) != len(by_id):
        yield f"{len(by_id)} other spans, {len(rest)} of the many, instead of {expected.MANY}"
    for name, want in expected.COUNTERS.items():
        if counters.get(name) != want:
            yield f"counter {name}: {counters.get(name)} instead of {want}"


def main():
    program, recorder, compression = sys.argv[1:]
    receiver, reader, url, lines = start_receiver(program)
    start = time.time_ns()
    try:
        ids, counters = record(recorder, url, compression)
    finally:
        receiver.stdin.close()
        receiver.wait(timeout=30)
        reader.join(timeout=30)
    found = list(compare(list(spans_in(lines)), ids, counters, (start, time.time_ns())))
    print("\n".join(found))
    for name in expected.ROWS[compression]:
        print(f"[  FAILED  ] {name}" if found else f"[       OK ] {name}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
