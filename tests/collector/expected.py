"""What record_spans.c records, as it must arrive in the Collector."""

MANY = 1000
BAD = "\ufffd"
SCHEMA = "https://example.org/schema/1"
SAMPLED, RANDOM, KNOWN, REMOTE = 0x1, 0x2, 0x100, 0x200  # of the flags of spans and links
INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = range(1, 6)
UNSET, OK, ERROR = range(3)
START_TIME, END_TIME = 1700000000123456789, 1700000001987654321
INT64_MAX = 2**63 - 1

ENVIRONMENT = {
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_SERVICE_NAME": "collector-test",
    "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,team=caf%C3%A9",
}
RESOURCE = {
    "service.name": "collector-test",
    "deployment.environment.name": "test",
    "team": "café",
    "telemetry.sdk.name": "weft",
    "telemetry.sdk.language": "c",
}
TOLD = 17
COUNTERS = {
    "destinations": 1, "created": TOLD + MANY, "open": 0, "dropped_pool": 0, "exported": TOLD + MANY, "in_flight": 0,
    "dropped": 0, "retries": 0, "truncated": 1, "after_end": 1,
}
# Rows of tests/compliance/rows.csv that a run with this compression proves.
ROWS = {
    "none": ["EX_006_TR_038_TR_039_TR_040_TR_041_TR_042_TR_044_values_arrive_in_the_collector",
             "TR_045_TR_046_TR_047_TR_048_TR_049_links_and_events_arrive_in_order"],
    "gzip": [],
}


def plain_values():
    return {"attributes": {
        "at.start": "yes", "string": "text", "string.empty": "", "bool": True, "bool.false": False, "int": -42,
        "int.least": -(2**63), "int.most": INT64_MAX, "int.beyond": "9223372036854775808", "double": 2.5,
        "double.tiny": 5e-324, "double.whole": 3.0, "double.nan": float("nan"), "double.infinite": float("inf"),
        "bytes": b"\0\1\xfe\xff", "bytes.empty": b"", "empty": None, "string.zero": "a\0b",
    }}


def nested_values():
    return {"attributes": {
        "bools": [True, False], "ints": [1, -2, INT64_MAX], "doubles": [0.5, -1.25], "strings": ["one", None, "dreiß"],
        "none": [], "mixed": [1, "two", [True]], "map": {"sku": "x-1", "n": 2, "more": {"deep": None}},
    }}


def unicode_text():
    return {"name": "bestellung ü 世界 🧵", "attributes": {"schlüssel": "世界", "emoji": "🧵"},
            "events": [event("ereignis ä", {"ké": "é"})]}


def invalid_utf8():
    return {"name": f"bad {BAD} name", "attributes": {"value": f"a{BAD}{BAD}b", f"key{BAD}": 1, "good": "untouched"},
            "events": [event(f"bad {BAD} event", {"in.event": BAD})], "status": [ERROR, f"bad {BAD} status"]}


def event(name, attributes=None, **more):
    return {"name": name, "time": lambda got: got > START_TIME, "attributes": attributes or {}, "dropped": 0} | more


def link(trace_id, span_id, flags, attributes=None, state=""):
    return {"trace_id": trace_id.ljust(32, "0"), "span_id": span_id.ljust(16, "0"), "state": state, "flags": flags,
            "attributes": attributes or {}}


def events():
    return {
        "attributes": {"error.type": "shop.out_of_stock"}, "status": [ERROR, "no thread left"],
        "events": [
            event("plain"), event("with attributes", {"n": 1, "s": "x"}), event("timed", time=START_TIME),
            event("exception", {"exception.type": "shop.out_of_stock", "exception.message": "no thread left"}),
        ],
    }


def links():
    return {"links": [
        link("010203", "040506", KNOWN | REMOTE | SAMPLED, {"why": "start"}, "vendor=value"),
        link("07", "08", KNOWN, {"why": "later"}),
    ]}


def beyond_limits():
    return {
        "attributes": {f"key.{i}": i for i in range(1, 128)} | {"key.0": "replaced"},
        "events": [event("event", {"i": i}) for i in range(128)],
        "links": [link("09", f"{i + 1:02x}", KNOWN) for i in range(128)],
        "dropped": [2, 2, 2],
    }


def cut(got):
    """A value of 100 KiB, cut at the cap for a record of 64 KiB."""
    return 32 * 1024 < len(got) < 64 * 1024 and set(got) == {"b"}


def spans(ids, window):
    """Tag -> field -> what must arrive; fields that are not named are as those of a bare span."""
    bare = {
        "name": None, "kind": INTERNAL, "parent_id": "", "state": "", "flags": KNOWN | SAMPLED | RANDOM,
        "start": lambda got: window[0] <= got <= window[1], "end": lambda got: window[0] <= got <= window[1],
        "attributes": {}, "events": [], "links": [], "dropped": [0, 0, 0], "status": [UNSET, ""],
        "scope": ["collector.test", "1.2.3", SCHEMA],
        "resource": lambda got: RESOURCE.items() <= got.items(),
    }
    trace = "0af7651916cd43dd8448eb211c80319c"
    child = {"trace_id": trace, "parent_id": ids["remote parent"][1], "state": "a=1,b=2"}
    special = {
        "plain values": plain_values(),
        "nested values": nested_values(),
        "unicode": unicode_text(),
        "invalid utf-8": invalid_utf8(),
        "events": events(),
        "links": links(),
        "beyond limits": beyond_limits(),
        "big value": {"attributes": {"small": 1, "big": cut, "weft.truncated": True}},
        "remote parent": child | {"kind": SERVER, "parent_id": "b7ad6b7169203331",
                                  "flags": KNOWN | REMOTE | SAMPLED | RANDOM},
        "child of current": child | {"kind": CLIENT},
        "child by handle": child | {"kind": PRODUCER},
        "new root": {"kind": CONSUMER, "trace_id": lambda got: got != trace},
        "timed": {"start": START_TIME, "end": END_TIME},
        "renamed": {"name": "after", "attributes": {"twice": "last"}, "status": [OK, ""]},
        "other scope": {"scope": ["other.scope", "9", ""]},
        "bare": {},
        "failed": {"status": [ERROR, "it broke"]},
    }
    assert len(special) == TOLD
    return {tag: bare | {"name": tag} | fields for tag, fields in special.items()}
