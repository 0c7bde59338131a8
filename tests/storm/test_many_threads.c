/* test_many_threads.c - threads that come and go, and threads that only sit there: memory stays flat, and neither
 * starves nor slows down the one that works. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "sdk/api/thread.h"
#include "tests/support/storm.h"

WEFT_INSTRUMENTATION("storm.threads", "1");

enum { AT_ONCE = 8, IDLE = 10000, POOL_BLOCKS = 16384 };

static size_t structures(void)
{
    size_t count = 0;
    for (const weft__thread *thread = weft__threads(); thread != NULL; thread = thread->next_registered)
        count++;
    return count;
}

static void trace_one(void)
{
    const weft_span span = weft_span_enter("one");
    weft_span_set(&span, weft_attr("key", "value"));
    weft_span_leave(&span);
}

static void *short_life(void *arg)
{
    trace_one();
    return arg;
}

static void run_short_lives(size_t count)
{
    pthread_t threads[AT_ONCE];
    for (size_t i = 0; i < count; i += AT_ONCE) {
        for (size_t j = 0; j < AT_ONCE; j++)
            assert_int_equal(pthread_create(&threads[j], NULL, short_life, NULL), 0);
        for (size_t j = 0; j < AT_ONCE; j++)
            pthread_join(threads[j], NULL);
    }
}

static void threads_that_come_and_go_leave_nothing(void **state)
{
    (void)state;
    const storm_options options = { .max_queue = 1 << 20 };
    weft_sdk sdk = storm_start(&options);
    size_t count = storm_size(10000, 1000) / AT_ONCE * AT_ONCE;
    run_short_lives(count / 10 / AT_ONCE * AT_ONCE);
    (void)storm_settle(sdk);
    size_t resident = storm_resident(), before = structures();
    run_short_lives(count);
    storm_sums sums = storm_finish(sdk);
    assert_int_equal(sums.sdk.spans.dropped_pool, 0);
    assert_int_equal(sums.out.exported, count + count / 10 / AT_ONCE * AT_ONCE);
    /* One for each that was alive at a time, and a few for those that met at the list of idle ones. */
    assert_in_range(before, 2, 4 * AT_ONCE);
    assert_in_range(structures(), before, 8 * AT_ONCE);
    assert_true(storm_flat(resident, 8192));
}

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t there;
    bool over;
} idle = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void *sit_there(void *arg)
{
    trace_one();
    pthread_mutex_lock(&idle.lock);
    idle.there++;
    pthread_cond_broadcast(&idle.changed);
    while (!idle.over)
        pthread_cond_wait(&idle.changed, &idle.lock);
    pthread_mutex_unlock(&idle.lock);
    return arg;
}

/* As many as the machine lets us have. */
static size_t start_idle(pthread_t *threads, size_t most)
{
    pthread_attr_t attributes;
    size_t count = 0, stack = 128 * 1024;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, stack), 0);
    while (count < most && pthread_create(&threads[count], &attributes, sit_there, NULL) == 0)
        count++;
    pthread_attr_destroy(&attributes);
    pthread_mutex_lock(&idle.lock);
    while (idle.there != count)
        pthread_cond_wait(&idle.changed, &idle.lock);
    pthread_mutex_unlock(&idle.lock);
    return count;
}

static void end_idle(const pthread_t *threads, size_t count)
{
    pthread_mutex_lock(&idle.lock);
    idle.over = true;
    pthread_cond_broadcast(&idle.changed);
    pthread_mutex_unlock(&idle.lock);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    idle.there = 0;
    idle.over = false;
}

/* A quarter of the pool at once, whatever lies in the magazines of the others. */
static void assert_not_starved(void)
{
    enum { MANY = POOL_BLOCKS / 4 };
    weft_span *open = calloc(MANY, sizeof *open);
    assert_non_null(open);
    for (size_t i = 0; i < MANY; i++) {
        open[i] = weft_span_start("busy");
        assert_true(weft_span_recording(&open[i]));
    }
    for (size_t i = 0; i < MANY; i++)
        weft_span_end(&open[i]);
    free(open);
}

/* A drain that looked at an idle thread would crash: its structure cannot be read meanwhile. */
static void protect_idle(weft__thread *const *threads, size_t count, int how)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(mprotect(threads[i], 1, how), 0);
}

static size_t find_idle(weft__thread **found, size_t most)
{
    size_t count = 0;
    for (weft__thread *thread = weft__threads(); thread != NULL && count < most; thread = thread->next_registered)
        if (atomic_load(&thread->alive) && (uintptr_t)thread % (uintptr_t)sysconf(_SC_PAGESIZE) == 0)
            found[count++] = thread;
    return count;
}

/* The newest structures are those of idle threads: the worker's and this thread's came first. */
static void drain_without_the_idle(weft_sdk sdk, size_t most)
{
    weft__thread *found[100];
    size_t count = find_idle(found, most < 100 ? most : 100);
    assert_true(count > 10);
    protect_idle(found, count, PROT_NONE);
    for (int i = 0; i < 10; i++) {
        trace_one();
        (void)weft_sdk_flush(sdk, STORM_WAIT_MS);
    }
    protect_idle(found, count, PROT_READ | PROT_WRITE);
}

static void idle_threads_do_not_starve_the_busy_one(void **state)
{
    (void)state;
    const storm_options options = { .max_queue = 1 << 20 };
    size_t most = storm_size(IDLE, 400); /* valgrind knows 500 */
    pthread_t *threads = calloc(most, sizeof *threads);
    assert_non_null(threads);
    weft_sdk sdk = storm_start(&options);
    trace_one();
    size_t count = start_idle(threads, most);
    (void)storm_settle(sdk);
    assert_not_starved();
    drain_without_the_idle(sdk, count / 2);
    storm_sums sums = storm_settle(sdk);
    assert_int_equal(sums.sdk.spans.dropped_pool, 0);
    end_idle(threads, count);
    free(threads);
    storm_finish(sdk);
    assert_true(count >= most / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_come_and_go_leave_nothing),
        cmocka_unit_test(idle_threads_do_not_starve_the_busy_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
