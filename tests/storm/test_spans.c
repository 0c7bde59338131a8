/* test_spans.c - spans that many threads change at once: each one that is exported has its own data and no other's, and
 * every span is accounted for. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "tests/support/storm.h"

WEFT_INSTRUMENTATION("storm.spans", "1");

enum { THREADS = 8, SLOTS = 16, STALE = 8 };

/* A span and the number that all its data carry; read and replaced under the lock, used without it. */
typedef struct place {
    pthread_mutex_t lock;
    weft_span span;
    int64_t id;
} place;

static place places[SLOTS];
static _Atomic int64_t ids;
static size_t rounds;
static _Atomic(const char *) wrong; /* what the exporter, or a thread, has found wrong */

static void expect(bool right, const char *what)
{
    if (!right)
        atomic_store(&wrong, what);
}

/* The mark of a record that could not grow, since the pool was used up just then. */
static bool is_mark(const weft_attribute *attribute)
{
    static const char mark[] = "weft.truncated";
    return attribute->key_size == sizeof mark - 1 && memcmp(attribute->key, mark, sizeof mark - 1) == 0;
}

static void check_value(const weft_attribute *attribute, int64_t id)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)id);
    if (attribute->value.type == WEFT_TYPE_STRING)
        expect(attribute->value.size >= strlen(text) && memcmp(attribute->value.as.string, text, strlen(text)) == 0,
               "a text");
    else
        expect(attribute->value.type == WEFT_TYPE_INT && attribute->value.as.integer == id, "a number");
}

static void check_events(const weft_span_view *span, int64_t id)
{
    weft_cursor at = { 0, 0 };
    weft_event_view event = { .size = sizeof event };
    weft_attribute attribute;
    while (weft_span_event_at(span, &at, &event)) {
        weft_cursor inner = { 0, 0 };
        expect(event.attribute_count == 1 && event.name.size == 5 && memcmp(event.name.data, "event", 5) == 0,
               "an event");
        while (weft_event_attribute(&event, &inner, &attribute))
            check_value(&attribute, id);
    }
}

static void check_links(const weft_span_view *span, int64_t id)
{
    weft_cursor at = { 0, 0 };
    weft_link_view link = { .size = sizeof link };
    while (weft_span_link_at(span, &at, &link))
        expect(memcmp(link.context.span_id, &id, sizeof id) == 0 && memcmp(link.context.trace_id, &id, sizeof id) == 0,
               "a link");
}

static void visit(const weft_span_view *span)
{
    char name[24];
    int64_t id = storm_integer(span, "id");
    int size = snprintf(name, sizeof name, "%lld", (long long)id);
    expect(id > 0, "an id");
    expect(span->name.size == (size_t)size && memcmp(span->name.data, name, (size_t)size) == 0, "a name");
    expect(weft_span_context_valid(&span->context), "ids");
    expect(span->end_time >= span->start_time, "times");
    weft_cursor at = { 0, 0 };
    weft_attribute attribute;
    bool cut = false;
    while (weft_span_attribute(span, &at, &attribute)) {
        if (is_mark(&attribute))
            cut = true;
        else
            check_value(&attribute, id);
    }
    weft_text text = span->status_text;
    if (span->status != WEFT_STATUS_UNSET && !(cut && text.size == 0))
        expect(text.size == (size_t)size && memcmp(text.data, name, (size_t)size) == 0, "a status");
    check_events(span, id);
    check_links(span, id);
}

static place make(void)
{
    place made = { .id = atomic_fetch_add(&ids, 1) + 1 };
    char name[24];
    snprintf(name, sizeof name, "%lld", (long long)made.id);
    made.span = weft_span_start(name, .root = true, .attributes = WEFT_ATTRS(weft_attr("id", made.id)));
    /* Sampled, and so recording; or no block was free, and then it is neither (CRE-3). */
    expect(weft_span_recording(&made.span) == ((made.span.context.span.flags & WEFT_FLAG_SAMPLED) != 0), "a flag");
    return made;
}

static place look(size_t at)
{
    place copy;
    pthread_mutex_lock(&places[at].lock);
    copy.span = places[at].span;
    copy.id = places[at].id;
    pthread_mutex_unlock(&places[at].lock);
    return copy;
}

static place replace(size_t at, const place *with)
{
    place before;
    pthread_mutex_lock(&places[at].lock);
    before.span = places[at].span;
    before.id = places[at].id;
    places[at].span = with->span;
    places[at].id = with->id;
    pthread_mutex_unlock(&places[at].lock);
    return before;
}

