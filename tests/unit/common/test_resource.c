/* test_resource.c - the set of attributes: setting, merging, looking up; and what an SDK's resource is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "sdk/base/text.h"
#include "sdk/common/detect.h"
#include "sdk/common/env.h"
#include "sdk/common/resource.h"
#include "tests/support/sink.h"

static void assert_text(const weft__resource *resource, const char *key, const char *text)
{
    weft_text found = weft__resource_text(resource, key);
    if (text == NULL) {
        assert_null(found.data);
        return;
    }
    assert_non_null(found.data);
    assert_int_equal(found.size, strlen(text));
    assert_memory_equal(found.data, text, found.size);
}

static bool has_text(const weft__resource *resource, const char *key)
{
    return weft__resource_text(resource, key).size != 0;
}

static weft__resource make(const char *service_name, weft_attributes attributes)
{
    weft__resource resource = { 0 };
    const weft__resource_options options = { .service_name = service_name, .attributes = attributes };
    assert_true(weft__resource_make(&resource, &options));
    return resource;
}

static const weft_attributes NONE = { NULL, 0 };

static void RE_001_RE_004_from_attributes_and_back(void **state)
{
    (void)state;
    weft__resource resource = { 0 };
    const weft_attribute list[] = { weft_attr("a", "1"), weft_attr("b", 2), weft_attr("c", ""),
                                    weft_attr("d", weft_array(weft_value_of("x"), weft_value_of("y"))) };
    for (size_t i = 0; i < WEFT_COUNT_OF(list); i++)
        assert_true(weft__resource_set(&resource, &list[i]));
    assert_int_equal(resource.attributes, 4);
    assert_text(&resource, "a", "1");
    assert_text(&resource, "b", NULL);
    assert_text(&resource, "c", "");
    assert_text(&resource, "none", NULL);
    /* b = 2, as OTLP has it: KeyValue { key: "b", value: { int_value: 2 } } */
    assert_memory_equal(resource.encoded.data + 10,
                        "\x0a\x07\x0a\x01"
                        "b\x12\x02\x18\x02",
                        9);
    weft__resource_clear(&resource);
}

static void RE_002_the_empty_resource(void **state)
{
    (void)state;
    weft__resource resource = { 0 }, other = { 0 };
    assert_true(weft__resource_merge(&resource, &other));
    assert_int_equal(resource.attributes, 0);
    assert_int_equal(resource.encoded.size, 0);
    assert_null(resource.schema_url);
    weft__resource_clear(&resource);
    weft__resource_clear(&other);
}

static void one_key_is_there_once(void **state)
{
    (void)state;
    weft__resource resource = { 0 };
    for (int i = 0; i < 50; i++) {
        char key[8], value[32];
        snprintf(key, sizeof key, "k%d", i % 7);
        snprintf(value, sizeof value, "%0*d", i % 30 + 1, i);
        weft__resource_set_text(&resource, key, value);
        assert_text(&resource, key, value);
    }
    assert_int_equal(resource.attributes, 7);
    assert_text(&resource, "k0", "00000000000000000049");
    weft__resource_clear(&resource);
}

static void RE_003_merge_the_updating_side_wins(void **state)
{
    (void)state;
    weft__resource old = { 0 }, updating = { 0 };
    weft__resource_set_text(&old, "a", "old");
    weft__resource_set_text(&old, "b", "old");
    weft__resource_set_text(&old, "c", "old");
    weft__resource_set_text(&updating, "b", "new");
    const weft_attribute empty = weft_attr("c", "");
    weft__resource_set(&updating, &empty);
    weft__resource_set_text(&updating, "d", "new");
    assert_true(weft__resource_merge(&old, &updating));
    assert_int_equal(old.attributes, 4);
    assert_text(&old, "a", "old");
    assert_text(&old, "b", "new");
    assert_text(&old, "c", "");
    assert_text(&old, "d", "new");
    weft__resource_clear(&old);
    weft__resource_clear(&updating);
}

static void schema_urls_merge(void **state)
{
    (void)state;
    static const struct {
        const char *old, *updating, *merged;
        int diagnostics;
    } TABLE[] = { { NULL, NULL, NULL, 0 }, { "a", NULL, "a", 0 }, { NULL, "b", "b", 0 },
                  { "a", "a", "a", 0 },    { "a", "b", NULL, 1 }, { "", "b", "b", 0 } };
    for (size_t i = 0; i < WEFT_COUNT_OF(TABLE); i++) {
        weft__resource old = { 0 }, updating = { 0 };
        told.count = 0;
        assert_true(weft__resource_set_schema(&old, TABLE[i].old));
        assert_true(weft__resource_set_schema(&updating, TABLE[i].updating));
        assert_true(weft__resource_merge(&old, &updating));
        if (TABLE[i].merged == NULL)
            assert_null(old.schema_url);
        else
            assert_string_equal(old.schema_url, TABLE[i].merged);
        assert_int_equal(told.count, TABLE[i].diagnostics);
        weft__resource_clear(&old);
        weft__resource_clear(&updating);
    }
}

