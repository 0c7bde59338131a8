/* settings.c - puts together what code, the general variables and those for traces say; the most specific wins. */
#include "exporters/otlp/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sdk/base/diag.h"
#include "sdk/common/env.h"

#define GENERAL "OTEL_EXPORTER_OTLP_"
#define TRACES "OTEL_EXPORTER_OTLP_TRACES_"
#define DEFAULT_ENDPOINT "http://localhost:4318"
#define PATH "v1/traces"

enum { DEFAULT_TIMEOUT_MS = 10000 };

static const char *const protocols[] = { "http/protobuf", "http/json", "grpc", NULL };
static const char *const compressions[] = { "none", "gzip", NULL };

/* The more specific of two variables, and which of them it is. */
static const char *pick(const char *specific, const char *general, const char **name)
{
    const char *value = weft__env(specific);
    *name = value != NULL ? specific : general;
    return value != NULL ? value : weft__env(general);
}

static bool copy(char **out, const char *option, const char *specific, const char *general)
{
    const char *name, *value = option != NULL ? option : pick(specific, general, &name);
    if (value != NULL && value[0] != '\0')
        *out = strdup(value);
    return value == NULL || value[0] == '\0' || *out != NULL;
}

/* True where it settled the URL, or memory ran out: then that is NULL. */
static bool try_endpoint(weft__otlp_settings *settings, const char *endpoint, bool base, const char *name)
{
    bool valid;
    if (endpoint == NULL || endpoint[0] == '\0')
        return false;
    settings->url = weft__otlp_url(endpoint, base, PATH, &valid);
    if (!valid)
        weft__diag(WEFT__WARNING, name, "%s is \"%.200s\", which is not a URL like http://host:4318; it is left out",
                   name, endpoint);
    return valid;
}

/* A password in the URL is for the receiver alone. */
static char *without_secrets(const char *url)
{
    char *shown = strdup(url);
    if (shown == NULL)
        return NULL;
    shown[strcspn(shown, "?")] = '\0';
    char *authority = strstr(shown, "://") + 3;
    size_t size = strcspn(authority, "/");
    for (size_t at = size; at > 0; at--) {
        if (authority[at - 1] != '@')
            continue;
        memmove(authority, authority + at, strlen(authority + at) + 1);
        break;
    }
    return shown;
}

static bool read_endpoint(weft__otlp_settings *settings, const char *option)
{
    if (!try_endpoint(settings, option, true, "endpoint") &&
        !try_endpoint(settings, weft__env(TRACES "ENDPOINT"), false, TRACES "ENDPOINT") &&
        !try_endpoint(settings, weft__env(GENERAL "ENDPOINT"), true, GENERAL "ENDPOINT"))
        try_endpoint(settings, DEFAULT_ENDPOINT, true, "endpoint");
    settings->shown = settings->url != NULL ? without_secrets(settings->url) : NULL;
    return settings->shown != NULL;
}

/* One of a list: from code, else from the environment. */
static size_t choose(const char *option, const char *what, const char *const *names, const char *const *variables)
{
    size_t chosen = 0;
    for (size_t i = 0; option != NULL && option[0] != '\0' && names[i] != NULL; i++)
        if (strcasecmp(option, names[i]) == 0)
            return i;
    if (option != NULL && option[0] != '\0')
        weft__diag(WEFT__WARNING, what, "%s is \"%.200s\", which is not known; it is left out", what, option);
    weft__env_enum(variables[0], names, &chosen);
    weft__env_enum(variables[1], names, &chosen);
    return chosen;
}

static void read_protocol(const char *option)
{
    static const char *const variables[] = { GENERAL "PROTOCOL", TRACES "PROTOCOL" };
    size_t chosen = choose(option, "protocol", protocols, variables);
    if (chosen != 0)
        weft__diag(WEFT__WARNING, "protocol",
                   "the OTLP protocol %s is not in this version of Weft; http/protobuf is used", protocols[chosen]);
}

static void read_compression(weft__otlp_settings *settings, const char *option)
{
    static const char *const variables[] = { GENERAL "COMPRESSION", TRACES "COMPRESSION" };
    settings->gzip = choose(option, "compression", compressions, variables) == 1;
}

static void read_timeout(weft__otlp_settings *settings, uint32_t option)
{
    settings->timeout_ms = DEFAULT_TIMEOUT_MS;
    if (option != 0) {
        settings->timeout_ms = option == WEFT_ZERO ? 0 : option;
        return;
    }
    weft__env_ms(GENERAL "TIMEOUT", &settings->timeout_ms);
    weft__env_ms(TRACES "TIMEOUT", &settings->timeout_ms);
}

/* Only gRPC asks for it (over HTTP the scheme decides), but a value that makes no sense is told here too. */
static void read_insecure(void)
{
    bool insecure = false;
    weft__env_bool(GENERAL "INSECURE", &insecure);
    weft__env_bool(TRACES "INSECURE", &insecure);
}

static bool has_user_agent(const weft__otlp_settings *settings)
{
    for (char **header = settings->headers; header != NULL && *header != NULL; header++)
        if (strncasecmp(*header, "user-agent:", 11) == 0)
            return true;
    return false;
}

static bool read_headers(weft__otlp_settings *settings, const char *option)
{
    char own[160];
    const char *name = "headers";
    const char *text = option != NULL ? option : pick(TRACES "HEADERS", GENERAL "HEADERS", &name);
    if (text != NULL && !weft__otlp_headers(&settings->headers, text, name))
        return false;
    snprintf(own, sizeof(own), "User-Agent: Weft/%s OTel-OTLP-Exporter-C/%s", weft_version(), weft_version());
    return weft__otlp_header(&settings->headers, "Content-Type: application/x-protobuf") &&
           (!settings->gzip || weft__otlp_header(&settings->headers, "Content-Encoding: gzip")) &&
           (has_user_agent(settings) || weft__otlp_header(&settings->headers, own));
}

bool weft__otlp_settings_read(weft__otlp_settings *settings, const weft_otlp_options *options)
{
    weft_otlp_options given = { 0 };
    if (options != NULL)
        memcpy(&given, options, options->size != 0 && options->size < sizeof(given) ? options->size : sizeof(given));
    *settings = (weft__otlp_settings){ 0 };
    read_protocol(given.protocol);
    read_compression(settings, given.compression);
    read_timeout(settings, given.timeout_ms);
    read_insecure();
    return read_endpoint(settings, given.endpoint) && read_headers(settings, given.headers) &&
           copy(&settings->certificate, given.certificate, TRACES "CERTIFICATE", GENERAL "CERTIFICATE") &&
           copy(&settings->client_certificate, given.client_certificate, TRACES "CLIENT_CERTIFICATE",
                GENERAL "CLIENT_CERTIFICATE") &&
           copy(&settings->client_key, given.client_key, TRACES "CLIENT_KEY", GENERAL "CLIENT_KEY");
}

void weft__otlp_settings_clear(weft__otlp_settings *settings)
{
    for (char **header = settings->headers; header != NULL && *header != NULL; header++)
        free(*header);
    free(settings->headers);
    free(settings->url);
    free(settings->shown);
    free(settings->certificate);
    free(settings->client_certificate);
    free(settings->client_key);
    *settings = (weft__otlp_settings){ 0 };
}
