/* test_environment.c - the variables that choose: disabled, level, propagators, exporters, samplers, batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/base/diag.h"
#include "sdk/common/env.h"
#include "sdk/config/settings.h"
#include "sdk/trace/sampler.h"
#include "tests/support/sink.h"

WEFT_INSTRUMENTATION("test.environment", "1");

enum { SOON = 10000 };

static int start(void **state)
{
    weft__diag_least(WEFT__INFO);
    return test_setup(state);
}

/* One diagnostic that names the variable, its value, and what is used instead. */
static void assert_told(const char *name, const char *value, const char *used)
{
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.line, name));
    assert_non_null(strstr(told.line, value));
    assert_non_null(strstr(told.line, used));
    told.count = 0;
}

static weft_sdk start_with(test_sink *sink, bool ignore_environment)
{
    weft_exporter *const exporters[] = { test_sink_exporter(sink), NULL };
    return weft_sdk_start(
        WEFT_OPTIONS(weft_sdk_options, .exporters = exporters, .ignore_environment = ignore_environment));
}

static bool traces(void)
{
    weft_span span = weft_span_start("span");
    bool recording = weft_span_recording(&span);
    weft_span_end(&span);
    return recording;
}

static void EV_001_disabled(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool disabled, told;
    } TABLE[] = { { "true", true, false }, { "TRUE", true, false }, { "false", false, false },
                  { "", false, false },    { "yes", false, true },  { "1", false, true } };
    for (size_t i = 0; i < WEFT_COUNT_OF(TABLE); i++) {
        test_sink sink = { 0 };
        setenv("OTEL_SDK_DISABLED", TABLE[i].value, 1);
        setenv("OTEL_PROPAGATORS", "baggage", 1);
        weft_sdk sdk = start_with(&sink, false);
        assert_int_equal(traces(), !TABLE[i].disabled);
        assert_int_equal(sink.frees, TABLE[i].disabled);
        assert_string_equal(weft_propagation_fields()[0], "baggage");
        if (TABLE[i].told)
            assert_told("OTEL_SDK_DISABLED", TABLE[i].value, "false is used");
        assert_int_equal(told.count, 0);
        assert_int_equal(weft_sdk_flush(sdk, SOON), WEFT_OK);
        assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
        assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_E_STOPPED);
        assert_int_equal(sink.frees, 1);
    }
}

static void the_environment_can_be_ignored(void **state)
{
    (void)state;
    static const char *const NAMES[] = { "OTEL_SDK_DISABLED",        "OTEL_LOG_LEVEL",
                                         "OTEL_PROPAGATORS",         "OTEL_TRACES_SAMPLER",
                                         "OTEL_RESOURCE_ATTRIBUTES", "OTEL_CONFIG_FILE",
                                         "OTEL_BSP_MAX_QUEUE_SIZE",  "OTEL_SPAN_EVENT_COUNT_LIMIT" };
    for (size_t i = 0; i < WEFT_COUNT_OF(NAMES); i++)
        setenv(NAMES[i], "bad", 1);
    test_sink sink = { 0 };
    weft_sdk sdk = start_with(&sink, true);
    assert_true(traces());
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 1);
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "bad", 1);
    sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .ignore_environment = true));
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(told.count, 0);
}

static void EV_004_log_level(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int infos, warnings, errors;
    } TABLE[] = { { "", 1, 1, 1 },     { "info", 1, 1, 1 },  { "DEBUG", 1, 1, 1 },
                  { "warn", 0, 1, 1 }, { "error", 0, 0, 1 }, { "none", 0, 0, 0 } };
    for (size_t i = 0; i < WEFT_COUNT_OF(TABLE); i++) {
        setenv("OTEL_LOG_LEVEL", TABLE[i].value, 1);
        weft__setting_log_level();
        test_told_start(&told);
        weft__diag(WEFT__INFO, "level", "x");
        assert_int_equal(told.infos, TABLE[i].infos);
        weft__diag(WEFT__WARNING, "level", "x");
        assert_int_equal(told.count, TABLE[i].warnings);
        weft__diag(WEFT__ERROR, "level", "x");
        assert_int_equal(told.count, TABLE[i].warnings + TABLE[i].errors);
    }
    weft__diag_least(WEFT__INFO);
    told.count = 0;
    setenv("OTEL_LOG_LEVEL", "loud", 1);
    weft__setting_log_level();
    assert_told("OTEL_LOG_LEVEL", "loud", "info is used");
}