static void bad_attributes_are_left_out(void **state)
{
    (void)state;
    static char huge[WEFT__RESOURCE_SIZE + 1];
    memset(huge, 'x', sizeof huge - 1);
    const char *const texts[] = { "fine", "\xff" };
    const weft_attribute bad[] = {
        { .value = weft_int(1) },
        weft_attr("", 1),
        weft_attr("\xc3", 1),
        weft_attr("text", "\xff"),
        weft_attr("texts", weft_strings(texts, 2)),
        weft_attr("map", weft_map(weft_attr("in", weft_array(weft_value_of("\xed\xa0\x80"))))),
        weft_attr("huge", huge),
    };
    weft__resource resource = { 0 };
    weft__resource_set_text(&resource, "before", "here");
    for (size_t i = 0; i < WEFT_COUNT_OF(bad); i++) {
        assert_false(weft__resource_set(&resource, &bad[i]));
        assert_int_equal(told.count, (int)i + 1);
    }
    weft__resource_set_text(&resource, "after", "here too");
    assert_int_equal(resource.attributes, 2);
    assert_text(&resource, "before", "here");
    assert_text(&resource, "after", "here too");
    weft__resource_clear(&resource);
}

static void a_resource_has_an_end(void **state)
{
    (void)state;
    weft__resource resource = { 0 };
    for (int i = 0; i < WEFT__RESOURCE_ATTRIBUTES + 10; i++) {
        char key[16];
        snprintf(key, sizeof key, "key %d", i);
        weft__resource_set_text(&resource, key, "value");
    }
    assert_int_equal(resource.attributes, WEFT__RESOURCE_ATTRIBUTES);
    assert_int_equal(told.count, 10);
    weft__resource_clear(&resource);
}

static void RE_005_the_service_has_a_name(void **state)
{
    (void)state;
    weft__resource resource = make(NULL, NONE);
    weft_text name = weft__resource_text(&resource, "service.name");
    weft_text executable = weft__resource_text(&resource, "process.executable.name");
    assert_int_equal(name.size, executable.size + strlen("unknown_service:"));
    assert_memory_equal(name.data + strlen("unknown_service:"), executable.data, executable.size);
    weft__resource_clear(&resource);
}

static void EV_003_the_service_name_by_precedence(void **state)
{
    (void)state;
    const weft_attribute named = weft_attr("service.name", "by attribute");
    setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=by%20list,x=1", 1);
    weft__resource resource = make(NULL, NONE);
    assert_text(&resource, "service.name", "by list");
    weft__resource_clear(&resource);
    setenv("OTEL_SERVICE_NAME", "by variable", 1);
    resource = make("", NONE);
    assert_text(&resource, "service.name", "by variable");
    assert_text(&resource, "x", "1");
    weft__resource_clear(&resource);
    resource = make(NULL, (weft_attributes){ &named, 1 });
    assert_text(&resource, "service.name", "by attribute");
    weft__resource_clear(&resource);
    resource = make("by option", (weft_attributes){ &named, 1 });
    assert_text(&resource, "service.name", "by option");
    weft__resource_clear(&resource);
    setenv("OTEL_SERVICE_NAME", "", 1);
    resource = make(NULL, NONE);
    assert_text(&resource, "service.name", "by list");
    weft__resource_clear(&resource);
}

static void EV_002_resource_attributes(void **state)
{
    (void)state;
    setenv("OTEL_RESOURCE_ATTRIBUTES", " a = 1 ,b=x%2Cy%3Dz,%6b=,host.name=mine,c=\303\244,d=e=f,b2=2,", 1);
    const weft_attribute own[] = { weft_attr("b2", "code") };
    weft__resource resource = make(NULL, (weft_attributes){ own, 1 });
    assert_text(&resource, "a", "1");
    assert_text(&resource, "b", "x,y=z");
    assert_text(&resource, "k", "");
    assert_text(&resource, "host.name", "mine");
    assert_text(&resource, "c", "\303\244");
    assert_text(&resource, "d", "e=f");
    assert_text(&resource, "b2", "code");
    assert_int_equal(told.count, 0);
    weft__resource_clear(&resource);
}

static void EV_002_a_broken_list_is_not_used_at_all(void **state)
{
    (void)state;
    static const char *const BROKEN[] = { "a=1,b", "a=1,b=%2", "a=1,b=%zz", "a=1,=2", "a=1,b=%ff", "a=1,%20=%" };
    for (size_t i = 0; i < WEFT_COUNT_OF(BROKEN); i++) {
        told.count = 0;
        setenv("OTEL_RESOURCE_ATTRIBUTES", BROKEN[i], 1);
        weft__resource resource = make(NULL, NONE);
        assert_text(&resource, "a", NULL);
        assert_true(has_text(&resource, "service.name"));
        assert_int_equal(told.count, 1);
        assert_non_null(strstr(told.line, "OTEL_RESOURCE_ATTRIBUTES"));
        assert_non_null(strstr(told.line, BROKEN[i]));
        weft__resource_clear(&resource);
    }
}

