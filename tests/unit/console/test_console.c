/* test_console.c - spans on a pipe, a terminal, a full disk, and on nothing at all. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "exporters/console/format.h"
#include "sdk/base/diag.h"
#include "sdk/common/destination.h"
#include "tests/support/sample.h"

#define ATTRIBUTES(...) ((weft_attributes)WEFT_ATTRS(__VA_ARGS__))

/* A console whose standard output the test has put in place, and a destination that its batches come from. */
typedef struct stage {
    int real;
    weft_exporter *exporter;
    weft__destination destination;
    weft__resource resource;
    sample_batch batch;
    char line[300]; /* the last diagnostic */
    unsigned lines;
} stage;

static void hear(void *data, weft_importance importance, const char *line)
{
    stage *on = data;
    (void)importance;
    on->lines++;
    strncpy(on->line, line, sizeof on->line - 1);
}

/* Takes out as standard output; -1: closes it. */
static void begin(stage *on, int out)
{
    *on = (stage){ .real = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10) };
    assert_true(on->real >= 0);
    sample_resource(&on->resource, ATTRIBUTES(weft_attr("service.name", "shop")));
    sample_batch_start(&on->batch, &on->resource);
    on->batch.batch.destination = &on->destination;
    weft__diag_set(hear, on);
    if (out >= 0)
        assert_int_equal(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
    else
        close(STDOUT_FILENO);
    on->exporter = weft_exporter_console();
}

static void end(stage *on)
{
    weft_exporter_free(on->exporter);
    dup2(on->real, STDOUT_FILENO);
    close(on->real);
    weft__diag_set(NULL, NULL);
    sample_batch_clear(&on->batch);
    weft__buffer_clear(&on->resource.encoded);
}

static void add(stage *on, sample *span)
{
    sample_batch_add(&on->batch, sample_done(span));
    sample_clear(span);
}

static void add_named(stage *on, const char *name)
{
    sample span = { 0 };
    sample_start(&span, name, NULL);
    add(on, &span);
}

/* True when the batch has ended. */
static bool send_it(stage *on)
{
    atomic_store(&on->destination.done, false);
    on->exporter->class->send(on->exporter, &on->batch.batch, INT64_MAX);
    return atomic_load(&on->destination.done);
}

