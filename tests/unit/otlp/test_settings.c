/* test_settings.c - endpoints, headers and the rest, from code and from the environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exporters/otlp/settings.h"
#include "sdk/base/diag.h"

static weft__otlp_settings settings;
static char said[4096]; /* all diagnostics */
static int lines;

static void listen(void *data, weft_importance importance, const char *line)
{
    (void)data, (void)importance;
    size_t used = strlen(said);
    snprintf(said + used, sizeof(said) - used, "%s\n", line);
    lines++;
}

static int clean(void **state)
{
    static const char *const names[] = { "ENDPOINT",    "PROTOCOL", "HEADERS",    "COMPRESSION",       "TIMEOUT",
                                         "CERTIFICATE", "INSECURE", "CLIENT_KEY", "CLIENT_CERTIFICATE" };
    (void)state;
    for (size_t i = 0; i < WEFT_COUNT_OF(names); i++) {
        char name[64];
        snprintf(name, sizeof(name), "OTEL_EXPORTER_OTLP_%s", names[i]);
        unsetenv(name);
        snprintf(name, sizeof(name), "OTEL_EXPORTER_OTLP_TRACES_%s", names[i]);
        unsetenv(name);
    }
    weft__otlp_settings_clear(&settings);
    said[0] = '\0';
    lines = 0;
    weft__diag_set(listen, NULL);
    return 0;
}

static void set(const char *name, const char *value)
{
    char full[64];
    snprintf(full, sizeof(full), "OTEL_EXPORTER_OTLP_%s", name);
    assert_int_equal(setenv(full, value, 1), 0);
}

static void read_again(const weft_otlp_options *options)
{
    weft__otlp_settings_clear(&settings);
    assert_true(weft__otlp_settings_read(&settings, options));
}

static bool has_header(const char *line)
{
    for (char **header = settings.headers; *header != NULL; header++)
        if (strcmp(*header, line) == 0)
            return true;
    return false;
}

static size_t header_count(void)
{
    size_t count = 0;
    while (settings.headers[count] != NULL)
        count++;
    return count;
}

static void EV_008_defaults(void **state)
{
    (void)state;
    read_again(NULL);
    assert_string_equal(settings.url, "http://localhost:4318/v1/traces");
    assert_int_equal(settings.timeout_ms, 10000);
    assert_false(settings.gzip);
    assert_null(settings.certificate);
    assert_int_equal(header_count(), 2);
    assert_true(has_header("Content-Type: application/x-protobuf"));
    assert_int_equal(lines, 0);
}

static void EX_019_user_agent(void **state)
{
    (void)state;
    char expected[128];
    read_again(NULL);
    snprintf(expected, sizeof(expected), "User-Agent: Weft/%s OTel-OTLP-Exporter-C/%s", weft_version(), weft_version());
    assert_true(has_header(expected));
    set("HEADERS", "user-agent=mine");
    read_again(NULL);
    assert_true(has_header("user-agent: mine"));
    assert_false(has_header(expected));
}

static void EV_008_general_endpoints_are_bases(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "http://c:4318", "http://c:4318/v1/traces" },
        { "http://c:4318/", "http://c:4318/v1/traces" },
        { "http://c:4318/my/", "http://c:4318/my/v1/traces" },
        { "http://c:4318/my", "http://c:4318/my/v1/traces" },
        { "http://c", "http://c/v1/traces" },
        { "https://c.example/", "https://c.example/v1/traces" },
        { "HTTPS://C", "HTTPS://C/v1/traces" },
        { "http://[::1]:4318", "http://[::1]:4318/v1/traces" },
        { "http://u:p@c:1/x?token=t#part", "http://u:p@c:1/x/v1/traces?token=t" },
        { "http://c?token=t", "http://c/v1/traces?token=t" },
        { "http://u:p@ss@c", "http://u:p@ss@c/v1/traces" },
    };
    for (size_t i = 0; i < WEFT_COUNT_OF(rows); i++) {
        set("ENDPOINT", rows[i][0]);
        read_again(NULL);
        assert_string_equal(settings.url, rows[i][1]);
    }
    assert_int_equal(lines, 0);
}

static void EV_008_signal_endpoints_are_used_as_given(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "http://c:4318", "http://c:4318/" },
        { "http://c:4318/", "http://c:4318/" },
        { "http://c:4318/v1/traces", "http://c:4318/v1/traces" },
        { "https://x/v1/metrics/", "https://x/v1/metrics/" },
        { "https://x/?token=t", "https://x/?token=t" },
        { "https://x?token=t", "https://x/?token=t" },
    };
    set("ENDPOINT", "http://general:1");
    for (size_t i = 0; i < WEFT_COUNT_OF(rows); i++) {
        set("TRACES_ENDPOINT", rows[i][0]);
        read_again(NULL);
        assert_string_equal(settings.url, rows[i][1]);
    }
    set("TRACES_ENDPOINT", "");
    read_again(NULL);
    assert_string_equal(settings.url, "http://general:1/v1/traces");
}

