/* sink.c - an exporter that counts, diagnostics that are kept, a clean environment. */
#include "tests/support/sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/common/export.h"

extern char **environ;

test_told told;

static weft_status export_spans(void *self, weft_batch *batch, uint32_t timeout_ms)
{
    test_sink *sink = self;
    (void)timeout_ms;
    atomic_fetch_add(&sink->spans, (int)batch->count);
    atomic_fetch_add(&sink->batches, 1);
    return sink->answer;
}

static weft_status flush(void *self, uint32_t timeout_ms)
{
    test_sink *sink = self;
    (void)timeout_ms;
    atomic_fetch_add(&sink->flushes, 1);
    return sink->answer;
}

static weft_status stop(void *self, uint32_t timeout_ms)
{
    test_sink *sink = self;
    (void)timeout_ms;
    atomic_fetch_add(&sink->stops, 1);
    return sink->answer;
}

static void free_sink(void *self)
{
    atomic_fetch_add(&((test_sink *)self)->frees, 1);
}

weft_exporter *test_sink_exporter(test_sink *sink)
{
    static const weft_exporter_ops ops = { .size = sizeof ops,
                                           .name = "sink",
                                           .export_spans = export_spans,
                                           .flush = flush,
                                           .stop = stop,
                                           .free = free_sink };
    return weft_exporter_new(&ops, sink);
}

static void hear(void *data, weft_importance importance, const char *line)
{
    test_told *here = data;
    if (importance == WEFT_DIAGNOSTIC_INFO) {
        atomic_fetch_add(&here->infos, 1);
        return;
    }
    atomic_fetch_add(&here->count, 1);
    snprintf(here->line, sizeof here->line, "%s", line);
}

void test_told_start(test_told *here)
{
    memset(here, 0, sizeof *here);
    weft_diagnostics_set(hear, here);
}

void test_environment_clear(void)
{
    for (char **variable = environ; *variable != NULL;) {
        char name[128];
        size_t size = strcspn(*variable, "=");
        if (strncmp(*variable, "OTEL_", 5) != 0 || size >= sizeof name) {
            variable++;
            continue;
        }
        memcpy(name, *variable, size);
        name[size] = '\0';
        unsetenv(name);
        variable = environ;
    }
}

int test_setup(void **state)
{
    (void)state;
    test_environment_clear();
    test_told_start(&told);
    return 0;
}

int test_teardown(void **state)
{
    (void)state;
    weft_diagnostics_set(NULL, NULL);
    return 0;
}
