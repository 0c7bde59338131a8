/* test_diag.c - diagnostics: the handler, the line on stderr, how often, and what must never happen. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sdk/base/clock.h"
#include "sdk/base/diag.h"

static const uint64_t SECOND = 1000000000;

static struct {
    int saved; /* the real stderr */
    int count;
    weft_importance importance;
    char line[2048];
} test;

static void hear(void *data, weft_importance importance, const char *line)
{
    *(int *)data += 1;
    test.importance = importance;
    snprintf(test.line, sizeof test.line, "%s", line);
}

static int start(void **state)
{
    (void)state;
    test.count = 0;
    test.line[0] = '\0';
    test.saved = dup(STDERR_FILENO);
    weft__diag_set(NULL, NULL);
    weft__diag_least(WEFT__INFO);
    return test.saved < 0;
}

static int finish(void **state)
{
    (void)state;
    weft__clock_virtual(0);
    weft__diag_set(NULL, NULL);
    dup2(test.saved, STDERR_FILENO);
    close(test.saved);
    return 0;
}

/* From here on stderr is a file; its text so far. */
static FILE *catch_stderr(void)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
    return file;
}

static void assert_caught(FILE *file, const char *text)
{
    static char caught[8192];
    rewind(file);
    size_t size = fread(caught, 1, sizeof caught - 1, file);
    caught[size] = '\0';
    dup2(test.saved, STDERR_FILENO);
    fclose(file);
    assert_string_equal(caught, text);
}

static void a_handler_gets_every_line(void **state)
{
    (void)state;
    FILE *file = catch_stderr();
    weft__diag_set(hear, &test.count);
    for (int i = 0; i < 5; i++)
        weft__diag(WEFT__WARNING, "every", "number %d", i);
    assert_int_equal(test.count, 5);
    assert_string_equal(test.line, "number 4");
    assert_int_equal(test.importance, WEFT_DIAGNOSTIC_WARNING);
    weft__diag(WEFT__INFO, "every", "by the way");
    assert_int_equal(test.count, 6);
    assert_int_equal(test.importance, WEFT_DIAGNOSTIC_INFO);
    assert_caught(file, "");
}

static void stderr_gets_one_line_a_minute_for_each_cause(void **state)
{
    (void)state;
    weft__clock_virtual(1000 * SECOND);
    FILE *file = catch_stderr();
    weft__diag(WEFT__WARNING, "minute a", "first a");
    weft__diag(WEFT__ERROR, "minute b", "first b");
    weft__diag(WEFT__WARNING, "minute a", "second a");
    weft__clock_advance(60 * SECOND - 1);
    weft__diag(WEFT__WARNING, "minute a", "third a");
    weft__clock_advance(1);
    weft__diag(WEFT__WARNING, "minute a", "fourth a");
    weft__clock_advance(60 * SECOND);
    weft__diag(WEFT__WARNING, "minute a", "fifth a");
    assert_caught(file, "weft: warning: first a\nweft: error: first b\nweft: warning: fourth a (2 more like this)\n"
                        "weft: warning: fifth a\n");
}

static void information_is_not_for_stderr(void **state)
{
    (void)state;
    FILE *file = catch_stderr();
    weft__diag(WEFT__INFO, "information", "not here");
    assert_caught(file, "");
}

static void what_is_less_important_is_left_out(void **state)
{
    (void)state;
    weft__diag_set(hear, &test.count);
    weft__diag_least(WEFT__ERROR);
    weft__diag(WEFT__INFO, "least", "x");
    weft__diag(WEFT__WARNING, "least", "x");
    assert_int_equal(test.count, 0);
    weft__diag(WEFT__ERROR, "least", "x");
    assert_int_equal(test.count, 1);
    weft__diag_least(WEFT__SILENCE);
    weft__diag(WEFT__ERROR, "least", "x");
    assert_int_equal(test.count, 1);
}

static void one_diagnostic_is_one_line(void **state)
{
    (void)state;
    weft__clock_virtual(5000 * SECOND);
    FILE *file = catch_stderr();
    weft__diag(WEFT__WARNING, "one line", "value is \"%s\"", "a\nweft: error: b\r\033[31m\177\303\244");
    assert_caught(file, "weft: warning: value is \"a?weft: error: b??[31m?\303\244\"\n");
}

static void a_long_line_is_cut_between_characters(void **state)
{
    (void)state;
    static char text[4000];
    for (size_t lead = 0; lead < 2; lead++) {
        memset(text, 'x', lead);
        for (size_t i = lead; i + 2 < sizeof text; i += 2)
            memcpy(text + i, "\303\244", 3);
        weft__diag_set(hear, &test.count);
        weft__diag(WEFT__WARNING, "long", "%s", text);
        size_t size = strlen(test.line);
        assert_true(size > 1000 && size < 1024);
        assert_string_equal(test.line + size - 5, "\303\244...");
    }
}

