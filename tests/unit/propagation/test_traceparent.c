/* test_traceparent.c - every row of the traceparent grammar, and tracestate headers beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

#define T "0af7651916cd43dd8448eb211c80319c"
#define S "b7ad6b7169203331"
#define OK "00-" T "-" S "-01"

/* flags -1: the header is ignored. */
static const struct {
    const char *header;
    int flags;
} rows[] = {
    { OK, 1 },
    { "00-" T "-" S "-00", 0 },
    { "00-" T "-" S "-03", 3 },
    { "00-" T "-" S "-02", 2 },
    { "00-" T "-" S "-ff", 3 }, /* bits that nobody knows are dropped (W3C-7) */
    { "00-" T "-" S "-08", 0 },
    { " " OK "\t", 1 },
    { "\t " OK, 1 },
    /* versions that are not known yet (W3C-4) */
    { "01-" T "-" S "-01", 1 },
    { "cc-" T "-" S "-01", 1 },
    { "fe-" T "-" S "-03-what the future will be like", 3 },
    { "cc-" T "-" S "-01-", 1 },
    { "cc-" T "-" S "-01.what", -1 },
    { "cc-" T "-" S "-010", -1 },
    { "cc-" T "-" S "-0", -1 },
    { "cc-" T "-" S, -1 },
    /* the version itself */
    { "ff-" T "-" S "-01", -1 },
    { "FF-" T "-" S "-01", -1 },
    { "0-" T "-" S "-01", -1 },
    { "000-" T "-" S "-01", -1 },
    { ".0-" T "-" S "-01", -1 },
    { "0x-" T "-" S "-01", -1 },
    { "0A-" T "-" S "-01", -1 },
    /* version 00 ends after the flags */
    { OK "-", -1 },
    { OK "-00", -1 },
    { OK "1", -1 },
    { OK " x", -1 },
    /* the trace id */
    { "00-00000000000000000000000000000000-" S "-01", -1 },
    { "00-00000000000000000000000000000001-" S "-01", 1 },
    { "00-10000000000000000000000000000000-" S "-01", 1 },
    { "00-0af7651916cd43dd8448eb211c80319-" S "-01", -1 },
    { "00-0af7651916cd43dd8448eb211c80319cc-" S "-01", -1 },
    { "00-0AF7651916CD43DD8448EB211C80319C-" S "-01", -1 },
    { "00-.af7651916cd43dd8448eb211c80319c-" S "-01", -1 },
    { "00-gaf7651916cd43dd8448eb211c80319c-" S "-01", -1 },
    { "00-`af7651916cd43dd8448eb211c80319c-" S "-01", -1 },
    { "00-/af7651916cd43dd8448eb211c80319c-" S "-01", -1 },
    { "00-:af7651916cd43dd8448eb211c80319c-" S "-01", -1 },
    { "00-\xb0"
      "af7651916cd43dd8448eb211c80319c-" S "-01",
      -1 },
    { "00-0af7651916cd43dd8448eb211c80319G-" S "-01", -1 },
    /* the parent id */
    { "00-" T "-0000000000000000-01", -1 },
    { "00-" T "-0000000000000001-01", 1 },
    { "00-" T "-b7ad6b716920333-01", -1 },
    { "00-" T "-b7ad6b71692033311-01", -1 },
    { "00-" T "-B7AD6B7169203331-01", -1 },
    { "00-" T "-b7ad6b716920333.-01", -1 },
    /* the flags */
    { "00-" T "-" S "-1", -1 },
    { "00-" T "-" S "-0A", -1 },
    { "00-" T "-" S "-.0", -1 },
    { "00-" T "-" S "-", -1 },
    { "00-" T "-" S, -1 },
    /* the dashes */
    { "00_" T "-" S "-01", -1 },
    { "00-" T "_" S "-01", -1 },
    { "00-" T "-" S "_01", -1 },
    { "00" T "-" S "-01", -1 },
    { "", -1 },
    { " ", -1 },
    { "00", -1 },
    { "hello", -1 },
};