static void EV_005_propagators(void **state)
{
    (void)state;
    static const struct {
        const char *value, *fields[4];
        const char *unknown;
    } TABLE[] = {
        { NULL, { "traceparent", "tracestate", "baggage" }, NULL },
        { "", { "traceparent", "tracestate", "baggage" }, NULL },
        { "tracecontext", { "traceparent", "tracestate" }, NULL },
        { " Baggage , tracecontext, baggage ", { "baggage", "traceparent", "tracestate" }, NULL },
        { "none", { NULL }, NULL },
        { "baggage,pigeon", { "baggage" }, "\"pigeon\" in it is unknown" },
        { "pigeon", { "traceparent", "tracestate", "baggage" }, "\"pigeon\" in it is unknown" },
    };
    for (size_t i = 0; i < WEFT_COUNT_OF(TABLE); i++) {
        if (TABLE[i].value != NULL)
            setenv("OTEL_PROPAGATORS", TABLE[i].value, 1);
        weft__setting_propagators(NULL);
        const char *const *fields = weft_propagation_fields();
        size_t count = 0;
        for (; TABLE[i].fields[count] != NULL; count++) {
            assert_non_null(fields[count]);
            assert_string_equal(fields[count], TABLE[i].fields[count]);
        }
        assert_null(fields[count]);
        if (TABLE[i].unknown != NULL)
            assert_told("OTEL_PROPAGATORS", TABLE[i].value, TABLE[i].unknown);
        assert_int_equal(told.count, 0);
    }
    setenv("OTEL_PROPAGATORS", "tracecontext", 1);
    weft__setting_propagators("baggage");
    assert_string_equal(weft_propagation_fields()[0], "baggage");
    weft__env_ignore(true);
    weft__setting_propagators(NULL);
    weft__env_ignore(false);
    assert_string_equal(weft_propagation_fields()[0], "traceparent");
    assert_string_equal(weft_propagation_fields()[2], "baggage");
}

static void assert_batch(const weft_batch_options *own, weft_batch_options wanted)
{
    const weft__batch_setting defaults = weft__setting_batch_defaults();
    weft_batch_options found = weft__setting_batch(own, &defaults);
    assert_int_equal(found.max_queue, wanted.max_queue);
    assert_int_equal(found.max_batch, wanted.max_batch);
    assert_int_equal(found.delay_ms, wanted.delay_ms);
    assert_int_equal(found.timeout_ms, wanted.timeout_ms);
}

static const weft_batch_options UNSAID = { .size = sizeof UNSAID };