static char *text_of(int fd)
{
    static char text[8192];
    ssize_t size = read(fd, text, sizeof text - 1);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

static void full_span(stage *on)
{
    static const weft_scope shop = { .size = sizeof shop, .name = "shop.checkout", .version = "1.4.0" };
    sample span = { 0 };
    sample_start(&span, "charge card", &shop);
    sample_attributes(&span, ATTRIBUTES(weft_attr("order.id", 17), weft_attr("list", weft_array(weft_int(1)))));
    sample_event(&span, "retry", 1000300000, ATTRIBUTES(weft_attr("n", 1)), 0);
    sample_link(&span, &(sample_link_options){ .trace = 0xab, .span = 0xcd, .list = ATTRIBUTES(weft_attr("k", "v")) });
    sample_status(&span, 2, "card declined");
    sample_tracestate(&span, "a=b");
    span.record.kind = 3;
    span.record.end = span.record.start + 1500000;
    span.record.flags = 0x301;
    span.record.dropped_events = 2;
    memset(span.record.parent_id, 0xee, 8);
    add(on, &span);
}

static const char FULL[] = "resource\n"
                           "    service.name = shop\n"
                           "charge card  client  1.50 ms  error: card declined\n"
                           "    trace 0102030405060708090a0b0c0d0e0f10  span 1112131415161718"
                           "  remote parent eeeeeeeeeeeeeeee\n"
                           "    at 1970-01-01T00:00:01.000000Z  scope shop.checkout 1.4.0  tracestate a=b\n"
                           "    order.id = 17\n"
                           "    list = [1]\n"
                           "    +300.0 us  retry\n"
                           "      n = 1\n"
                           "    linked to trace abababababababababababababababab  span cdcdcdcdcdcdcdcd  k=v\n"
                           "    dropped: 0 attributes, 2 events, 0 links\n";

static void EX_003_spans_on_a_pipe(void **state)
{
    (void)state;
    int ends[2];
    stage on;
    assert_int_equal(pipe(ends), 0);
    begin(&on, ends[1]);
    full_span(&on);
    bool done = send_it(&on);
    end(&on);
    close(ends[1]);
    assert_true(done);
    assert_int_equal(on.destination.result.status, WEFT_OK);
    assert_string_equal(text_of(ends[0]), FULL);
    assert_int_equal(on.lines, 0);
    close(ends[0]);
}

static void the_resource_is_printed_once(void **state)
{
    (void)state;
    int ends[2];
    stage on;
    assert_int_equal(pipe(ends), 0);
    begin(&on, ends[1]);
    add_named(&on, "one");
    send_it(&on), send_it(&on);
    end(&on);
    char *text = text_of(ends[0]), *found = strstr(text, "resource");
    assert_non_null(found);
    assert_null(strstr(found + 1, "resource"));
    close(ends[0]), close(ends[1]);
}

static void on_terminal(const char *no_colour, bool coloured)
{
    int master, slave;
    stage on;
    if (no_colour != NULL)
        setenv("NO_COLOR", no_colour, 1);
    else
        unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    begin(&on, slave);
    full_span(&on);
    bool done = send_it(&on);
    end(&on);
    assert_true(done);
    char *text = text_of(master);
    assert_non_null(strstr(text, "charge card"));
    assert_int_equal(strstr(text, "\033[1mcharge card\033[0m") != NULL, coloured);
    assert_int_equal(strchr(text, '\033') != NULL, coloured);
    close(master), close(slave);
    unsetenv("NO_COLOR");
}

static void colours_on_a_terminal_alone(void **state)
{
    (void)state;
    on_terminal(NULL, true);
    on_terminal("", true);
    on_terminal("1", false);
}

/* Texts from anywhere must not steer the terminal. */
static void control_characters_are_spelled_out(void **state)
{
    (void)state;
    int ends[2];
    stage on;
    sample span = { 0 };
    assert_int_equal(pipe(ends), 0);
    begin(&on, ends[1]);
    sample_start(&span,
                 "a\033[2Jb\xc2\x9b"
                 "c\xff\x7f\xc2\xa0",
                 NULL);
    sample_attributes(&span, ATTRIBUTES(weft_attr("k\r", "one\ntwo")));
    add(&on, &span);
    send_it(&on);
    end(&on);
    char *text = text_of(ends[0]);
    assert_non_null(strstr(text, "a\\x1b[2Jb\\x9bc\xef\xbf\xbd\\x7f\xc2\xa0  "));
    assert_non_null(strstr(text, "    k\\x0d = one\n        two\n"));
    close(ends[0]), close(ends[1]);
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    int ends[2];
    stage on;
    sample span = { 0 };
    char *huge = malloc(60001);
    assert_non_null(huge);
    memset(huge, 'x', 60000), huge[60000] = '\0';
    assert_int_equal(pipe(ends), 0);
    begin(&on, ends[1]);
    sample_start(&span, "span", NULL);
    sample_attributes(&span, ATTRIBUTES(weft_attr("k", (const char *)huge)));
    add(&on, &span);
    send_it(&on);
    end(&on);
    char *text = text_of(ends[0]), *from = strchr(text, 'x');
    assert_int_equal(strspn(from, "x"), WEFT__CONSOLE_CHARACTERS);
    assert_non_null(strstr(from, "x... (60000 bytes)\n"));
    close(ends[0]), close(ends[1]);
    free(huge);
}

static char block[65536];

/* Until it takes no more; it does not block any more either. */
static void fill(int fd)
{
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, block, sizeof block) > 0)
        ;
}

