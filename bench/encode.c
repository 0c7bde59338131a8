/* encode.c - what the worker pays to encode the span of case w2: a record with four attributes and a status, read from
 * its block, as a field of an OTLP request. Uses private headers, so it is linked statically. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "exporters/otlp/encode.h"
#include "sdk/common/record.h"

enum { BURSTS = 1500 };

static weft__block block;
static weft__buffer out;

static void field(uint8_t tag, const char *bytes, size_t size)
{
    uint32_t used = atomic_load(&block.used);
    block.stream[used] = tag;
    block.stream[used + 1] = (uint8_t)size;
    memcpy(block.stream + used + 2, bytes, size);
    atomic_store(&block.used, used + 2 + (uint32_t)size);
}

#define FIELD(tag, text) field((tag), (text), sizeof(text) - 1)

static void before(void)
{
    memset(block.trace_id, 1, sizeof block.trace_id);
    memset(block.span_id, 2, sizeof block.span_id);
    memset(block.parent_id, 3, sizeof block.parent_id);
    block.kind = 3, block.flags = 1, block.attributes = 4, block.status = 1;
    block.start = 1000, atomic_store(&block.end, 2000);
    FIELD(WEFT__TAG_NAME, "GET /cart/:id");
    FIELD(WEFT__TAG_ATTRIBUTE, "\x0a\x13http.request.method\x12\x0e\x0a\x0cGET-abcdefgh");
    FIELD(WEFT__TAG_ATTRIBUTE, "\x0a\x08url.path\x12\x0e\x0a\x0c/cart/123456");
    FIELD(WEFT__TAG_ATTRIBUTE, "\x0a\x19http.response.status_code\x12\x03\x18\xc8\x01");
    FIELD(WEFT__TAG_ATTRIBUTE, "\x0a\x0a"
                               "app.cached\x12\x02\x10\x01");
    FIELD(WEFT__TAG_STATUS, "\x18\x01");
}

static void run(size_t n)
{
    const weft__tick_map map = { .utc = 1700000000000000000u, .ns_per_tick = 0.4 };
    weft__buffer scratch = { 0 };
    weft__record record;
    out.size = 0;
    for (size_t i = 0; i < n; i++) {
        if (i % 512 == 0)
            out.size = 0;
        if (weft__record_read(&block, &map, &scratch, &record))
            weft__otlp_encode_span(&out, &record);
    }
}

static const bench_case encode_w2 = { "encode_w2", false, before, run, NULL };

int main(int argc, char **argv)
{
    double best = 1e9;
    static double samples[BURSTS];
    bench_pin(0);
    before();
    run(2000);
    if (argc == 3 && strcmp(argv[2], "count") == 0) {
        bench_measured(&encode_w2, BENCH_COUNTED);
        return 0;
    }
    for (int i = 0; i < BURSTS; i++) {
        uint64_t start = bench_ns();
        bench_measured(&encode_w2, BENCH_BURST);
        samples[i] = (double)(bench_ns() - start) / BENCH_BURST;
        if (samples[i] < best)
            best = samples[i];
    }
    printf("encode_w2 min_ns %.2f\n", best);
    weft__buffer_clear(&out);
    return 0;
}
