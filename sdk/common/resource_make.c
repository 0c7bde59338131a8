/* resource_make.c - the resource of an SDK, from the weakest source to the strongest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/base/diag.h"
#include "sdk/base/text.h"
#include "sdk/common/detect.h"
#include "sdk/common/env.h"
#include "sdk/common/resource.h"

static const char ATTRIBUTES[] = "OTEL_RESOURCE_ATTRIBUTES";

static bool add_detected(weft__resource *resource)
{
    for (const weft__detector *detector = weft__detectors; detector->name != NULL; detector++) {
        weft__resource found = { 0 };
        detector->detect(&found);
        bool merged = weft__resource_set_schema(&found, detector->schema_url) && weft__resource_merge(resource, &found);
        weft__resource_clear(&found);
        if (!merged)
            return false;
    }
    return true;
}

/* One "key=value", decoded in place; why not, or NULL. */
static const char *add_pair(weft__resource *resource, char *text, size_t size)
{
    weft_text pair = weft__trim(weft_text_n(text, size));
    if (pair.size == 0)
        return NULL; /* "a=1,,b=2" and a comma at the end are harmless */
    const char *equals = memchr(pair.data, '=', pair.size);
    if (equals == NULL)
        return "a part of it has no \"=\"";
    weft_text key = weft__trim(weft_text_n(pair.data, (size_t)(equals - pair.data)));
    weft_text value = weft__trim(weft_text_n(equals + 1, (size_t)(pair.data + pair.size - equals - 1)));
    char *key_out = text + (key.data - text), *value_out = text + (value.data - text);
    size_t key_size = weft__percent_decode(key_out, key.data, key.size);
    size_t value_size = weft__percent_decode(value_out, value.data, value.size);
    if (key_size == SIZE_MAX || value_size == SIZE_MAX)
        return "a percent sign in it is not followed by two hexadecimal digits";
    if (key_size == 0)
        return "a key in it is empty";
    if (weft__utf8_valid(key_out, key_size) != key_size || weft__utf8_valid(value_out, value_size) != value_size)
        return "it is not valid UTF-8";
    weft_attribute attribute = weft_attribute_of(key_out, weft_string_n(weft_text_n(value_out, value_size)));
    attribute.key_size = (uint32_t)key_size;
    return weft__resource_set(resource, &attribute) ? NULL : "it is too large";
}

static const char *parse_attributes(weft__resource *resource, char *text)
{
    for (char *part = text, *next; part != NULL; part = next) {
        char *comma = strchr(part, ',');
        size_t size = comma != NULL ? (size_t)(comma - part) : strlen(part);
        next = comma != NULL ? comma + 1 : NULL;
        const char *why = add_pair(resource, part, size);
        if (why != NULL)
            return why;
    }
    return NULL;
}

/* All of the variable, or nothing of it (RES-10). */
static bool add_environment(weft__resource *resource)
{
    const char *text = weft__env(ATTRIBUTES);
    if (text != NULL) {
        char *copy = strdup(text);
        weft__resource parsed = { 0 };
        const char *why = copy != NULL ? parse_attributes(&parsed, copy) : "out of memory";
        bool merged = why != NULL || weft__resource_merge(resource, &parsed);
        if (why != NULL)
            weft__diag(WEFT__WARNING, ATTRIBUTES, "%s is \"%.300s\", and %s; none of it is used", ATTRIBUTES, text,
                       why);
        weft__resource_clear(&parsed);
        free(copy);
        if (!merged)
            return false;
    }
    const char *name = weft__env("OTEL_SERVICE_NAME");
    if (name != NULL)
        weft__resource_set_text(resource, "service.name", name);
    return true;
}

/* RES-3. */
static void add_default_name(weft__resource *resource)
{
    char name[256];
    weft_text executable = weft__resource_text(resource, "process.executable.name");
    snprintf(name, sizeof name, "unknown_service%s%.*s", executable.size != 0 ? ":" : "",
             (int)weft__min(executable.size, 200), executable.size != 0 ? executable.data : "");
    name[weft__utf8_valid(name, strlen(name))] = '\0';
    weft__resource_set_text(resource, "service.name", name);
}

static void add_sdk(weft__resource *resource)
{
    weft__resource_set_text(resource, "telemetry.sdk.name", "weft");
    weft__resource_set_text(resource, "telemetry.sdk.language", "c");
    weft__resource_set_text(resource, "telemetry.sdk.version", weft_version());
}

bool weft__resource_make(weft__resource *resource, const weft__resource_options *options)
{
    bool made = add_detected(resource);
    add_sdk(resource);
    add_default_name(resource);
    made = made && add_environment(resource);
    for (size_t i = 0; made && i < options->attributes.count; i++)
        weft__resource_set(resource, &options->attributes.list[i]);
    if (options->service_name != NULL)
        weft__resource_set_text(resource, "service.name", options->service_name);
    if (!made || weft__resource_text(resource, "telemetry.sdk.version").data == NULL) {
        weft__resource_clear(resource);
        return false;
    }
    weft__resource_seal(resource);
    return true;
}
