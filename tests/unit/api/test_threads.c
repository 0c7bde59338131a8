/* test_threads.c - contexts handed between threads, values released once among them, and signals in the middle. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "sdk/api/runtime.h"

enum { THREADS = 4, ROUNDS = 20000 };

static int rounds(void)
{
    return getenv("WEFT_TEST_SLOW") != NULL ? ROUNDS / 10 : ROUNDS;
}

static weft_context shared; /* captured once, read by all */
static _Atomic int made, released;

static void on_release(void *value)
{
    (void)value;
    atomic_fetch_add(&released, 1);
}

static const weft_key key = { sizeof key, "key", on_release };

static void *use_shared(void *arg)
{
    bool *right = arg;
    char text[16];
    *right = true;
    for (int i = 0; i < rounds(); i++) {
        weft_token token = weft_context_attach(&shared);
        weft_context mine = weft_context_with_value(NULL, &key, right);
        atomic_fetch_add(&made, 1);
        weft_context copy = weft_context_capture(&mine);
        weft_context_release(&mine);
        weft_token inner = weft_context_attach(&copy);
        weft_context_release(&copy);
        *right &= weft_context_value(NULL, &key) == right;
        *right &= weft_baggage_get(NULL, "name", text, sizeof text) == 4 && strcmp(text, "text") == 0;
        *right &= weft_tracestate(NULL, "k", text, sizeof text) == 1;
        *right &= weft_context_detach(inner) == WEFT_OK && weft_context_detach(token) == WEFT_OK;
    }
    return NULL;
}

static void threads_share_a_context(void **state)
{
    (void)state;
    const weft_span_context span = { { 1 }, { 2 }, 1, false, { 0 }, 0 };
    weft_context with = weft_context_with_span(NULL, &span, "k=v");
    shared = weft_baggage_set(&with, "name", "text", NULL);
    weft_context_release(&with);
    pthread_t threads[THREADS];
    bool right[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_shared, &right[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(right[i]);
    }
    assert_int_equal(atomic_load(&released), atomic_load(&made));
    weft_context_release(&shared);
}

/* Every round a context comes to life here while others hold copies of it: whoever comes late finds it empty, and of
 * several releases of copies one counts. */
static struct {
    pthread_mutex_t lock;
    weft_context context;
} place = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void *race_release(void *arg)
{
    bool *right = arg;
    char text[16];
    *right = true;
    for (int i = 0; i < rounds(); i++) {
        pthread_mutex_lock(&place.lock);
        weft_context copy = place.context;
        pthread_mutex_unlock(&place.lock);
        size_t size = weft_baggage_get(&copy, "name", text, sizeof text);
        *right &= size == SIZE_MAX || (size == 4 && strcmp(text, "text") == 0);
        weft_context_release(&copy);
        weft_context fresh = weft_baggage_set(NULL, "name", "text", NULL);
        pthread_mutex_lock(&place.lock);
        place.context = fresh;
        pthread_mutex_unlock(&place.lock);
    }
    return NULL;
}

static void copies_are_released_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    bool right[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race_release, &right[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(right[i]);
    }
}

static void *end_with_contexts(void *arg)
{
    (void)arg;
    weft_baggage_attach("name", "text");
    weft_context context = weft_context_with_value(NULL, &key, &made);
    weft_context_attach(&context);
    weft_context_release(&context);
    return NULL;
}

static void a_thread_that_ends_lets_go(void **state)
{
    (void)state;
    atomic_store(&released, 0);
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, end_with_contexts, NULL), 0);
        pthread_join(thread, NULL);
    }
    assert_int_equal(atomic_load(&released), 100);
}

static volatile sig_atomic_t signals;
static volatile sig_atomic_t wrong;

static void on_signal(int number)
{
    (void)number;
    char text[16];
    weft_token token = weft_baggage_attach("signal", "1");
    size_t size = weft_baggage_get(NULL, "signal", text, sizeof text);
    /* Refused where it interrupted the library; else all of it works. */
    if (token.serial_ != 0 && (size != 1 || weft_context_detach(token) != WEFT_OK))
        wrong = 1;
    signals = signals + 1;
}

static void a_signal_handler_may_come_at_any_moment(void **state)
{
    (void)state;
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    struct itimerval every = { { 0, 200 }, { 0, 200 } }, never = { { 0, 0 }, { 0, 0 } };
    char text[16];
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    while (signals < 50) {
        weft_token token = weft_baggage_attach("name", "text");
        assert_int_equal(weft_baggage_get(NULL, "name", text, sizeof text), 4);
        weft_context kept = weft_context_capture(NULL);
        weft_context_release(&kept);
        assert_int_equal(weft_context_detach(token), WEFT_OK);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_IGN); /* not the default: one may still be on its way, under valgrind */
    assert_false(wrong);
    assert_int_equal(weft_baggage_get(NULL, "signal", text, sizeof text), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_a_context),
        cmocka_unit_test(copies_are_released_once),
        cmocka_unit_test(a_thread_that_ends_lets_go),
        cmocka_unit_test(a_signal_handler_may_come_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
