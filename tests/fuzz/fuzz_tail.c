/* fuzz_tail.c - any bytes as the body of a request to weft tail: decoded, grouped and drawn, and never a control
 * character in what is drawn. The first byte chooses how it is drawn, and whether the rest is gzip. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/weft/tail/gunzip.h"
#include "tools/weft/tail/store.h"
#include "tools/weft/tail/waterfall.h"

enum { UNICODE = 1, VERBOSE = 2, NARROW = 4, GZIP = 8, LIMIT = 1 << 20 };

typedef struct run {
    tail_store *store;
    uint8_t how;
} run;

static void check(const char *text)
{
    for (const char *s = text; *s != '\0'; s++)
        if (((unsigned char)*s < 0x20 && *s != '\n') || *s == 0x7F)
            abort();
}

static void on_trace(void *arg, const tail_trace *trace)
{
    const run *r = arg;
    char *text = NULL;
    size_t size = 0;
    tail_pen pen = { .width = r->how & NARROW ? 21 : 100, .unicode = r->how & UNICODE };
    tail_view view = { .verbose = r->how & VERBOSE, .most_rows = 50 };
    pen.out = open_memstream(&text, &size);
    if (pen.out == NULL || !tail_waterfall(&pen, &view, trace) || fclose(pen.out) != 0)
        abort();
    check(text);
    free(text);
}

static void on_span(void *arg, const tail_span *span)
{
    const run *r = arg;
    tail_store_add(r->store, span, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    run r = { .how = data[0] };
    uint8_t *plain = NULL;
    size_t plain_size = 0;
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    r.store = tail_store_new(&(tail_store_options){ .quiet_ms = 1,
                                                    .wait_ms = 2,
                                                    .longest_ms = 3,
                                                    .traces = 4,
                                                    .spans = 100,
                                                    .bytes = LIMIT,
                                                    .show = on_trace,
                                                    .arg = &r });
    if (r.store == NULL)
        abort();
    data++, size--;
    if ((r.how & GZIP) == 0)
        (void)tail_decode(data, size, on_span, &r);
    else if (tail_gunzip(data, size, LIMIT, &plain, &plain_size) == TAIL_TAKEN)
        (void)tail_decode(plain, plain_size, on_span, &r);
    (void)tail_store_tick(r.store, 1);
    tail_store_flush(r.store);
    tail_store_free(r.store);
    free(plain);
    return 0;
}