/* A carrier over two lists; the texts lie against the end of their memory, with no NUL behind. */
typedef struct headers {
    const char *parents[3], *states[4];
    int asked_for_states;
} headers;

static weft_text get(void *self, const char *name, size_t index)
{
    headers *from = self;
    const char *const *list = strcmp(name, "traceparent") == 0 ? from->parents : from->states;
    from->asked_for_states += list == from->states;
    for (size_t i = 0; i < index; i++)
        if (list[i] == NULL)
            return weft_text_n(NULL, 0);
    return weft_text_n(list[index], list[index] != NULL ? strlen(list[index]) : 0);
}

static weft_context extract(headers *from)
{
    const weft_carrier carrier = { .size = sizeof carrier, .self = from, .get = get };
    const weft_context empty = { .hold_ = 0 };
    return weft_extract(&empty, &carrier);
}

static int start(void **state)
{
    (void)state;
    return weft_propagators_set("tracecontext") == WEFT_OK ? 0 : -1;
}

static void TR_017_TR_018_CP_009_traceparent_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        headers from = { { rows[i].header }, { "a=1" }, 0 };
        char text[WEFT_TRACE_ID_SIZE], parent[WEFT_TRACEPARENT_SIZE];
        weft_context context = extract(&from);
        bool valid = weft_span_context_valid(&context.span);
        if (valid != (rows[i].flags >= 0))
            fail_msg("%s", rows[i].header);
        assert_true(context.span.remote == valid);
        assert_int_equal(weft_tracestate(&context.span, NULL, text, sizeof text), valid ? 3 : 0);
        if (valid) {
            assert_int_equal(context.span.flags, rows[i].flags);
            /* Whatever came, version 00 goes out. */
            weft_traceparent(&context, parent);
            assert_memory_equal(parent, "00-", 3);
            assert_non_null(strstr(rows[i].header, weft_trace_id(&context.span, text)));
            assert_memory_equal(parent + 3, text, 32);
            assert_non_null(strstr(rows[i].header, weft_span_id(&context.span, text)));
            assert_memory_equal(parent + 36, text, 16);
            assert_true(parent[53] == '0' && parent[54] == "0123"[rows[i].flags] && parent[55] == '\0');
        } else {
            assert_int_equal(from.asked_for_states, 0);
            assert_string_equal(weft_traceparent(&context, parent), "");
        }
        weft_context_release(&context);
    }
}

static void a_text_without_a_nul(void **state)
{
    (void)state;
    char memory[sizeof OK - 1];
    memcpy(memory, OK, sizeof memory);
    weft_header list[] = { { { "TraceParent", 11 }, { memory, sizeof memory } } };
    weft_headers one = { .list = list, .count = 1 };
    weft_carrier carrier = weft_headers_carrier(&one);
    weft_context context = weft_extract(NULL, &carrier);
    assert_true(context.span.remote);
    weft_context_release(&context);
}

static void two_traceparents_are_none(void **state)
{
    (void)state;
    headers from = { { OK, OK }, { "a=1" }, 0 };
    weft_context context = extract(&from);
    assert_false(weft_span_context_valid(&context.span));
    weft_context_release(&context);
}

static void what_is_there_survives_what_cannot_be_read(void **state)
{
    (void)state;
    char text[8];
    headers good = { { OK }, { "a=1" }, 0 }, bad = { { "00-x" }, { "b=2" }, 0 };
    const weft_carrier carrier = { .size = sizeof carrier, .self = &bad, .get = get };
    weft_context base = extract(&good);
    weft_context context = weft_extract(&base, &carrier);
    assert_memory_equal(context.span.span_id, base.span.span_id, 8);
    assert_int_equal(weft_tracestate(&context.span, "a", text, sizeof text), 1);
    weft_context_release(&context), weft_context_release(&base);
}

static void state_is(const headers *template, const char *expected)
{
    headers from = *template;
    char text[128];
    weft_context context = extract(&from);
    assert_true(context.span.remote);
    weft_tracestate(&context.span, NULL, text, sizeof text);
    assert_string_equal(text, expected);
    weft_context_release(&context);
}

