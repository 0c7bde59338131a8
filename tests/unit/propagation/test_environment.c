/* test_environment.c - environment variables: names, extract, and a copy for a child that is really started. */
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "propagation/formats.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static const char *program;

static int start(void **state)
{
    (void)state;
    unsetenv("TRACEPARENT"), unsetenv("TRACESTATE"), unsetenv("BAGGAGE");
    return weft_propagators_set("tracecontext,baggage") == WEFT_OK ? 0 : -1;
}

static void names_are_normalised(void **state)
{
    (void)state;
    static const struct {
        const char *name, *variable;
    } rows[] = {
        { "traceparent", "TRACEPARENT" },
        { "x-b3-traceid", "X_B3_TRACEID" },
        { "A_z09", "A_Z09" },
        { "", "_" },
        { "9a", "_9A" },
        { "_9", "_9" },
        { "a b=c.\xc3\xa4", "A_B_C___" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[32] = "";
        for (size_t at = 0; (text[at] = weft__environment_char(rows[i].name, at)) != '\0';)
            at++;
        assert_string_equal(text, rows[i].variable);
    }
}

static void CP_019_extract_from_the_environment(void **state)
{
    (void)state;
    weft_carrier carrier = weft_environment_carrier();
    char text[8];
    setenv("traceparent", PARENT, 1); /* not that name (ENC-4) */
    weft_context context = weft_extract(NULL, &carrier);
    assert_false(weft_span_context_valid(&context.span));
    weft_context_release(&context);
    unsetenv("traceparent");
    setenv("TRACEPARENT", PARENT, 1), setenv("TRACESTATE", "a=1", 1), setenv("BAGGAGE", "b=2", 1);
    context = weft_extract(NULL, &carrier);
    assert_true(context.span.remote);
    assert_int_equal(weft_tracestate(&context.span, "a", text, sizeof text), 1);
    assert_int_equal(weft_baggage_get(&context, "b", text, sizeof text), 1);
    weft_context_release(&context);
    assert_null(carrier.set);
}

static void keys_are_those_in_normal_form(void **state)
{
    (void)state;
    weft_carrier carrier = weft_environment_carrier();
    setenv("WEFT_TEST_KEY", "1", 1), setenv("weft_test_key", "1", 1), setenv("WEFT.TEST", "1", 1);
    int found = 0;
    for (size_t i = 0;; i++) {
        weft_text name = carrier.key(carrier.self, i);
        if (name.data == NULL)
            break;
        found += name.size == 13 && memcmp(name.data, "WEFT_TEST_KEY", 13) == 0;
        for (size_t at = 0; at < name.size; at++)
            assert_true(name.data[at] == '_' || (name.data[at] >= 'A' && name.data[at] <= 'Z') ||
                        (name.data[at] >= '0' && name.data[at] <= '9'));
    }
    assert_int_equal(found, 1);
    unsetenv("WEFT_TEST_KEY"), unsetenv("weft_test_key"), unsetenv("WEFT.TEST");
}

static const char *find(char **list, const char *name)
{
    const char *found = NULL;
    for (size_t size = strlen(name); *list != NULL; list++)
        if (strncmp(*list, name, size) == 0 && (*list)[size] == '=') {
            assert_null(found);
            found = *list + size + 1;
        }
    return found;
}

static void a_copy_with_the_context_and_nothing_stale(void **state)
{
    (void)state;
    const weft_span_context span = { { 0xab, 1 }, { 0xcd, 2 }, 1, false, { 0 }, 0 };
    setenv("TRACEPARENT", PARENT, 1), setenv("TRACESTATE", "old=1", 1), setenv("WEFT_TEST_KEY", "kept", 1);
    weft_context context = weft_context_with_span(NULL, &span, NULL);
    char **list = weft_environment_with(&context);
    assert_string_equal(find(list, "TRACEPARENT"), "00-ab010000000000000000000000000000-cd02000000000000-01");
    assert_null(find(list, "TRACESTATE"));
    assert_string_equal(find(list, "WEFT_TEST_KEY"), "kept");
    free(list);
    assert_string_equal(getenv("TRACEPARENT"), PARENT); /* our own stays (ENC-6) */
    weft_context_release(&context);
    list = weft_environment_with(NULL); /* no span: the child must not continue the one that we were started in */
    assert_null(find(list, "TRACEPARENT"));
    free(list);
    unsetenv("WEFT_TEST_KEY");
}

/* As the child: is what the parent passed what extract finds? */
static int child(void)
{
    char text[16], parent[WEFT_TRACEPARENT_SIZE];
    weft_propagators_set("tracecontext,baggage");
    weft_carrier carrier = weft_environment_carrier();
    weft_context context = weft_extract(NULL, &carrier);
    bool right = strcmp(weft_traceparent(&context, parent), PARENT) == 0 &&
                 weft_baggage_get(&context, "name", text, sizeof text) == 7 && strcmp(text, "a value") == 0 &&
                 weft_tracestate(&context.span, "k", text, sizeof text) == 1;
    weft_context_release(&context);
    return right ? 42 : 1;
}

static void CP_019_a_spawned_child_continues_the_trace(void **state)
{
    (void)state;
    weft_headers headers = { .list = NULL };
    weft_carrier carrier = weft_headers_carrier(&headers);
    carrier.set(carrier.self, "traceparent", PARENT);
    carrier.set(carrier.self, "tracestate", "k=v");
    carrier.set(carrier.self, "baggage", "name=a%20value");
    weft_context context = weft_extract(NULL, &carrier);
    char **list = weft_environment_with(&context);
    char *arguments[] = { (char *)(uintptr_t)program, (char[]){ "child" }, NULL };
    pid_t pid;
    int status;
    assert_int_equal(posix_spawn(&pid, program, NULL, NULL, arguments, list), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    free(list);
    weft_context_release(&context);
    weft_headers_clear(&headers);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return child();
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_normalised),
        cmocka_unit_test_setup(CP_019_extract_from_the_environment, start),
        cmocka_unit_test(keys_are_those_in_normal_form),
        cmocka_unit_test_setup(a_copy_with_the_context_and_nothing_stale, start),
        cmocka_unit_test_setup(CP_019_a_spawned_child_continues_the_trace, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
