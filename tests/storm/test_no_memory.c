/* test_no_memory.c - each allocation of a start, an export and a stop fails once: never a crash, never a hang, and what
 * is lost is told or counted. Each failure has a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "tests/support/malloc_fail.h"
#include "tests/support/storm.h"

WEFT_INSTRUMENTATION("storm.no_memory", "1");

enum { SPANS = 20, OVER = 0, FAILED_WELL = 10, SILENT_LOSS, WRONG_SUM };

static _Atomic int told;
static _Atomic uint64_t arrived;

static void hear(void *data, weft_importance importance, const char *line)
{
    (void)data, (void)line;
    if (importance != WEFT_DIAGNOSTIC_INFO)
        atomic_fetch_add(&told, 1);
}

static weft_status take(void *self, weft_batch *batch, uint32_t timeout_ms)
{
    (void)self, (void)timeout_ms;
    weft_cursor at = { 0, 0 };
    weft_span_view span = { .size = sizeof span };
    while (weft_batch_span(batch, &at, &span)) {
        weft_cursor inner = { 0, 0 };
        weft_attribute attribute;
        while (weft_span_attribute(&span, &inner, &attribute)) {
            /* arrays take memory to be read */
        }
        atomic_fetch_add(&arrived, 1);
    }
    return WEFT_OK;
}

static weft_sdk start(bool otlp)
{
    static const weft_exporter_ops ops = { .size = sizeof ops, .name = "own", .export_spans = take };
    static const weft_otlp_options nobody = { .size = sizeof nobody,
                                              .endpoint = "http://127.0.0.1:1",
                                              .compression = "gzip",
                                              .headers = "key=value",
                                              .timeout_ms = 20 };
    weft_exporter *exporters[3] = { NULL };
    size_t count = 0;
    exporters[count] = weft_exporter_new(&ops, NULL);
    count += exporters[count] != NULL;
    if (otlp)
        exporters[count] = weft_exporter_otlp(&nobody);
    if (exporters[0] == NULL)
        atomic_fetch_add(&told, 1); /* the caller has seen it */
    return weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .ignore_environment = true, .service_name = "no memory",
                                       .resource = WEFT_ATTRS(weft_attr("key", "value")), .exporters = exporters,
                                       .sampler = weft_sampler_parent_based(weft_sampler_ratio(1), NULL),
                                       .diagnostics = hear));
}

static void trace(void)
{
    static const int64_t list[] = { 1, 2, 3 };
    for (int i = 0; i < SPANS; i++) {
        const weft_span span = weft_span_enter("span");
        weft_span_set(&span, weft_attr("text", "\xff not UTF-8"), weft_attr("list", weft_ints(list, 3)));
        weft_span_event(&span, "event", weft_attr("key", "value"));
        weft_span_leave(&span);
    }
}

/* Every destination's sums are right, and if nothing was told, every span has arrived or is counted. */
static int judge(weft_sdk sdk)
{
    weft_stats stats = { .size = sizeof stats };
    weft_destination_stats out = { .size = sizeof out };
    uint64_t lost = SPANS;
    for (uint32_t i = 0; weft_sdk_destination(sdk, i, &out); i++) {
        weft_sdk_stats(sdk, &stats);
        if (stats.spans.created !=
            stats.spans.open + stats.spans.dropped_pool + out.exported + storm_dropped(&out) + out.in_flight)
            return WRONG_SUM;
        if (strcmp(out.name, "own") == 0)
            lost = SPANS - out.exported - storm_dropped(&out) - stats.spans.dropped_pool;
    }
    return lost == 0 || atomic_load(&told) != 0 ? FAILED_WELL : SILENT_LOSS;
}

static int run(long failing, bool otlp)
{
    atomic_store(&malloc_left, failing);
    weft_diagnostics_set(hear, NULL);
    weft_sdk sdk = start(otlp);
    trace();
    (void)weft_sdk_flush(sdk, 5000);
    int verdict = judge(sdk);
    (void)weft_sdk_stop(sdk, 5000);
    return atomic_load(&malloc_left) > 0 ? OVER : verdict;
}

static void fail_each(bool otlp)
{
    if (!malloc_can_fail())
        skip();
    for (long failing = 1;; failing += otlp ? 1 + failing / 32 : 1) { /* libcurl has many */
        int status = 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(30);
            _exit(run(failing, otlp));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status) && WEXITSTATUS(status) == OVER) {
            assert_true(failing > 20);
            return;
        }
        if (!WIFEXITED(status) || WEXITSTATUS(status) != FAILED_WELL)
            fail_msg("allocation %ld: %s %d", failing, WIFEXITED(status) ? "result" : "signal",
                     WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    fail_each(false);
}

static void every_allocation_may_fail_in_the_otlp_exporter_too(void **state)
{
    (void)state;
    fail_each(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_allocation_may_fail_in_the_otlp_exporter_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