/* Long enough for a chain of blocks, now and then. */
static void set_text(const place *on, size_t padding)
{
    char text[700];
    int size = snprintf(text, sizeof text, "%lld", (long long)on->id);
    memset(text + size, '.', padding);
    text[(size_t)size + padding] = '\0';
    weft_span_set(&on->span, weft_attr("text", (const char *)text));
}

static void link_to(const place *on)
{
    weft_link link = { .context = { { 0 }, { 0 }, 0, false, { 0 }, 0 } };
    memcpy(link.context.span_id, &on->id, sizeof on->id);
    memcpy(link.context.trace_id, &on->id, sizeof on->id);
    weft_span_link(&on->span, &link);
}

/* Anything that does not end it. */
static void change(const place *on, uint64_t *random)
{
    char name[24], key[8];
    switch (storm_below(random, 8)) {
    case 0:
        set_text(on, 20);
        break;
    case 1:
        set_text(on, 600);
        break;
    case 2:
        weft_span_event(&on->span, "event", weft_attr("id", on->id));
        break;
    case 3:
        link_to(on);
        break;
    case 4:
        snprintf(name, sizeof name, "%lld", (long long)on->id);
        weft_span_rename(&on->span, name);
        break;
    case 5:
        snprintf(name, sizeof name, "%lld", (long long)on->id);
        weft_span_status_set(&on->span, WEFT_STATUS_ERROR, name);
        break;
    default:
        snprintf(key, sizeof key, "k%zu", storm_below(random, 20));
        weft_span_set(&on->span, weft_attr((const char *)key, on->id), weft_attr("same", on->id));
    }
}

/* Each thread ends spans of its own, while the others change them, and what they have kept of earlier ones. */
static void own_and_others(size_t index)
{
    uint64_t random = index + 1;
    place stale[STALE] = { { .id = 0 } };
    for (size_t i = 0; i < rounds; i++) {
        const place fresh = make();
        (void)replace(index, &fresh);
        const place other = look(storm_below(&random, THREADS));
        change(&other, &random);
        change(&fresh, &random);
        change(&stale[i % STALE], &random);
        stale[i % STALE] = other;
        weft_span_end(&fresh.span);
        change(&fresh, &random);
    }
}

/* Everybody ends everybody's, twice too. */
static void all_of_all(size_t index)
{
    uint64_t random = index + 1000;
    place stale[STALE] = { { .id = 0 } };
    for (size_t i = 0; i < rounds; i++) {
        size_t at = storm_below(&random, SLOTS), what = storm_below(&random, 8);
        const place shared = look(at);
        change(&shared, &random);
        change(&stale[i % STALE], &random);
        if (what == 0)
            weft_span_end(&shared.span);
        if (what == 1)
            weft_span_end(&stale[i % STALE].span);
        if (what > 1 && what < 6) {
            const place fresh = make(), old = replace(at, &fresh);
            weft_span_end(&old.span);
        }
        stale[i % STALE] = shared;
    }
}

static void storm(void (*body)(size_t index))
{
    const storm_options options = { .visit = visit, .max_queue = 1 << 20, .batch_budget = 256 << 20 };
    weft_sdk sdk = storm_start(&options);
    storm_threads(THREADS, body);
    for (size_t i = 0; i < SLOTS; i++) {
        const place last = look(i);
        weft_span_end(&last.span);
    }
    storm_sums sums = storm_finish(sdk);
    if (atomic_load(&wrong) != NULL)
        fail_msg("%s is not that of its span", atomic_load(&wrong));
    assert_int_equal(sums.sdk.spans.open, 0);
    assert_int_equal(sums.out.exported, storm_exported());
    assert_int_equal(storm_dropped(&sums.out), 0);
    assert_int_equal(sums.sdk.spans.created, atomic_load(&ids));
    assert_true(sums.out.exported > 0);
    assert_true(sums.sdk.misuse_after_end > 0);
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < SLOTS; i++)
        places[i] = (place){ .lock = PTHREAD_MUTEX_INITIALIZER };
    atomic_store(&ids, 0);
    atomic_store(&wrong, NULL);
    rounds = storm_size(100000, 3000);
    return 0;
}

static void attributes_come_from_other_threads_while_the_owner_ends_the_span(void **state)
{
    (void)state;
    storm(own_and_others);
}

static void handles_are_shared_ended_and_recycled_by_all(void **state)
{
    (void)state;
    storm(all_of_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(attributes_come_from_other_threads_while_the_owner_ends_the_span, set_up),
        cmocka_unit_test_setup(handles_are_shared_ended_and_recycled_by_all, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
