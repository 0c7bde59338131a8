/* test_propagation.c - which propagators are set, in which order they run, and those of users. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <weft/propagator.h>
#include <weft/weft.h>

#include "sdk/base/diag.h"

static char told[512];

static void hear(void *data, weft_importance importance, const char *line)
{
    (void)data, (void)importance;
    snprintf(told, sizeof told, "%s", line);
}

static int start(void **state)
{
    (void)state;
    weft__diag_set(hear, NULL);
    told[0] = '\0';
    return weft_propagators_set("") == WEFT_OK ? 0 : -1;
}

/* The names that were set, in order; and one context that all of them can send. */
static char order[256];

static void set(void *self, const char *name, const char *value)
{
    (void)self;
    size_t used = strlen(order);
    snprintf(order + used, sizeof order - used, "%s=%s ", name, value);
}

static weft_text get(void *self, const char *name, size_t index)
{
    const char *value = NULL;
    if (index == 0 && strcmp(name, "traceparent") == 0)
        value = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    else if (index == 0 && strcmp(name, "baggage") == 0)
        value = "a=1";
    else if (index == 0 && strcmp(name, "x-count") == 0)
        value = self;
    return weft_text_n(value, value != NULL ? strlen(value) : 0);
}

static const char *inject(const weft_context *context)
{
    const weft_carrier carrier = { .size = sizeof carrier, .set = set };
    order[0] = '\0';
    weft_inject(context, &carrier);
    return order;
}

static weft_context extract(char *count)
{
    const weft_carrier carrier = { .size = sizeof carrier, .self = count, .get = get };
    return weft_extract(NULL, &carrier);
}

static void fields_are(const char *expected)
{
    char text[256] = "";
    for (const char *const *name = weft_propagation_fields(); *name != NULL; name++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", *name);
    assert_string_equal(text, expected);
}

static void CP_008_none_until_one_is_set(void **state)
{
    (void)state;
    weft_context context = extract(NULL);
    assert_false(weft_span_context_valid(&context.span));
    weft_context_release(&context);
    fields_are("");
    assert_int_equal(weft_propagators_set("tracecontext"), WEFT_OK);
    context = extract(NULL);
    assert_true(weft_span_context_valid(&context.span));
    assert_int_equal(weft_propagators_set("none"), WEFT_OK);
    assert_string_equal(inject(&context), "");
    weft_context_release(&context);
}

static void CP_007_CP_015_several_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(weft_propagators_set("tracecontext,baggage"), WEFT_OK);
    fields_are("traceparent tracestate baggage ");
    weft_context context = extract(NULL);
    assert_string_equal(inject(&context),
                        "traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 baggage=a=1 ");
    assert_int_equal(weft_propagators_set("baggage,tracecontext"), WEFT_OK);
    fields_are("baggage traceparent tracestate ");
    assert_string_equal(inject(&context),
                        "baggage=a=1 traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ");
    weft_context_release(&context);
}

static void names_are_trimmed_and_duplicates_removed(void **state)
{
    (void)state;
    assert_int_equal(weft_propagators_set(" baggage ,, TraceContext,baggage,\ttracecontext"), WEFT_OK);
    fields_are("baggage traceparent tracestate ");
    assert_string_equal(told, "");
}

static void an_unknown_name_is_told_and_ignored(void **state)
{
    (void)state;
    assert_int_equal(weft_propagators_set("b4,baggage"), WEFT_E_CONFIG);
    assert_non_null(strstr(told, "b4"));
    fields_are("baggage ");
    assert_int_equal(weft_propagators_set(NULL), WEFT_E_INVALID);
    fields_are("baggage ");
}

/* A user's: it counts itself through a header of its own, on top of what the ones before it read. */
static weft_context count_extract(void *self, const weft_context *base, const weft_carrier *carrier)
{
    weft_text value = carrier->get(carrier->self, self, 0);
    char text[8] = "";
    if (value.data == NULL)
        return weft_context_capture(base);
    snprintf(text, sizeof text, "%.*s", (int)value.size, value.data);
    return weft_baggage_set(base, "count", text, NULL);
}

