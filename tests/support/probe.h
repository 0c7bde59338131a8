/* probe.h - an exporter for tests of the pump: does as told, in virtual time, and remembers what it was given. */
#ifndef WEFT_TESTS_SUPPORT_PROBE_H
#define WEFT_TESTS_SUPPORT_PROBE_H

#include "sdk/common/pump.h"

enum { PROBE_BATCHES = 4096, PROBE_RECORD_BYTES = 100 };

typedef enum probe_fate { PROBE_TAKES, PROBE_FAILS, PROBE_REFUSES, PROBE_TAKES_HALF, PROBE_HANGS } probe_fate;

typedef struct probe_batch {
    int64_t at;       /* ms of the world when it came */
    int64_t deadline; /* ms of the world */
    size_t count, groups, bytes;
} probe_batch;

typedef struct probe {
    weft_exporter exporter; /* first */
    /* The script: */
    probe_fate fate;
    int64_t latency;                     /* ms */
    void (*decide)(struct probe *probe); /* NULL, or called at each batch: may change the above */
    bool flush_hangs, stop_hangs;
    weft_status flush_status;
    /* What happened: */
    probe_batch batches[PROBE_BATCHES];
    size_t sends, records, cancels, flushes, stops, frees, overlaps, calls_after_stop;
    uint32_t stop_timeout;
    /* Under way: */
    weft_batch *batch;
    int64_t ready; /* monotonic ms */
} probe;

/* Encodes every record as PROBE_RECORD_BYTES bytes; counts the calls. */
void probe_encode(weft__buffer *out, const weft__record *record);
extern size_t probe_encoded;

/* Wipes it; the exporter to give to the pump. Frees nothing: probes are the tests' own. */
weft_exporter *probe_init(probe *p);
/* The same, reading flat records in place of probe_encode. */
weft_exporter *probe_init_flat(probe *p);

/* Attaches one destination in that slot, driven by the host; simple where batch is NULL. */
void probe_attach(uint32_t slot, weft_exporter *exporter, const weft_batch_options *batch);
weft_destination_stats probe_stats(uint32_t slot, uint32_t index);
/* exported + dropped + in_flight. */
uint64_t probe_sum(const weft_destination_stats *stats);

extern const weft__resource probe_resource;

#endif