static void the_environment_can_be_ignored(void **state)
{
    (void)state;
    setenv("OTEL_RESOURCE_ATTRIBUTES", "a=1", 1);
    setenv("OTEL_SERVICE_NAME", "by variable", 1);
    weft__env_ignore(true);
    weft__resource resource = make("code", NONE);
    weft__env_ignore(false);
    assert_text(&resource, "a", NULL);
    assert_text(&resource, "service.name", "code");
    weft__resource_clear(&resource);
}

static void RE_007_what_an_sdk_says_of_itself(void **state)
{
    (void)state;
    weft__resource resource = make("x", NONE);
    assert_text(&resource, "telemetry.sdk.name", "weft");
    assert_text(&resource, "telemetry.sdk.language", "c");
    assert_text(&resource, "telemetry.sdk.version", weft_version());
    static const char *const FOUND[] = { "process.executable.path", "process.creation.time", "host.name", "host.arch",
                                         "os.description" };
    for (size_t i = 0; i < WEFT_COUNT_OF(FOUND); i++)
        assert_true(has_text(&resource, FOUND[i]));
    assert_text(&resource, "os.type", "linux");
    assert_text(&resource, "process.command_line", NULL);
    assert_text(&resource, "process.command_args", NULL);
    assert_string_equal(resource.schema_url, WEFT__SCHEMA_URL);
    assert_int_equal(told.count, 0);
    weft__resource_clear(&resource);
}

static void RE_006_detectors_have_their_reserved_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *attribute;
    } TABLE[] = { { "host", "os.type" },
                  { "process", "process.executable.name" },
                  { "service", "service.instance.id" } };
    size_t count = 0;
    for (const weft__detector *detector = weft__detectors; detector->name != NULL; detector++, count++) {
        weft__resource found = { 0 };
        assert_string_equal(detector->name, TABLE[count].name);
        detector->detect(&found);
        assert_true(has_text(&found, TABLE[count].attribute));
        weft__resource_clear(&found);
    }
    assert_int_equal(count, WEFT_COUNT_OF(TABLE));
}

static void each_instance_has_an_id_of_its_own(void **state)
{
    (void)state;
    weft__resource one = make("x", NONE), two = make("x", NONE);
    char ids[2][37] = { "", "" };
    snprintf(ids[0], sizeof ids[0], "%.36s", weft__resource_text(&one, "service.instance.id").data);
    snprintf(ids[1], sizeof ids[1], "%.36s", weft__resource_text(&two, "service.instance.id").data);
    assert_string_not_equal(ids[0], ids[1]);
    for (int i = 0; i < 2; i++) {
        static const char *const PATTERN = "hhhhhhhh-hhhh-4hhh-vhhh-hhhhhhhhhhhh";
        assert_int_equal(strlen(ids[i]), 36);
        for (int j = 0; j < 36; j++) {
            const char *allowed = PATTERN[j] == 'h'   ? "0123456789abcdef"
                                  : PATTERN[j] == 'v' ? "89ab"
                                  : PATTERN[j] == '4' ? "4"
                                                      : "-";
            assert_non_null(strchr(allowed, ids[i][j]));
        }
    }
    weft__resource_clear(&one);
    weft__resource_clear(&two);
    setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=seven", 1);
    one = make("x", NONE);
    assert_text(&one, "service.instance.id", "seven");
    weft__resource_clear(&one);
    const weft_attribute own = weft_attr("service.instance.id", "eight");
    one = make("x", (weft_attributes){ &own, 1 });
    assert_text(&one, "service.instance.id", "eight");
    weft__resource_clear(&one);
}

static void the_creation_time_is_that_of_the_process(void **state)
{
    (void)state;
    weft__resource resource = make("x", NONE);
    weft_text text = weft__resource_text(&resource, "process.creation.time");
    struct tm start_time = { 0 };
    char copy[40];
    snprintf(copy, sizeof copy, "%.*s", (int)text.size, text.data);
    int ms;
    assert_int_equal(sscanf(copy, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &start_time.tm_year, &start_time.tm_mon,
                            &start_time.tm_mday, &start_time.tm_hour, &start_time.tm_min, &start_time.tm_sec, &ms),
                     7);
    assert_int_equal(copy[text.size - 1], 'Z');
    start_time.tm_year -= 1900;
    start_time.tm_mon -= 1;
    time_t started = timegm(&start_time), now = time(NULL);
    assert_true(started <= now + 1 && started > now - 3600);
    weft__resource_clear(&resource);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(RE_001_RE_004_from_attributes_and_back, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(RE_002_the_empty_resource, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(one_key_is_there_once, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(RE_003_merge_the_updating_side_wins, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(schema_urls_merge, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(bad_attributes_are_left_out, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(a_resource_has_an_end, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(RE_005_the_service_has_a_name, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(EV_003_the_service_name_by_precedence, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(EV_002_resource_attributes, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(EV_002_a_broken_list_is_not_used_at_all, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(the_environment_can_be_ignored, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(RE_007_what_an_sdk_says_of_itself, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(RE_006_detectors_have_their_reserved_names, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(each_instance_has_an_id_of_its_own, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(the_creation_time_is_that_of_the_process, test_setup, test_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
