/* test_misuse.c - random calls of the public API with handles that are valid, stale, empty or made of garbage, and with
 * NULL, from several threads, while several SDKs start and stop. Nothing may crash; sanitizers see the rest.
 *
 * WEFT_TEST_SEED=<seed> runs one seed alone, which a crash is said to have come from. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "tests/support/storm.h"

WEFT_INSTRUMENTATION("storm.misuse", "1");

enum { THREADS = 4, HANDLES = 16 };

/* What the threads share: handles are copied under the lock, and used without it. */
static struct {
    pthread_mutex_t lock;
    weft_span spans[HANDLES];
    weft_context contexts[HANDLES];
    weft_sdk sdks[HANDLES];
} shared = { .lock = PTHREAD_MUTEX_INITIALIZER };

static char large[3000];
static uint64_t seed;
static size_t rounds;

/* A thread's own: its numbers, and the tokens that it has been given. */
typedef struct actor {
    uint64_t random;
    weft_token tokens[HANDLES];
    weft_stack *stacks[2];
} actor;

static size_t below(actor *own, size_t bound)
{
    return storm_below(&own->random, bound);
}

static bool often(actor *own)
{
    return below(own, 8) != 0;
}

static void fill(actor *own, void *memory, size_t size)
{
    uint8_t *bytes = memory;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)storm_random(&own->random);
}

static weft_span shared_span(actor *own)
{
    size_t at = below(own, HANDLES);
    pthread_mutex_lock(&shared.lock);
    weft_span span = shared.spans[at];
    pthread_mutex_unlock(&shared.lock);
    return span;
}

static weft_span any_span(actor *own)
{
    weft_span span = { { { { 0 }, { 0 }, 0, false, { 0 }, 0 }, 0, 0, 0 } };
    size_t kind = below(own, 16);
    if (kind == 0)
        return span;
    span = shared_span(own);
    if (kind == 1) { /* garbage, but of the type's values */
        fill(own, &span, sizeof span);
        span.context.span.remote = below(own, 2) != 0;
    }
    if (kind == 2)
        span.context.record_ += (uint64_t)1 << below(own, 64);
    if (kind == 3) /* the parts of two */
        span.context.bag_ = shared_span(own).context.bag_;
    if (kind == 4)
        span.context.hold_ = shared_span(own).context.hold_;
    return span;
}

/* The one that it replaces is ended, perhaps once more: what is never ended keeps its blocks. */
static void keep_span(actor *own, const weft_span *span)
{
    size_t at = below(own, HANDLES);
    pthread_mutex_lock(&shared.lock);
    const weft_span old = shared.spans[at];
    shared.spans[at] = *span;
    pthread_mutex_unlock(&shared.lock);
    weft_span_end(&old);
}

static void keep_sdk(size_t at, weft_sdk sdk)
{
    pthread_mutex_lock(&shared.lock);
    weft_sdk old = shared.sdks[at];
    shared.sdks[at] = sdk;
    pthread_mutex_unlock(&shared.lock);
    (void)weft_sdk_stop(old, 100);
}

static weft_context any_context(actor *own)
{
    if (below(own, 3) == 0)
        return any_span(own).context;
    pthread_mutex_lock(&shared.lock);
    weft_context context = shared.contexts[below(own, HANDLES)];
    pthread_mutex_unlock(&shared.lock);
    return context;
}

/* The one that it replaces is given back; perhaps others still have copies of it. */
static void keep_context(actor *own, weft_context context)
{
    pthread_mutex_lock(&shared.lock);
    size_t at = below(own, HANDLES);
    weft_context old = shared.contexts[at];
    shared.contexts[at] = context;
    pthread_mutex_unlock(&shared.lock);
    weft_context_release(&old);
    if (!often(own))
        weft_context_release(&old);
}

static const char *any_text(actor *own)
{
    static const char *const texts[] = { "a",       "key",          "key2",
                                         "",        "\xff\xc0\x80", "a longer text, and a longer one",
                                         "a=1,b=2", "ttl=5;secret", "tracecontext,baggage",
                                         "x y",     "%41%",         "," };
    size_t which = below(own, sizeof texts / sizeof texts[0] + 2);
    return which == 0 ? NULL : which == 1 ? large : texts[which - 2];
}

static weft_value any_value(actor *own)
{
    static const int64_t ints[] = { 1, -1 };
    static const char *const strings[] = { "a", NULL, "b" };
    static const weft_value array[] = { { WEFT_TYPE_INT, 0, { .integer = 1 } }, { 99, 7, { .integer = 0 } } };
    static const weft_attribute map[] = { { { WEFT_TYPE_BOOL, 0, { .boolean = true } }, "k", WEFT_NUL, 0 } };
    switch (below(own, 12)) {
    case 0:
        return weft_bool(true);
    case 1:
        return weft_double(0.1);
    case 2:
        return weft_uint(UINT64_MAX);
    case 3:
        return weft_ints(below(own, 2) != 0 ? ints : NULL, 2);
    case 4:
        return weft_strings(strings, 3);
    case 5:
        return weft_array_n(array, 2);
    case 6:
        return weft_map_n(below(own, 2) != 0 ? map : NULL, 1);
    case 7:
        return weft_bytes(below(own, 2) != 0 ? "bytes" : NULL, 5);
    case 8:
        return weft_sized_((weft_type)below(own, 20), 0);
    default:
        return weft_string(any_text(own));
    }
}