static void EV_006_batch_processor(void **state)
{
    (void)state;
    static const weft_batch_options DEFAULTS = { 0, 2048, 512, 5000, 30000 };
    static const struct {
        const char *name, *value;
        weft_batch_options wanted;
        const char *used; /* where the value is bad */
    } TABLE[] = {
        { "OTEL_BSP_MAX_QUEUE_SIZE", "4096", { 0, 4096, 512, 5000, 30000 }, NULL },
        { "OTEL_BSP_MAX_QUEUE_SIZE", "100", { 0, 100, 100, 5000, 30000 }, NULL },
        { "OTEL_BSP_MAX_QUEUE_SIZE", "", { 0, 2048, 512, 5000, 30000 }, NULL },
        { "OTEL_BSP_MAX_QUEUE_SIZE", "0", { 0, 2048, 512, 5000, 30000 }, "2048 is used" },
        { "OTEL_BSP_MAX_QUEUE_SIZE", "-5", { 0, 2048, 512, 5000, 30000 }, "2048 is used" },
        { "OTEL_BSP_MAX_QUEUE_SIZE", "big", { 0, 2048, 512, 5000, 30000 }, "2048 is used" },
        { "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "64", { 0, 2048, 64, 5000, 30000 }, NULL },
        { "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2048", { 0, 2048, 2048, 5000, 30000 }, NULL },
        { "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2049", { 0, 2048, 2048, 5000, 30000 }, "2048 is used" },
        { "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0", { 0, 2048, 512, 5000, 30000 }, "512 is used" },
        { "OTEL_BSP_SCHEDULE_DELAY", "250", { 0, 2048, 512, 250, 30000 }, NULL },
        { "OTEL_BSP_SCHEDULE_DELAY", "0", { 0, 2048, 512, WEFT_ZERO, 30000 }, NULL },
        { "OTEL_BSP_SCHEDULE_DELAY", "-1", { 0, 2048, 512, 5000, 30000 }, "5000 is used" },
        { "OTEL_BSP_EXPORT_TIMEOUT", "100", { 0, 2048, 512, 5000, 100 }, NULL },
        { "OTEL_BSP_EXPORT_TIMEOUT", "0", { 0, 2048, 512, 5000, WEFT_ZERO }, NULL },
        { "OTEL_BSP_EXPORT_TIMEOUT", "5s", { 0, 2048, 512, 5000, 30000 }, "30000 is used" },
    };
    assert_batch(&UNSAID, DEFAULTS);
    for (size_t i = 0; i < WEFT_COUNT_OF(TABLE); i++) {
        setenv(TABLE[i].name, TABLE[i].value, 1);
        assert_batch(&UNSAID, TABLE[i].wanted);
        if (TABLE[i].used != NULL)
            assert_told(TABLE[i].name, TABLE[i].value, TABLE[i].used);
        assert_int_equal(told.count, 0);
        unsetenv(TABLE[i].name);
    }
}

static void batch_options_in_code_win(void **state)
{
    (void)state;
    static const char *const NAMES[] = { "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
                                         "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT" };
    for (size_t i = 0; i < WEFT_COUNT_OF(NAMES); i++)
        setenv(NAMES[i], "77", 1);
    assert_batch(&UNSAID, (weft_batch_options){ 0, 77, 77, 77, 77 });
    assert_batch(&(weft_batch_options){ sizeof UNSAID, 10, 5, 20, 30 }, (weft_batch_options){ 0, 10, 5, 20, 30 });
    assert_int_equal(told.count, 0);
    assert_batch(&(weft_batch_options){ sizeof UNSAID, 10, 11, WEFT_ZERO, WEFT_ZERO },
                 (weft_batch_options){ 0, 10, 10, WEFT_ZERO, WEFT_ZERO });
    assert_int_equal(told.count, 1);
}

static void assert_sampler(const char *description)
{
    weft_sampler *sampler = weft__setting_sampler();
    assert_non_null(sampler);
    assert_non_null(strstr(weft__sampler_describe(sampler), description));
    weft__sampler_free(sampler);
}

static void EV_021_sampler(void **state)
{
    (void)state;
    static const struct {
        const char *value, *description;
    } TABLE[] = {
        { "", "ParentBased{root:AlwaysOnSampler" },
        { "always_on", "AlwaysOnSampler" },
        { "Always_Off", "AlwaysOffSampler" },
        { "traceidratio", "TraceIdRatioBased{1.000000}" },
        { "parentbased_always_on", "ParentBased{root:AlwaysOnSampler" },
        { "parentbased_always_off", "ParentBased{root:AlwaysOffSampler" },
        { "parentbased_traceidratio", "ParentBased{root:TraceIdRatioBased{1.000000}" },
    };
    assert_sampler("ParentBased{root:AlwaysOnSampler");
    for (size_t i = 0; i < WEFT_COUNT_OF(TABLE); i++) {
        setenv("OTEL_TRACES_SAMPLER", TABLE[i].value, 1);
        assert_sampler(TABLE[i].description);
        assert_int_equal(told.count, 0);
    }
    static const char *const UNKNOWN[] = { "Sometimes", "jaeger_remote", "xray" };
    for (size_t i = 0; i < WEFT_COUNT_OF(UNKNOWN); i++) {
        setenv("OTEL_TRACES_SAMPLER", UNKNOWN[i], 1);
        assert_sampler("ParentBased{root:AlwaysOnSampler");
        assert_told("OTEL_TRACES_SAMPLER", UNKNOWN[i], "parentbased_always_on is used");
    }
}

static void EV_022_sampler_argument(void **state)
{
    (void)state;
    setenv("OTEL_TRACES_SAMPLER_ARG", "half", 1);
    assert_sampler("ParentBased{root:AlwaysOnSampler");
    setenv("OTEL_TRACES_SAMPLER", "always_on", 1);
    assert_sampler("AlwaysOnSampler");
    assert_int_equal(told.count, 0); /* nobody asked for it */
    setenv("OTEL_TRACES_SAMPLER", "traceidratio", 1);
    static const char *const BAD[] = { "half", "-0.1", "1.1", "nan" };
    for (size_t i = 0; i < WEFT_COUNT_OF(BAD); i++) {
        setenv("OTEL_TRACES_SAMPLER_ARG", BAD[i], 1);
        assert_sampler("TraceIdRatioBased{1.000000}");
        assert_told("OTEL_TRACES_SAMPLER_ARG", BAD[i], "1 is used");
    }
    setenv("OTEL_TRACES_SAMPLER_ARG", "0.25", 1);
    assert_sampler("TraceIdRatioBased{0.250000}");
    setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio", 1);
    assert_sampler("ParentBased{root:TraceIdRatioBased{0.250000}");
    assert_int_equal(told.count, 0);
}

static void EV_021_a_sampler_in_code_wins(void **state)
{
    (void)state;
    setenv("OTEL_TRACES_SAMPLER", "always_off", 1);
    test_sink sink = { 0 };
    weft_sdk sdk = start_with(&sink, false);
    assert_false(traces());
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    weft_exporter *const exporters[] = { test_sink_exporter(&sink), NULL };
    sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .exporters = exporters, .sampler = weft_sampler_on()));
    assert_true(traces());
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 1);
}

