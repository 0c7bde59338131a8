/* Real spans through the pump and the OTLP exporter into a virtual network that does all that networks do, by seeds:
 * the accounts stay right, and flush and stop keep their time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "exporters/otlp/http.h"
#include "sdk/base/diag.h"
#include "tests/support/probe.h"
#include "tests/support/records.h"
#include "tests/support/world.h"

enum { ROUNDS = 40, SLACK_MS = 50 };

static void attach(world_script *script, const weft_batch_options *batch)
{
    weft__otlp_settings settings = { 0 };
    weft_otlp_options options = { .size = sizeof options, .endpoint = "http://127.0.0.1:4318/v1/traces" };
    assert_true(weft__otlp_settings_read(&settings, &options));
    weft_exporter *exporter = weft__otlp_exporter(&settings, world_transport(script, NULL));
    assert_non_null(exporter);
    records_start(0);
    probe_attach(0, exporter, batch);
}

static weft_destination_stats check(bool at_rest)
{
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(probe_sum(&stats), weft__pump_drained(0));
    assert_true(weft__pump_drained(0) <= records_ended(0));
    if (at_rest) {
        assert_int_equal(stats.in_flight, 0);
        assert_int_equal(probe_sum(&stats), records_ended(0));
    }
    return stats;
}

static void a_seed(uint64_t seed)
{
    (void)seed;
    attach(world_faults, &(weft_batch_options){ .max_batch = 20, .max_queue = 200, .delay_ms = 500 });
    for (int i = 0; i < ROUNDS; i++) {
        records_make(0, (uint32_t)world_random(3), world_random(50));
        if (world_chance(8)) {
            uint32_t timeout = (uint32_t)world_random(3000);
            int64_t from = world_now();
            (void)weft__pump_flush(0, timeout);
            assert_true(world_now() - from <= timeout + SLACK_MS);
        }
        world_run((int64_t)world_random(world_chance(6) ? 60000 : 300));
        check(false);
    }
    uint32_t timeout = (uint32_t)world_random(5000);
    int64_t from = world_now();
    (void)weft__pump_detach(0, timeout);
    assert_true(world_now() - from <= timeout + SLACK_MS);
    check(true);
    records_stop(0);
}

static void accounts_are_right_whatever_the_network_does(void **state)
{
    (void)state;
    world_seeds(a_seed, getenv("WEFT_TEST_SLOW") != NULL ? 20 : 150);
}

/* What a seed did, in numbers. */
static uint64_t digest(uint64_t seed)
{
    world_start(seed);
    a_seed(seed);
    weft_destination_stats stats = probe_stats(0, 0);
    uint64_t sum = stats.exported;
    const uint64_t parts[] = {
        stats.dropped_queue, stats.dropped_rejected, stats.dropped_failed, stats.dropped_stop,
        stats.batches,       stats.retries,          world_requests(),     (uint64_t)world_now()
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        sum = sum * 1000003 + parts[i];
    world_stop();
    return sum;
}

static void a_seed_replays(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++)
        assert_int_equal(digest(seed), digest(seed));
    assert_int_not_equal(digest(1), digest(2));
}

static world_answer silence(void *arg, const weft__request *request)
{
    (void)arg, (void)request;
    return (world_answer){ .latency = INT64_MAX };
}

static world_answer refusal(void *arg, const weft__request *request)
{
    (void)arg, (void)request;
    return (world_answer){ .latency = 1, .failure = WEFT__UNREACHABLE };
}

static world_answer unavailable(void *arg, const weft__request *request)
{
    (void)arg, (void)request;
    return (world_answer){ .latency = 1, .failure = WEFT__ANSWERED, .status = 503, .retry_after = 60000 };
}

static void stop_keeps_its_timeout_against_each_of_them(void **state)
{
    (void)state;
    world_script *const scripts[] = { silence, refusal, unavailable };
    for (size_t i = 0; i < 3; i++) {
        world_start(i);
        attach(scripts[i], &(weft_batch_options){ 0 });
        records_make(0, 0, 1000);
        int64_t from = world_now();
        assert_int_not_equal(weft__pump_detach(0, 2000), WEFT_OK);
        assert_true(world_now() - from <= 2000 + SLACK_MS);
        weft_destination_stats stats = check(true);
        assert_int_equal(stats.exported, 0);
        assert_int_equal(stats.dropped_stop + stats.dropped_failed, 1000);
        records_stop(0);
        world_stop();
    }
}

static world_answer late(void *arg, const weft__request *request)
{
    (void)arg, (void)request;
    return (world_answer){ .latency = world_requests() < 4 ? 100 : 10,
                           .failure = WEFT__ANSWERED,
                           .status = world_requests() < 4 ? 429 : 200,
                           .retry_after = 1500,
                           .content_type = "application/x-protobuf" };
}

static void what_comes_through_in_the_end_is_exported(void **state)
{
    (void)state;
    world_start(1);
    attach(late, &(weft_batch_options){ 0 });
    records_make(0, 0, 100);
    assert_int_equal(weft__pump_flush(0, 30000), WEFT_OK);
    weft_destination_stats stats = check(true);
    assert_int_equal(stats.exported, 100);
    assert_int_equal(stats.retries, 3);
    assert_int_equal(weft__pump_detach(0, 1000), WEFT_OK);
    records_stop(0);
    world_stop();
}

static void ignore_line(void *data, weft_importance importance, const char *line)
{
    (void)data, (void)importance, (void)line;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(accounts_are_right_whatever_the_network_does, world_teardown),
        cmocka_unit_test_teardown(a_seed_replays, world_teardown),
        cmocka_unit_test_teardown(stop_keeps_its_timeout_against_each_of_them, world_teardown),
        cmocka_unit_test_teardown(what_comes_through_in_the_end_is_exported, world_teardown),
    };
    weft__diag_set(ignore_line, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