static void bad_endpoints_are_named_and_left_out(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "c:4318",
        "localhost",
        "http://",
        "http:///path",
        "http://:4318",
        "ftp://c",
        "http://c:",
        "http://c:0",
        "://c",
        "http://c:65536",
        "http://c:99999999999999999999",
        "http://c:4318x",
        "http://c d",

        "http://[::1",
        "http://[]:1",
        "http://u@",
        "unix:///run/x",
        "http://[::1]4318",
    };
    for (size_t i = 0; i < WEFT_COUNT_OF(rows); i++) {
        clean(NULL);
        set("ENDPOINT", rows[i]);
        read_again(NULL);
        assert_string_equal(settings.url, "http://localhost:4318/v1/traces");
        assert_int_equal(lines, 1);
        assert_non_null(strstr(said, "OTEL_EXPORTER_OTLP_ENDPOINT"));
        assert_non_null(strstr(said, rows[i]));
    }
    clean(NULL);
    set("TRACES_ENDPOINT", "c:1");
    set("ENDPOINT", "http://general");
    read_again(NULL);
    assert_string_equal(settings.url, "http://general/v1/traces");
}

static void secrets_are_not_shown(void **state)
{
    (void)state;
    set("TRACES_ENDPOINT", "http://user:p@ss@c:1/x@y?token=t");
    read_again(NULL);
    assert_string_equal(settings.url, "http://user:p@ss@c:1/x@y?token=t");
    assert_string_equal(settings.shown, "http://c:1/x@y");
}

static void EV_008_headers(void **state)
{
    (void)state;
    set("HEADERS", " api-key = a%20b%2Cc ,x=1=2,, tenant=caf%C3%A9,");
    read_again(NULL);
    assert_true(has_header("api-key: a b,c"));
    assert_true(has_header("x: 1=2"));
    assert_true(has_header("tenant: caf\xc3\xa9"));
    assert_int_equal(header_count(), 5);
    assert_int_equal(lines, 0);
    set("TRACES_HEADERS", "only=this");
    read_again(NULL);
    assert_true(has_header("only: this"));
    assert_int_equal(header_count(), 3);
}

static void bad_headers_are_named_in_one_line_without_their_values(void **state)
{
    (void)state;
    set("HEADERS",
        "good=1,nokey,=v,sp ace=hide1,bad=%zz,evil=a%0d%0aX:%20hide2,nul=a%00b,empty=,content-type=text/plain,"
        "fine=2,k%0Aey=hide3");
    read_again(NULL);
    assert_int_equal(header_count(), 4);
    assert_true(has_header("good: 1"));
    assert_true(has_header("fine: 2"));
    assert_int_equal(lines, 1);
    assert_non_null(strstr(said, "OTEL_EXPORTER_OTLP_HEADERS"));
    assert_non_null(strstr(said, "2, 3, 4 (sp ace), 5 (bad), 6 (evil), 7 (nul), 8 (empty), 9 (content-type)"));
    assert_null(strstr(said, "hide"));
    assert_null(strstr(said, "nokey")); /* may be a secret that lost its key */
}

static void many_headers_have_an_end(void **state)
{
    (void)state;
    static char text[4096];
    for (int i = 0; i < 300; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "h%d=1,", i);
    set("HEADERS", text);
    read_again(NULL);
    assert_int_equal(header_count(), 128 + 2);
    assert_int_equal(lines, 1);
}

static void EV_008_EX_008_compression(void **state)
{
    (void)state;
    set("COMPRESSION", "GZip");
    read_again(NULL);
    assert_true(settings.gzip);
    assert_true(has_header("Content-Encoding: gzip"));
    set("TRACES_COMPRESSION", "none");
    read_again(NULL);
    assert_false(settings.gzip);
    assert_int_equal(lines, 0);
    set("TRACES_COMPRESSION", "zstd");
    read_again(NULL);
    assert_true(settings.gzip);
    assert_int_equal(lines, 1);
    assert_non_null(strstr(said, "zstd"));
}