/* The destinations of an SDK that the environment makes, "a,b". */
static void assert_destinations(const char *value, const char *wanted)
{
    char names[100] = "";
    if (value != NULL)
        setenv("OTEL_TRACES_EXPORTER", value, 1);
    weft_sdk sdk = weft_sdk_start(NULL);
    weft_destination_stats stats = { .size = sizeof stats };
    for (uint32_t i = 0; weft_sdk_destination(sdk, i, &stats); i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? "," : "", stats.name);
    }
    assert_string_equal(names, wanted);
    assert_int_equal(weft_span_enabled_in(WEFT_HERE), wanted[0] != '\0');
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
}

static void EV_010_exporters(void **state)
{
    (void)state;
    assert_destinations(NULL, "otlp");
    assert_destinations("", "otlp");
    assert_destinations("OTLP", "otlp");
    assert_destinations("none", "");
    assert_destinations(" otlp , otlp,", "otlp");
    assert_destinations("Console", "console");
    assert_destinations("console,none", "console");
    assert_destinations("console, OTLP", "otlp,console");
    assert_int_equal(told.count, 0);
    assert_destinations("zipkin", "otlp");
    assert_told("OTEL_TRACES_EXPORTER", "zipkin", "not used");
    assert_destinations("otlp,pigeon", "otlp");
    assert_told("OTEL_TRACES_EXPORTER", "\"pigeon\"", "not used");
}

static void EV_010_exporters_in_code_win(void **state)
{
    (void)state;
    setenv("OTEL_TRACES_EXPORTER", "none", 1);
    test_sink sink = { 0 };
    weft_sdk sdk = start_with(&sink, false);
    assert_true(traces());
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 1);
    setenv("OTEL_TRACES_EXPORTER", "otlp", 1);
    weft_exporter *const none[] = { NULL };
    sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .exporters = none));
    weft_stats stats = { .size = sizeof stats };
    weft_sdk_stats(sdk, &stats);
    assert_int_equal(stats.destinations, 0);
    assert_false(traces());
    assert_int_equal(told.count, 1); /* a list that begins with NULL looks like an exporter that could not be made */
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
}

static void files_are_told_of(void **state)
{
    (void)state;
    setenv("OTEL_CONFIG_FILE", "/etc/otel.yaml", 1);
    test_sink sink = { 0 };
    weft_sdk sdk = start_with(&sink, false);
    assert_told("OTEL_CONFIG_FILE", "/etc/otel.yaml", "left out");
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(EV_001_disabled, start, test_teardown),
        cmocka_unit_test_setup_teardown(the_environment_can_be_ignored, start, test_teardown),
        cmocka_unit_test_setup_teardown(EV_004_log_level, start, test_teardown),
        cmocka_unit_test_setup_teardown(EV_005_propagators, start, test_teardown),
        cmocka_unit_test_setup_teardown(EV_006_batch_processor, start, test_teardown),
        cmocka_unit_test_setup_teardown(batch_options_in_code_win, start, test_teardown),
        cmocka_unit_test_setup_teardown(EV_021_sampler, start, test_teardown),
        cmocka_unit_test_setup_teardown(EV_022_sampler_argument, start, test_teardown),
        cmocka_unit_test_setup_teardown(EV_021_a_sampler_in_code_wins, start, test_teardown),
        cmocka_unit_test_setup_teardown(EV_010_exporters, start, test_teardown),
        cmocka_unit_test_setup_teardown(EV_010_exporters_in_code_win, start, test_teardown),
        cmocka_unit_test_setup_teardown(files_are_told_of, start, test_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