static void count_inject(void *self, const weft_context *context, const weft_carrier *carrier)
{
    char text[8];
    if (weft_baggage_get(context, "count", text, sizeof text) != SIZE_MAX)
        carrier->set(carrier->self, self, text);
}

static const char *const count_fields[] = { "x-count", NULL };
static const weft_propagator_ops count_ops = { sizeof count_ops, "count", count_fields, count_extract, count_inject };
static char count_header[] = "x-count";

static void CP_014_a_propagator_of_the_users(void **state)
{
    (void)state;
    assert_int_equal(weft_propagator_register(&count_ops, count_header), WEFT_OK);
    assert_int_equal(weft_propagators_set("tracecontext,baggage,count"), WEFT_OK);
    fields_are("traceparent tracestate baggage x-count ");
    char seven[] = "7";
    weft_context context = extract(seven);
    assert_true(context.span.remote);
    assert_non_null(strstr(inject(&context), "baggage=a=1,count=7 x-count=7 "));
    weft_context_release(&context);
    context = extract(NULL);
    assert_null(strstr(inject(&context), "count"));
    weft_context_release(&context);
}

static void what_cannot_be_registered(void **state)
{
    (void)state;
    weft_propagator_ops bad[] = { count_ops, count_ops, count_ops, count_ops, count_ops, count_ops };
    bad[0].name = NULL;
    bad[1].name = "";
    bad[2].extract = NULL;
    bad[3].inject = NULL;
    bad[4].name = "baggage";
    bad[5].name = "none";
    assert_int_equal(weft_propagator_register(NULL, NULL), WEFT_E_INVALID);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(weft_propagator_register(&bad[i], NULL), WEFT_E_INVALID);
    assert_int_equal(weft_propagator_register(&count_ops, NULL), WEFT_E_INVALID);
    assert_int_equal(weft_propagator_register(&count_ops, count_header), WEFT_OK); /* the same again */
    /* Known but never forgotten, so there is an end of it. */
    static weft_propagator_ops many[15];
    static char names[15][16];
    weft_status status = WEFT_OK;
    int fitted = 0;
    for (int i = 0; i < 15 && status == WEFT_OK; i++) {
        snprintf(names[i], sizeof names[i], "p%d", i);
        many[i] = count_ops;
        many[i].name = names[i];
        status = weft_propagator_register(&many[i], count_header);
        fitted += status == WEFT_OK;
    }
    assert_int_equal(status, WEFT_E_MEMORY);
    assert_int_equal(fitted, 12);
    assert_int_equal(weft_propagators_set("p0,p1,p2,p3,p4,p5,p6,p7,p8,p9,p10,p11,count,tracecontext,baggage"), WEFT_OK);
    weft_context context = extract(NULL);
    assert_memory_equal(inject(&context), "traceparent=", 12);
    weft_context_release(&context);
}

static void null_everywhere(void **state)
{
    (void)state;
    const weft_carrier empty = { .size = sizeof empty };
    assert_int_equal(weft_propagators_set("tracecontext,baggage"), WEFT_OK);
    weft_inject(NULL, NULL);
    weft_inject(NULL, &empty);
    weft_context one = weft_extract(NULL, NULL), two = weft_extract(NULL, &empty);
    assert_false(weft_span_context_valid(&one.span) || weft_span_context_valid(&two.span));
    weft_context_release(&one), weft_context_release(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(CP_008_none_until_one_is_set, start),
        cmocka_unit_test_setup(CP_007_CP_015_several_in_their_order, start),
        cmocka_unit_test_setup(names_are_trimmed_and_duplicates_removed, start),
        cmocka_unit_test_setup(an_unknown_name_is_told_and_ignored, start),
        cmocka_unit_test_setup(CP_014_a_propagator_of_the_users, start),
        cmocka_unit_test_setup(what_cannot_be_registered, start),
        cmocka_unit_test_setup(null_everywhere, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