static size_t any_list(actor *own, weft_attribute list[4])
{
    size_t count = below(own, 5);
    for (size_t i = 0; i < count; i++)
        list[i] = weft_attribute_of(any_text(own), any_value(own));
    return count;
}

static void start_span(actor *own)
{
    weft_attribute list[4];
    const weft_context parent = any_context(own);
    const weft_link link = { .context = parent.span };
    const weft_span_options options = { .size = sizeof options,
                                        .kind = (weft_span_kind)below(own, 7),
                                        .root = below(own, 4) == 0,
                                        .parent = often(own) ? &parent : NULL,
                                        .attributes = { list, any_list(own, list) },
                                        .links = { below(own, 2) != 0 ? &link : NULL, 1 },
                                        .start_time = below(own, 2) };
    pthread_mutex_lock(&shared.lock);
    weft_sdk sdk = shared.sdks[below(own, HANDLES)];
    pthread_mutex_unlock(&shared.lock);
    static WEFT_SCOPE(mine, "storm.mine", "1");
    weft_scope *scopes[] = { WEFT_HERE, weft_sdk_scope(sdk, &mine), NULL };
    weft_scope *scope = scopes[below(own, 3)];
    const weft_span_options *given = often(own) ? &options : NULL;
    const weft_span span = below(own, 2) != 0 ? weft_span_start_in(scope, any_text(own), given)
                                              : weft_span_enter_in(scope, any_text(own), given);
    keep_span(own, &span);
}

static void finish_span(actor *own)
{
    const weft_span span = any_span(own);
    switch (below(own, 4)) {
    case 0:
        weft_span_end(often(own) ? &span : NULL);
        break;
    case 1:
        weft_span_end_at(&span, storm_random(&own->random));
        break;
    default:
        weft_span_leave(often(own) ? &span : NULL);
    }
}

static void look(void *arg, const weft_span_view *view)
{
    weft_cursor at = { 0, 0 };
    weft_attribute attribute;
    while (weft_span_attribute(view, &at, &attribute))
        *(size_t *)arg += attribute.key_size;
}

static void change_span(actor *own)
{
    weft_attribute list[4];
    const weft_span kept = any_span(own), *span = often(own) ? &kept : NULL;
    const weft_link link = { .context = any_context(own).span };
    size_t seen = 0, count = any_list(own, list);
    const weft_exception exception = { .size = sizeof exception, .type = any_text(own), .message = any_text(own) };
    switch (below(own, 10)) {
    case 0:
        weft_span_event_list(span, any_text(own), below(own, 2), list, count);
        break;
    case 1:
        weft_span_link(span, often(own) ? &link : NULL);
        break;
    case 2:
        weft_span_rename(span, any_text(own));
        break;
    case 3:
        weft_span_status_set(span, (weft_span_status)below(own, 5), any_text(own));
        break;
    case 4:
        weft_span_exception(span, often(own) ? &exception : NULL);
        break;
    case 5:
        (void)weft_span_look(span, look, &seen);
        break;
    case 6:
        (void)weft_span_recording(span);
        break;
    default:
        weft_span_set_list(span, often(own) ? list : NULL, count);
    }
}

static void change_stack(actor *own)
{
    const weft_context context = any_context(own);
    weft_token *token = &own->tokens[below(own, HANDLES)];
    switch (below(own, 8)) {
    case 0:
        *token = weft_context_mark();
        break;
    case 1:
        weft_context_unwind(*token);
        break;
    case 2:
        *token = weft_baggage_attach(any_text(own), any_text(own));
        break;
    case 3:
    case 4:
        (void)weft_context_detach(*token);
        break;
    case 5:
        (void)weft_stack_switch(own->stacks[below(own, 2)]);
        break;
    case 6:
        weft_stack_free(own->stacks[0]);
        own->stacks[0] = weft_stack_new();
        break;
    default:
        *token = weft_context_attach(often(own) ? &context : NULL);
    }
}

static void release_value(void *value)
{
    (void)weft_context_current();
    (void)value;
}

static void make_context(actor *own)
{
    static const weft_key key = { .size = sizeof key, .name = "key", .release = release_value };
    weft_attribute list[4];
    const weft_context kept = any_context(own), *base = often(own) ? &kept : NULL;
    switch (below(own, 8)) {
    case 0:
        keep_context(own, weft_context_capture(base));
        break;
    case 1:
        keep_context(own, weft_context_with_span(base, &kept.span, any_text(own)));
        break;
    case 2:
        keep_context(own, weft_context_with_fields(base, list, any_list(own, list)));
        break;
    case 3:
        keep_context(own, weft_context_with_value(base, often(own) ? &key : NULL, own));
        break;
    case 4:
        keep_context(own, weft_context_suppressed(base));
        break;
    case 5:
        keep_context(own, weft_baggage_remove(base, any_text(own)));
        break;
    default:
        keep_context(own, weft_baggage_set(base, any_text(own), any_text(own), any_text(own)));
    }
}

