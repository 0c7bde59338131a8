/* sample.h - ended records made by hand, and batches of them, for tests of what reads and writes them. */
#ifndef WEFT_TESTS_SUPPORT_SAMPLE_H
#define WEFT_TESTS_SUPPORT_SAMPLE_H

#include "sdk/common/export.h"

/* {0} and then sample_start. Fields come in the order of the calls. */
typedef struct sample {
    weft__buffer stream;
    weft__record record; /* its stream is set by sample_done */
} sample;

/* Ids 1.. and 0x11.., internal, from 1 s to 2 s after the epoch, flags 0x101; in the scope, or in an unnamed one. */
void sample_start(sample *to, const char *name, const weft_scope *scope);
void sample_attributes(sample *to, weft_attributes list);
void sample_tracestate(sample *to, const char *text);
void sample_status(sample *to, uint8_t code, const char *text);
void sample_event(sample *to, const char *name, uint64_t time, weft_attributes list, uint32_t dropped);
/* The link's trace id is all trace, its span id all span. */
typedef struct sample_link_options {
    uint8_t trace, span;
    const char *tracestate;
    uint32_t flags, dropped;
    weft_attributes list;
} sample_link_options;
void sample_link(sample *to, const sample_link_options *link);
const weft__record *sample_done(sample *to);
void sample_clear(sample *to);

/* Adds attributes to a resource, and seals it. */
void sample_resource(weft__resource *resource, weft_attributes list);

/* Batches of flat records, as the pump makes them for exporters without an encoder. One group for each scope. */
typedef struct sample_batch {
    weft_batch batch;
    weft__group groups[8];
} sample_batch;
void sample_batch_start(sample_batch *batch, const weft__resource *resource);
void sample_batch_add(sample_batch *batch, const weft__record *record);
void sample_batch_clear(sample_batch *batch);

#endif
