/* record.h - an ended record as the rest of the SDK reads it: header fields, and a stream of OTLP fields that is final
 * (each key once, valid UTF-8, times in ns since the epoch). */
#ifndef WEFT_SDK_COMMON_RECORD_H
#define WEFT_SDK_COMMON_RECORD_H

#include "sdk/api/runtime.h"
#include "sdk/base/buffer.h"
#include "sdk/base/clock.h"
#include "sdk/common/pool.h"

/* Tags of opentelemetry.proto.trace.v1.Span as they stand in a stream; each is followed by a length and that many
 * bytes. */
enum {
    WEFT__TAG_TRACESTATE = 0x1a,
    WEFT__TAG_NAME = 0x2a,
    WEFT__TAG_ATTRIBUTE = 0x4a,   /* KeyValue */
    WEFT__TAG_EVENT = 0x5a,       /* Span.Event */
    WEFT__TAG_EVENT_TICKS = 0x5b, /* the same with its time in ticks: in blocks only, never in a weft__record */
    WEFT__TAG_LINK = 0x6a,        /* Span.Link */
    WEFT__TAG_STATUS = 0x7a,      /* Status, as it goes on the wire */
};

typedef struct weft__record {
    uint8_t trace_id[16], span_id[8], parent_id[8]; /* parent_id all zero: a root */
    uint64_t start, end;                            /* ns since the epoch */
    const weft__identity *identity;                 /* the scope */
    const uint8_t *stream;                          /* the name's field first, then the others in order of recording */
    uint32_t size;                                  /* bytes of the stream */
    uint32_t flags;                                 /* of OTLP: W3C's, 0x100, and 0x200 for a remote parent */
    uint32_t dropped_attributes, dropped_events, dropped_links;
    uint16_t attributes, events, links; /* how many fields of each the stream has */
    uint8_t kind, status;               /* OTLP's numbers: internal is 1; unset 0, ok 1, error 2 */
    uint8_t sdk;                        /* slot */
    uint8_t reserved[3];
} weft__record;

/* Reads an ended head block. The stream points into the block where that is possible, else into scratch, and lives as
 * long as both do unchanged. False where memory ran out. */
bool weft__record_read(const weft__block *head, const weft__tick_map *map, weft__buffer *scratch, weft__record *record);

/* The first size bytes of a head's stream, copied out of its chain. */
void weft__record_linearise(const weft__block *head, uint32_t size, uint8_t *out);

/* One field of a stream: tag, and where its bytes are. False at the end (or where the bytes make no sense). */
typedef struct weft__field {
    uint8_t tag;
    const uint8_t *data;
    uint32_t size;
} weft__field;
bool weft__field_next(const uint8_t *stream, uint32_t size, uint32_t *at, weft__field *field);

#endif