static void errno_is_kept(void **state)
{
    (void)state;
    close(STDERR_FILENO);
    errno = 1234;
    weft__diag(WEFT__WARNING, "errno", "x");
    assert_int_equal(errno, 1234);
    dup2(test.saved, STDERR_FILENO);
}

static void again(void *data, weft_importance importance, const char *line)
{
    hear(data, importance, line);
    weft__diag(WEFT__ERROR, "again", "from the handler");
    weft__diag_set(again, data);
}

static void a_handler_may_call_back(void **state)
{
    (void)state;
    weft__diag_set(again, &test.count);
    weft__diag(WEFT__WARNING, "again", "once");
    assert_int_equal(test.count, 1);
    assert_string_equal(test.line, "once");
    weft__diag(WEFT__WARNING, "again", "twice");
    assert_int_equal(test.count, 2);
}

/* Ends with 0 where the child outlives what it is made to do; the alarm ends one that hangs. */
static void assert_child_lives(void (*act)(void))
{
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        act();
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void print_to_closed_pipe(void)
{
    int ends[2];
    if (pipe(ends) != 0 || dup2(ends[1], STDERR_FILENO) < 0)
        _exit(1);
    close(ends[0]);
    close(ends[1]);
    weft__diag(WEFT__WARNING, "closed pipe", "x");
    sigset_t pending;
    if (sigpending(&pending) != 0 || sigismember(&pending, SIGPIPE) != 0)
        _exit(2);
}

static void print_to_full_pipe(void)
{
    int ends[2];
    char page[4096] = "";
    if (pipe(ends) != 0 || dup2(ends[1], STDERR_FILENO) < 0)
        _exit(1);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (write(ends[1], page, sizeof page) > 0) {
    }
    fcntl(ends[1], F_SETFL, 0);
    weft__diag(WEFT__WARNING, "full pipe", "x");
}

static void stderr_that_cannot_be_written_is_ignored(void **state)
{
    (void)state;
    assert_child_lives(print_to_closed_pipe);
    assert_child_lives(print_to_full_pipe);
}

static void more_causes_than_slots(void **state)
{
    (void)state;
    static char names[300][16];
    FILE *file = catch_stderr();
    for (size_t i = 0; i < WEFT_COUNT_OF(names); i++) {
        snprintf(names[i], sizeof names[i], "cause %zu", i);
        weft__diag(WEFT__INFO, names[i], "x");
        weft__diag(WEFT__WARNING, names[i], "x");
    }
    dup2(test.saved, STDERR_FILENO);
    fclose(file);
}

static _Atomic bool stop_threads;
static struct target {
    _Atomic int calls, live;
} targets[2];

static void hear_target(void *data, weft_importance importance, const char *line)
{
    (void)importance;
    (void)line;
    struct target *target = data;
    assert_int_equal(atomic_load(&target->live), 1);
    atomic_fetch_add(&target->calls, 1);
}

static void *keep_talking(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop_threads))
        weft__diag(WEFT__INFO, "threads", "x");
    return NULL;
}

static void a_replaced_handler_is_not_called_any_more(void **state)
{
    (void)state;
    pthread_t threads[3];
    weft__diag_set(NULL, NULL);
    for (size_t i = 0; i < WEFT_COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keep_talking, NULL), 0);
    for (int i = 0; i < 200; i++) {
        struct target *target = &targets[i % 2];
        atomic_store(&target->live, 1);
        weft__diag_set(hear_target, target);
        if (i > 0)
            atomic_store(&targets[1 - i % 2].live, 0);
    }
    weft__diag_set(NULL, NULL);
    atomic_store(&stop_threads, true);
    for (size_t i = 0; i < WEFT_COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_handler_gets_every_line, start, finish),
        cmocka_unit_test_setup_teardown(stderr_gets_one_line_a_minute_for_each_cause, start, finish),
        cmocka_unit_test_setup_teardown(information_is_not_for_stderr, start, finish),
        cmocka_unit_test_setup_teardown(what_is_less_important_is_left_out, start, finish),
        cmocka_unit_test_setup_teardown(one_diagnostic_is_one_line, start, finish),
        cmocka_unit_test_setup_teardown(a_long_line_is_cut_between_characters, start, finish),
        cmocka_unit_test_setup_teardown(errno_is_kept, start, finish),
        cmocka_unit_test_setup_teardown(a_handler_may_call_back, start, finish),
        cmocka_unit_test_setup_teardown(stderr_that_cannot_be_written_is_ignored, start, finish),
        cmocka_unit_test_setup_teardown(a_replaced_handler_is_not_called_any_more, start, finish),
        cmocka_unit_test_setup_teardown(more_causes_than_slots, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
