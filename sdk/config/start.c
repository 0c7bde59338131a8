/* start.c - weft_sdk_start and weft_sdk_scope: from options to a running SDK. */
#include <string.h>

#include "sdk/base/clock.h"
#include "sdk/base/diag.h"
#include "sdk/common/env.h"
#include "sdk/config/build.h"
#include "sdk/config/sdk.h"
#include "sdk/config/settings.h"

/* The number of handles whose SDK could not get a slot: nobody ever has it. */
static const weft_sdk NOTHING = { UINT64_MAX };

enum { POOL_BUDGET = 8 * 1024 * 1024 };

void weft_diagnostics_set(weft_diagnostics_fn *fn, void *data)
{
    weft__diag_set(fn, data);
}

static void refuse_file(const weft_sdk_options *options)
{
    const char *file = options->config_file != NULL ? options->config_file : weft__env("OTEL_CONFIG_FILE");
    if (file != NULL)
        weft__diag(WEFT__ERROR, "configuration file",
                   "%s is \"%.200s\", but this version reads no configuration files; it is left out",
                   options->config_file != NULL ? "config_file" : "OTEL_CONFIG_FILE", file);
}

static weft__build *build(weft__sdk *sdk, const weft_sdk_options *options, weft__driver driver)
{
    weft__clock_start();
    weft_status status =
        weft__registry_open_pool(sdk, options->memory_budget != 0 ? options->memory_budget : POOL_BUDGET);
    if (status == WEFT_OK)
        return weft__build_new(sdk, options, driver);
    weft__diag(WEFT__ERROR, "start", "the SDK cannot be started: no record pool of %zu bytes: %s",
               options->memory_budget != 0 ? options->memory_budget : (size_t)POOL_BUDGET, weft_status_text(status));
    weft__options_free(options);
    return NULL;
}

static void begin(weft__sdk *sdk, const weft_sdk_options *options, weft__driver driver)
{
    weft__env_ignore(options->ignore_environment);
    weft__setting_log_level();
    if (options->diagnostics != NULL)
        weft__diag_set(options->diagnostics, options->diagnostics_data);
    refuse_file(options);
    if (!options->local || options->propagators != NULL)
        weft__setting_propagators(options->propagators);
    if (weft__setting_disabled()) {
        weft__diag(WEFT__INFO, "start", "the SDK is disabled by OTEL_SDK_DISABLED");
        weft__options_free(options);
    } else {
        sdk->build = build(sdk, options, driver);
    }
    weft__env_ignore(false);
    weft__registry_publish(sdk);
}

weft_sdk weft__sdk_start(const weft_sdk_options *options, weft__driver driver)
{
    weft_sdk_options own = { .size = sizeof own };
    if (options != NULL)
        memcpy(&own, options, options->size != 0 ? weft__min(options->size, sizeof own) : sizeof own);
    bool shared;
    weft_sdk handle;
    weft__sdk *sdk = weft__registry_claim(own.local, &shared, &handle.id_);
    if (sdk == NULL) {
        weft__diag(WEFT__ERROR, "start",
                   "the SDK is not started: %d of them run, one is just being started by this thread, or this is a "
                   "forked child",
                   WEFT__SDKS);
        weft__options_free(&own);
        return NOTHING;
    }
    if (!shared) {
        begin(sdk, &own, driver);
    } else if (options != NULL) {
        weft__diag(WEFT__WARNING, "start",
                   "the SDK runs already and is shared; the options of this start are not used");
        weft__options_free(&own);
    }
    return handle;
}

weft_sdk weft_sdk_start(const weft_sdk_options *options)
{
    return weft__sdk_start(options, WEFT__DRIVER_THREAD);
}

weft_scope *weft_sdk_scope(weft_sdk sdk, const weft_scope *identity)
{
    static const weft_scope unnamed = { .size = sizeof unnamed, .name = "" };
    return &weft__identity_find(identity != NULL ? identity : &unnamed, weft__registry_key(sdk.id_))->scope;
}