static void EV_008_timeout(void **state)
{
    (void)state;
    set("TIMEOUT", "2000");
    read_again(NULL);
    assert_int_equal(settings.timeout_ms, 2000);
    set("TRACES_TIMEOUT", "0");
    read_again(NULL);
    assert_int_equal(settings.timeout_ms, 0);
    set("TRACES_TIMEOUT", "-1");
    read_again(NULL);
    assert_int_equal(settings.timeout_ms, 2000);
    assert_int_equal(lines, 1);
}

static void EV_008_protocol(void **state)
{
    (void)state;
    set("PROTOCOL", "http/protobuf");
    read_again(NULL);
    assert_int_equal(lines, 0);
    set("TRACES_PROTOCOL", "grpc");
    read_again(NULL);
    assert_int_equal(lines, 1);
    assert_non_null(strstr(said, "grpc"));
    assert_string_equal(settings.url, "http://localhost:4318/v1/traces");
    set("TRACES_PROTOCOL", "carrier-pigeon");
    read_again(NULL);
    assert_int_equal(lines, 2);
}

static void EV_008_certificates(void **state)
{
    (void)state;
    set("CERTIFICATE", "/ca");
    set("CLIENT_KEY", "/key");
    set("CLIENT_CERTIFICATE", "/cert");
    set("TRACES_CERTIFICATE", "/traces-ca");
    set("INSECURE", "true");
    read_again(NULL);
    assert_string_equal(settings.certificate, "/traces-ca");
    assert_string_equal(settings.client_key, "/key");
    assert_string_equal(settings.client_certificate, "/cert");
    assert_int_equal(lines, 0);
    set("INSECURE", "1");
    read_again(NULL);
    assert_int_equal(lines, 1);
}

static void code_comes_before_the_environment(void **state)
{
    (void)state;
    set("TRACES_ENDPOINT", "http://env/");
    set("TRACES_HEADERS", "a=env");
    set("TRACES_TIMEOUT", "1");
    set("TRACES_COMPRESSION", "none");
    set("TRACES_CERTIFICATE", "/env");
    set("TRACES_PROTOCOL", "grpc");
    read_again(&(weft_otlp_options){ .size = sizeof(weft_otlp_options),
                                     .endpoint = "http://code:1/",
                                     .protocol = "http/protobuf",
                                     .headers = "a=code",
                                     .certificate = "/code",
                                     .compression = "gzip",
                                     .timeout_ms = WEFT_ZERO });
    assert_string_equal(settings.url, "http://code:1/v1/traces");
    assert_true(has_header("a: code"));
    assert_true(settings.gzip);
    assert_int_equal(settings.timeout_ms, 0);
    assert_string_equal(settings.certificate, "/code");
    assert_int_equal(lines, 0);
    /* An older program's shorter struct: what lies behind its size is not looked at. */
    weft_otlp_options shorter = { .size = offsetof(weft_otlp_options, compression), .compression = (const char *)1 };
    read_again(&shorter);
    assert_string_equal(settings.url, "http://env/");
}

static void bad_options_are_named(void **state)
{
    (void)state;
    read_again(&(weft_otlp_options){ .size = sizeof(weft_otlp_options),
                                     .endpoint = "nowhere",
                                     .protocol = "smtp",
                                     .headers = "x",
                                     .compression = "lzma" });
    assert_string_equal(settings.url, "http://localhost:4318/v1/traces");
    assert_int_equal(lines, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(EV_008_defaults, clean, clean),
        cmocka_unit_test_setup_teardown(EX_019_user_agent, clean, clean),
        cmocka_unit_test_setup_teardown(EV_008_general_endpoints_are_bases, clean, clean),
        cmocka_unit_test_setup_teardown(EV_008_signal_endpoints_are_used_as_given, clean, clean),
        cmocka_unit_test_setup_teardown(bad_endpoints_are_named_and_left_out, clean, clean),
        cmocka_unit_test_setup_teardown(secrets_are_not_shown, clean, clean),
        cmocka_unit_test_setup_teardown(EV_008_headers, clean, clean),
        cmocka_unit_test_setup_teardown(bad_headers_are_named_in_one_line_without_their_values, clean, clean),
        cmocka_unit_test_setup_teardown(many_headers_have_an_end, clean, clean),
        cmocka_unit_test_setup_teardown(EV_008_EX_008_compression, clean, clean),
        cmocka_unit_test_setup_teardown(EV_008_timeout, clean, clean),
        cmocka_unit_test_setup_teardown(EV_008_protocol, clean, clean),
        cmocka_unit_test_setup_teardown(EV_008_certificates, clean, clean),
        cmocka_unit_test_setup_teardown(code_comes_before_the_environment, clean, clean),
        cmocka_unit_test_setup_teardown(bad_options_are_named, clean, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