static void TR_018_tracestate_headers(void **state)
{
    (void)state;
    state_is(&(headers){ { OK }, { NULL }, 0 }, "");
    state_is(&(headers){ { OK }, { "foo=1,bar=2" }, 0 }, "foo=1,bar=2");
    state_is(&(headers){ { OK }, { "foo=1", "bar=2", "" }, 0 }, "foo=1,bar=2");
    state_is(&(headers){ { OK }, { "foo=1,", " ,bar=2" }, 0 }, "foo=1,bar=2");
    state_is(&(headers){ { OK }, { "foo=1", "BAR=2", "c=3" }, 0 }, "");
    state_is(&(headers){ { OK }, { "foo=1", "a=" }, 0 }, "");
    state_is(&(headers){ { OK }, { "foo=1,foo=2", "foo=3,bar=1" }, 0 }, "foo=1,bar=1");
    state_is(&(headers){ { OK },
                         { "a0=1,a1=1,a2=1,a3=1,a4=1,a5=1,a6=1,a7=1,a8=1,a9=1,b0=1,b1=1,b2=1,b3=1,b4=1,b5=1",
                           "c0=1,c1=1,c2=1,c3=1,c4=1,c5=1,c6=1,c7=1,c8=1,c9=1,d0=1,d1=1,d2=1,d3=1,d4=1,d5=1", "e=1" },
                         0 },
             "");
}

typedef struct sent {
    char parent[64], list[64];
    int count;
} sent;

static void set(void *self, const char *name, const char *value)
{
    sent *to = self;
    char *place = strcmp(name, "traceparent") == 0 ? to->parent : to->list;
    strncpy(place, value, 63);
    to->count++;
}

static void what_is_valid_goes_out(void **state)
{
    (void)state;
    sent to = { .count = 0 };
    const weft_carrier carrier = { .size = sizeof carrier, .self = &to, .set = set };
    headers from = { { "cc-" T "-" S "-0b-x" }, { " b=2,a=1" }, 0 };
    weft_context context = extract(&from), plain = context;
    weft_inject(&context, &carrier);
    assert_int_equal(to.count, 2);
    assert_string_equal(to.parent, "00-" T "-" S "-03");
    assert_string_equal(to.list, "b=2,a=1"); /* passed on as it came (W3C-19) */
    plain.span.state_ = 0;
    weft_inject(&plain, &carrier);
    assert_int_equal(to.count, 3); /* no empty header */
    memset(plain.span.span_id, 0, 8);
    weft_inject(&plain, &carrier);
    assert_int_equal(to.count, 3); /* PRP-10 */
    weft_context_release(&context);
}

static void the_current_context_is_sent(void **state)
{
    (void)state;
    sent to = { .count = 0 };
    char text[WEFT_TRACEPARENT_SIZE];
    const weft_carrier carrier = { .size = sizeof carrier, .self = &to, .set = set };
    weft_inject(NULL, &carrier);
    assert_int_equal(to.count, 0);
    assert_string_equal(weft_traceparent(NULL, text), "");
    headers from = { { OK }, { NULL }, 0 };
    weft_context context = extract(&from);
    weft_token token = weft_context_attach(&context);
    weft_inject(NULL, &carrier);
    assert_string_equal(to.parent, OK);
    assert_string_equal(weft_traceparent(NULL, text), OK);
    weft_context_detach(token);
    weft_context_release(&context);
    assert_null(weft_traceparent(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(TR_017_TR_018_CP_009_traceparent_grammar),
        cmocka_unit_test(a_text_without_a_nul),
        cmocka_unit_test(two_traceparents_are_none),
        cmocka_unit_test(what_is_there_survives_what_cannot_be_read),
        cmocka_unit_test(TR_018_tracestate_headers),
        cmocka_unit_test(what_is_valid_goes_out),
        cmocka_unit_test(the_current_context_is_sent),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
