/* test_stack.c - context stacks of coroutines: on one thread, moved between threads, freed twice. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "sdk/api/runtime.h"

static weft_token attach(uint8_t number)
{
    const weft_span_context span = { .trace_id = { 1 }, .span_id = { number } };
    weft_context context = weft_context_with_span(NULL, &span, NULL);
    weft_token token = weft_context_attach(&context);
    weft_context_release(&context);
    return token;
}

static int current(void)
{
    return weft_context_current().span.span_id[0];
}

static ucontext_t main_place, places[2];
static weft_stack *stacks[2];
static int finished;

static void yield_to_main(int self)
{
    weft_stack_switch(NULL);
    swapcontext(&places[self], &main_place);
    assert_null(weft_stack_switch(stacks[self]));
}

static void coroutine(int self)
{
    assert_null(weft_stack_switch(stacks[self]));
    assert_int_equal(current(), 0);
    weft_token outer = attach((uint8_t)(10 + self));
    yield_to_main(self);
    assert_int_equal(current(), 10 + self);
    weft_token inner = attach((uint8_t)(20 + self));
    yield_to_main(self);
    assert_int_equal(weft_context_detach(inner), WEFT_OK);
    assert_int_equal(current(), 10 + self);
    assert_int_equal(weft_context_detach(outer), WEFT_OK);
    finished++;
    weft_stack_switch(NULL);
}

static void coroutines_have_contexts_of_their_own(void **state)
{
    (void)state;
    static char memory[2][64 << 10];
    weft_token own = attach(1);
    for (int i = 0; i < 2; i++) {
        stacks[i] = weft_stack_new();
        assert_non_null(stacks[i]);
        getcontext(&places[i]);
        places[i].uc_stack.ss_sp = memory[i];
        places[i].uc_stack.ss_size = sizeof memory[i];
        places[i].uc_link = &main_place;
        makecontext(&places[i], (void (*)(void))coroutine, 1, i);
    }
    for (int step = 0; step < 3; step++)
        for (int i = 0; i < 2; i++) {
            swapcontext(&main_place, &places[i]);
            assert_int_equal(current(), 1);
        }
    assert_int_equal(finished, 2);
    weft_stack_free(stacks[0]), weft_stack_free(stacks[1]);
    assert_int_equal(weft_context_detach(own), WEFT_OK);
}

static weft_token moved_token;

static void *go_on_elsewhere(void *arg)
{
    weft_stack_switch(arg);
    int found = current();
    weft_status status = weft_context_detach(moved_token);
    attach(6); /* stays: the thread ends with this stack as its current one */
    return (void *)(intptr_t)(found == 5 && status == WEFT_OK);
}

static void a_stack_moves_to_another_thread(void **state)
{
    (void)state;
    weft_stack *stack = weft_stack_new();
    weft_stack_switch(stack);
    moved_token = attach(5);
    assert_ptr_equal(weft_stack_switch(NULL), stack);
    pthread_t thread;
    void *ok;
    assert_int_equal(pthread_create(&thread, NULL, go_on_elsewhere, stack), 0);
    pthread_join(thread, &ok);
    assert_true(ok != NULL);
    assert_null(weft_stack_switch(stack));
    assert_int_equal(current(), 6);
    weft_stack_free(stack); /* also while it is current */
    assert_int_equal(current(), 0);
}

static void *use_elsewhere(void *arg)
{
    attach(3);
    weft_stack_switch(arg);
    int found = current();
    weft_stack_free(arg);
    return (void *)(intptr_t)(found == 3);
}

static void what_is_current_on_another_thread_is_refused(void **state)
{
    (void)state;
    weft_stack *stack = weft_stack_new();
    weft_stack_switch(stack);
    attach(4);
    uint64_t before = weft__misuses.thread;
    pthread_t thread;
    void *ok;
    assert_int_equal(pthread_create(&thread, NULL, use_elsewhere, stack), 0);
    pthread_join(thread, &ok);
    assert_true(ok != NULL);
    assert_int_equal(weft__misuses.thread, before + 2);
    assert_int_equal(current(), 4);
    weft_stack_switch(NULL);
    weft_stack_free(stack);
}

static int released;

static void on_release(void *value)
{
    weft_stack_free(value); /* is being freed: refused */
    released++;
}

static void freed_with_what_is_on_it_and_only_once(void **state)
{
    (void)state;
    static const weft_key key = { sizeof key, "key", on_release };
    weft_stack *stack = weft_stack_new();
    weft_stack_switch(stack);
    weft_context context = weft_context_with_value(NULL, &key, stack);
    for (int i = 0; i < 3000; i++)
        assert_true(weft_context_attach(&context).serial_ != 0);
    weft_context_release(&context);
    assert_int_equal(released, 0);
    weft_stack_switch(NULL);
    uint64_t before = weft__misuses.thread;
    weft_stack_free(stack);
    assert_int_equal(released, 1);
    assert_int_equal(weft__misuses.thread, before + 1);
    weft_stack_free(stack);
    weft_stack_switch(stack);
    assert_int_equal(weft__misuses.thread, before + 3);
    weft_stack_free(NULL);
    /* The page comes back for the next one, and is empty. */
    weft_stack *next = weft_stack_new();
    assert_ptr_equal(next, stack);
    weft_stack_switch(next);
    assert_int_equal(current(), 0);
    weft_stack_free(next);
}

static void ten_thousand_at_a_time(void **state)
{
    (void)state;
    static weft_stack *many[10000];
    size_t count = getenv("WEFT_TEST_SLOW") != NULL ? 1000 : 10000;
    for (size_t i = 0; i < count; i++) {
        many[i] = weft_stack_new();
        assert_non_null(many[i]);
        weft_stack_switch(many[i]);
        attach((uint8_t)i);
    }
    weft_stack_switch(NULL);
    for (size_t i = 0; i < count; i++)
        weft_stack_free(many[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coroutines_have_contexts_of_their_own),
        cmocka_unit_test(a_stack_moves_to_another_thread),
        cmocka_unit_test(what_is_current_on_another_thread_is_refused),
        cmocka_unit_test(freed_with_what_is_on_it_and_only_once),
        cmocka_unit_test(ten_thousand_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
