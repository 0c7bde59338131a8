/* test_no_malloc.c - after its first use a thread takes nothing from the allocator: contexts, baggage, extract. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "tests/support/malloc_count.h"

static weft_text get(void *self, const char *name, size_t index)
{
    (void)self;
    const char *value = NULL;
    if (strcmp(name, "traceparent") == 0)
        value = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";
    else if (strcmp(name, "tracestate") == 0)
        value = "vendor=1,ot=th:8";
    else if (strcmp(name, "baggage") == 0)
        value = "tenant=acme,user=caf%C3%A9;p=1";
    return index == 0 && value != NULL ? weft_text_n(value, strlen(value)) : weft_text_n(NULL, 0);
}

static void set(void *self, const char *name, const char *value)
{
    *(size_t *)self += strlen(name) + strlen(value);
}

static void nothing(void *arg, const weft_baggage_entry *entry)
{
    (void)arg, (void)entry;
}

static void everything(void)
{
    static const weft_key key = { .size = sizeof key, .name = "key" };
    char text[64];
    size_t written = 0;
    weft_carrier from = { .size = sizeof from, .get = get };
    weft_carrier to = { .size = sizeof to, .self = &written, .set = set };
    weft_context remote = weft_extract(NULL, &from);
    assert_true(remote.span.remote);
    weft_token token = weft_context_attach(&remote);
    weft_inject(NULL, &to);
    assert_true(written > 100);
    weft_token fields = weft_fields_attach(&(weft_attribute){ weft_string("v"), "k", WEFT_NUL, 0 }, 1);
    weft_token baggage = weft_baggage_attach("step", "2");
    weft_context kept = weft_context_capture(NULL);
    weft_context valued = weft_context_with_value(&kept, &key, text);
    assert_ptr_equal(weft_context_value(&valued, &key), text);
    weft_baggage_each(&valued, nothing, NULL);
    assert_int_equal(weft_baggage_get(&valued, "step", text, sizeof text), 1);
    weft_context_release(&valued);
    weft_context_release(&kept);
    assert_int_equal(weft_context_detach(baggage), WEFT_OK);
    assert_int_equal(weft_context_detach(fields), WEFT_OK);
    assert_int_equal(weft_context_detach(token), WEFT_OK);
    weft_context_release(&remote);
    weft_stack *stack = weft_stack_new();
    assert_null(weft_stack_switch(stack));
    assert_ptr_equal(weft_stack_switch(NULL), stack);
    weft_stack_free(stack);
}

static void nothing_is_taken_after_the_first_use(void **state)
{
    (void)state;
    if (!malloc_is_counted())
        skip();
    assert_int_equal(weft_propagators_set("tracecontext,baggage"), WEFT_OK);
    everything();
    unsigned long before = malloc_count();
    for (int i = 0; i < 1000; i++)
        everything();
    assert_int_equal(malloc_count(), before);
}

/* The allocator is not reached by another name either: a list of headers shows in the count. */
static void what_is_taken_is_counted(void **state)
{
    (void)state;
    if (!malloc_is_counted())
        skip();
    weft_headers headers = { .list = NULL };
    weft_carrier carrier = weft_headers_carrier(&headers);
    unsigned long before = malloc_count();
    carrier.set(carrier.self, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03");
    assert_int_equal(malloc_count(), before + 2);
    /* A traceparent is always as long as the one before it. */
    carrier.set(carrier.self, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    assert_int_equal(malloc_count(), before + 2);
    weft_headers_clear(&headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_taken_after_the_first_use),
        cmocka_unit_test(what_is_taken_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