/* Nobody reads: the exporter hands the wait to the pump, goes on when there is room, and can be told to give up. */
static void a_full_pipe_is_waited_for(void **state)
{
    (void)state;
    int ends[2];
    stage on;
    assert_int_equal(pipe(ends), 0);
    fill(ends[1]);
    fcntl(ends[1], F_SETFL, 0);
    begin(&on, ends[1]);
    add_named(&on, "late");
    const weft__exporter_class *class = on.exporter->class;
    struct pollfd fds[1];
    bool done = send_it(&on), stepped;
    size_t count = class->fds(on.exporter, fds, 1);
    class->step(on.exporter, fds, count);
    stepped = atomic_load(&on.destination.done);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    while (read(ends[0], block, sizeof block) > 0)
        ;
    class->step(on.exporter, fds, count);
    bool finished = atomic_load(&on.destination.done);
    size_t idle = class->fds(on.exporter, fds, 1);
    end(&on);
    assert_false(done);
    assert_int_equal(count, 1);
    assert_int_equal(fds[0].events, POLLOUT);
    assert_false(stepped);
    assert_true(finished);
    assert_int_equal(on.destination.result.status, WEFT_OK);
    assert_int_equal(idle, 0);
    assert_non_null(strstr(text_of(ends[0]), "late"));
    close(ends[0]), close(ends[1]);
}

static void a_wait_is_given_up(void **state)
{
    (void)state;
    int ends[2];
    stage on;
    assert_int_equal(pipe(ends), 0);
    fill(ends[1]);
    begin(&on, ends[1]); /* and a descriptor that does not block is no other */
    add_named(&on, "late");
    bool done = send_it(&on);
    on.exporter->class->cancel(on.exporter);
    bool cancelled = atomic_load(&on.destination.done);
    on.exporter->class->cancel(on.exporter);
    send_it(&on);
    on.exporter->class->cancel(on.exporter);
    end(&on);
    assert_false(done);
    assert_true(cancelled);
    assert_int_equal(on.destination.result.status, WEFT_E_TIMEOUT);
    assert_int_equal(on.lines, 1);
    close(ends[0]), close(ends[1]);
}

/* One diagnostic, and each batch refused. */
static void fails_with(int out, int error)
{
    stage on;
    begin(&on, out);
    add_named(&on, "lost");
    bool done = send_it(&on), again = send_it(&on);
    end(&on);
    assert_true(done && again);
    assert_int_equal(on.destination.result.status, WEFT_E_INVALID);
    assert_string_equal(on.destination.answer, strerror(error));
    assert_int_equal(on.lines, 1);
    assert_non_null(strstr(on.line, strerror(error)));
}

static void a_broken_pipe_raises_no_signal(void **state)
{
    (void)state;
    int ends[2];
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    fails_with(ends[1], EPIPE);
    close(ends[1]);
    sigset_t pending;
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
}

static void a_full_disk_is_reported_once(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0)
        fail_msg("no /dev/full");
    fails_with(full, ENOSPC);
    close(full);
}

static void an_unwritable_output_is_reported_once(void **state)
{
    (void)state;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    fails_with(null, EBADF);
    close(null);
}

/* The number of a closed standard output may become another file's: nothing is ever written to that. */
static void a_closed_output_is_never_written_to(void **state)
{
    (void)state;
    int ends[2];
    stage on;
    fails_with(-1, EBADF);
    begin(&on, -1);
    add_named(&on, "lost");
    assert_int_equal(pipe(ends), 0); /* its end for reading is descriptor 1 now */
    int taken = ends[0] == STDOUT_FILENO || ends[1] == STDOUT_FILENO;
    bool done = send_it(&on);
    end(&on);
    assert_true(taken);
    assert_true(done);
    assert_int_equal(on.destination.result.status, WEFT_E_INVALID);
    close(ends[ends[0] == STDOUT_FILENO]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(EX_003_spans_on_a_pipe),
        cmocka_unit_test(the_resource_is_printed_once),
        cmocka_unit_test(colours_on_a_terminal_alone),
        cmocka_unit_test(control_characters_are_spelled_out),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(a_full_pipe_is_waited_for),
        cmocka_unit_test(a_wait_is_given_up),
        cmocka_unit_test(a_broken_pipe_raises_no_signal),
        cmocka_unit_test(a_full_disk_is_reported_once),
        cmocka_unit_test(an_unwritable_output_is_reported_once),
        cmocka_unit_test(a_closed_output_is_never_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