static void ask_context(actor *own)
{
    static const weft_key key = { .size = sizeof key, .name = "key" };
    char text[64], page[WEFT_TRACEPARENT_SIZE], list[64] = "a=1";
    const weft_context kept = any_context(own), *context = often(own) ? &kept : NULL;
    weft_headers headers = { NULL, 0, 0 };
    const weft_carrier carrier = weft_headers_carrier(&headers);
    switch (below(own, 6)) {
    case 0:
        (void)weft_baggage_get(context, any_text(own), text, sizeof text);
        break;
    case 1:
        (void)weft_tracestate(&kept.span, any_text(own), text, below(own, sizeof text));
        break;
    case 2:
        (void)weft_tracestate_set(list, sizeof list, any_text(own), any_text(own));
        break;
    case 3:
        (void)weft_context_value(context, &key);
        break;
    case 4:
        (void)weft_traceparent(context, page);
        break;
    default:
        weft_inject(context, often(own) ? &carrier : NULL);
        keep_context(own, weft_extract(context, &carrier));
    }
    weft_headers_clear(&headers);
}

static void change_sdk(actor *own)
{
    size_t at = below(own, HANDLES);
    weft_stats stats = { .size = below(own, 2) * sizeof stats };
    weft_destination_stats out = { .size = sizeof out };
    pthread_mutex_lock(&shared.lock);
    weft_sdk sdk = shared.sdks[at];
    pthread_mutex_unlock(&shared.lock);
    if (!often(own))
        sdk.id_ = storm_random(&own->random);
    switch (below(own, 16)) {
    case 0:
    case 1: {
        const storm_options options = { .local = below(own, 2) != 0, .max_queue = 100, .delay_ms = 1 };
        keep_sdk(at, storm_start(&options));
        break;
    }
    case 2:
        (void)weft_sdk_stop(sdk, (uint32_t)below(own, 50));
        break;
    case 3:
        (void)weft_sdk_flush(sdk, (uint32_t)below(own, 5));
        break;
    case 4:
        (void)weft_propagators_set(any_text(own));
        break;
    case 5:
        (void)weft_sdk_destination(sdk, (uint32_t)below(own, 3), often(own) ? &out : NULL);
        break;
    default:
        weft_sdk_stats(sdk, often(own) ? &stats : NULL);
    }
}

static void act(size_t index)
{
    static void (*const acts[])(actor *own) = { start_span,  start_span,   finish_span,  finish_span,  change_span,
                                                change_span, change_stack, change_stack, make_context, ask_context };
    actor own = { .random = seed * THREADS + index };
    own.stacks[0] = weft_stack_new();
    for (size_t i = 0; i < rounds; i++) {
        if (below(&own, 100) == 0)
            change_sdk(&own);
        else
            acts[below(&own, sizeof acts / sizeof acts[0])](&own);
    }
    (void)weft_stack_switch(NULL);
    weft_stack_free(own.stacks[0]);
}

static void hear_nothing(void *data, weft_importance importance, const char *line)
{
    (void)data, (void)importance, (void)line;
}

/* Says where it is, so that a crash can be had again. */
static void run_seed(uint64_t number)
{
    char line[64];
    int size = snprintf(line, sizeof line, "seed %llu\n", (unsigned long long)number);
    assert_int_equal(write(STDERR_FILENO, line, (size_t)size), size);
    seed = number;
    storm_threads(THREADS, act);
    for (size_t i = 0; i < HANDLES; i++) {
        while (weft_sdk_stop(shared.sdks[i], STORM_WAIT_MS) == WEFT_OK) {
            /* as often as it was started */
        }
        weft_context_release(&shared.contexts[i]);
        weft_span_end(&shared.spans[i]);
    }
}

static void random_calls_never_crash(void **state)
{
    (void)state;
    const char *chosen = getenv("WEFT_TEST_SEED");
    memset(large, 'x', sizeof large - 1);
    weft_diagnostics_set(hear_nothing, NULL);
    rounds = storm_size(100000, 10000);
    for (uint64_t i = 1; chosen == NULL && i <= 8; i++)
        run_seed(i);
    if (chosen != NULL)
        run_seed(strtoull(chosen, NULL, 10));
    /* What all that has left behind is an SDK that works. */
    const storm_options options = { .max_queue = 10000 };
    weft_sdk sdk = storm_start(&options);
    for (int i = 0; i < 100; i++) {
        const weft_span span = weft_span_start("works", .root = true);
        assert_true(weft_span_recording(&span));
        weft_span_end(&span);
    }
    storm_sums sums = storm_finish(sdk);
    assert_int_equal(sums.out.exported, 100);
    assert_int_equal(sums.sdk.spans.open, 0);
    weft_diagnostics_set(NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_calls_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
