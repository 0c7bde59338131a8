/* build.c - puts an SDK together: parts of the options, settings of the environment, and their owners. */
#include "sdk/config/build.h"

#include <stdlib.h>
#include <string.h>

#include "sdk/base/diag.h"
#include "sdk/config/processor.h"
#include "sdk/config/settings.h"
#include "sdk/trace/sampler.h"

/* What is being put together. */
typedef struct plan {
    weft__build *build;
    const weft_sdk_options *options;
    weft__batch_setting batch;
    weft__destination_options destinations[2 * WEFT__PARTS];
    size_t count;
} plan;

void weft__options_free(const weft_sdk_options *options)
{
    weft__sampler_free(options->sampler);
    for (size_t i = 0; options->exporters != NULL && options->exporters[i] != NULL; i++)
        weft_exporter_free(options->exporters[i]);
    for (size_t i = 0; options->processors != NULL && options->processors[i] != NULL; i++)
        weft__processor_free(options->processors[i]);
    if (options->ids != NULL && options->ids->free != NULL &&
        (options->ids->size == 0 || options->ids->size >= offsetof(weft_id_ops, free) + sizeof options->ids->free))
        options->ids->free(options->ids_self);
}

static void too_many(const char *what)
{
    weft__diag(WEFT__ERROR, "parts", "an SDK takes %d %s; one more is not used", WEFT__PARTS, what);
}

static void add_destination(plan *work, weft_exporter *exporter, const weft_batch_options *batch, bool simple)
{
    static const weft_batch_options unset = { .size = sizeof unset };
    weft__destination_options *added = &work->destinations[work->count++];
    *added = (weft__destination_options){ .exporter = exporter, .simple = simple };
    if (!simple)
        added->batch = weft__setting_batch(batch != NULL ? batch : &unset, &work->batch);
}

/* The user's own go into the provider's list; built-in ones become destinations. */
static bool add_processors(plan *work)
{
    weft_processor *const *list = work->options->processors;
    weft__provider *provider = &work->build->provider;
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        weft_processor *processor = list[i];
        if (i >= WEFT__PARTS) {
            too_many("processors");
            weft__processor_free(processor);
        } else if (processor->exporter != NULL) {
            add_destination(work, processor->exporter, &processor->batch, processor->simple);
            processor->exporter = NULL;
            weft__processor_free(processor);
        } else {
            provider->processors[provider->processor_count++] = processor;
            provider->on_start |= processor->ops.on_start != NULL;
            provider->on_ending |= processor->ops.on_ending != NULL;
            provider->on_end |= processor->ops.on_end != NULL;
        }
    }
    return work->count != 0;
}

static void add_environment_exporters(plan *work)
{
    weft__destination_options made[WEFT__SETTING_EXPORTERS];
    size_t count = weft__setting_exporters(made);
    for (size_t i = 0; i < count; i++)
        add_destination(work, made[i].exporter, NULL, made[i].simple);
}

/* Exporters in code, also none of them, and exporters behind processors override the environment. */
static void add_exporters(plan *work, bool have_some)
{
    weft_exporter *const *list = work->options->exporters;
    if (list == NULL && !have_some)
        add_environment_exporters(work);
    if (list != NULL && list[0] == NULL && !have_some)
        weft__diag(work->build->provider.processor_count != 0 ? WEFT__INFO : WEFT__WARNING, "exporters",
                   "the list of exporters is empty, or its first one could not be made; nothing is exported");
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        if (i < WEFT__PARTS) {
            add_destination(work, list[i], NULL, false);
        } else {
            too_many("exporters");
            weft_exporter_free(list[i]);
        }
    }
}

static void add_ids(plan *work)
{
    const weft_id_ops *ids = work->options->ids;
    weft__provider *provider = &work->build->provider;
    if (ids == NULL)
        return;
    weft_id_ops own = { .size = sizeof own };
    memcpy(&own, ids, ids->size != 0 ? weft__min(ids->size, sizeof own) : sizeof own);
    if (own.trace_id != NULL && own.span_id != NULL) {
        provider->ids = own;
        provider->ids_self = work->options->ids_self;
        return;
    }
    weft__diag(WEFT__ERROR, "ids", "the source of ids lacks a function; random ids are used");
    if (own.free != NULL)
        own.free(work->options->ids_self);
}

/* Everything but the exporters; false without memory. All that the options own belongs to the build, or is freed. */
static bool fill(plan *work, const weft__sdk *sdk)
{
    weft__provider *provider = &work->build->provider;
    provider->slot = sdk->slot;
    provider->tag = WEFT__SDK_TAG(sdk->slot, sdk->times);
    provider->id = weft__sdk_id(sdk);
    provider->limits = weft__setting_limits(work->options->limits);
    provider->sampler = work->options->sampler;
    if (provider->sampler == NULL)
        provider->sampler = weft__setting_sampler();
    add_ids(work);
    const weft__resource_options resource = { .service_name = work->options->service_name,
                                              .attributes = work->options->resource };
    return provider->sampler != NULL && weft__resource_make(&provider->resource, &resource);
}

static void attach(plan *work, weft__driver driver)
{
    weft__build *build = work->build;
    const weft__pump_options options = { .slot = build->provider.slot,
                                         .tag = build->provider.tag,
                                         .resource = &build->provider.resource,
                                         .destinations = work->destinations,
                                         .count = work->count,
                                         .batch_budget = work->options->batch_budget,
                                         .driver = driver };
    weft_status status = weft__pump_attach(&options);
    build->attached = build->provider.exports = status == WEFT_OK;
    if (status != WEFT_OK)
        weft__diag(WEFT__ERROR, "start", "nothing is exported: the worker cannot be started: %s",
                   weft_status_text(status));
}

static void tell(const plan *work)
{
    const weft__provider *provider = &work->build->provider;
    weft_text name = weft__resource_text(&provider->resource, "service.name");
    weft__diag(WEFT__INFO, "start", "started for the service \"%.*s\", with %zu exporters, %zu processors, and %s",
               (int)weft__min(name.size, 100), name.data != NULL ? name.data : "", work->count,
               provider->processor_count, weft__sampler_describe(provider->sampler));
}

weft__build *weft__build_new(const weft__sdk *sdk, const weft_sdk_options *options, weft__driver driver)
{
    plan work = { .options = options };
    work.build = calloc(1, sizeof *work.build);
    weft_processor **processors = calloc(WEFT__PARTS, sizeof(weft_processor *));
    if (work.build == NULL || processors == NULL) {
        weft__diag(WEFT__ERROR, "start", "the SDK cannot be started: out of memory");
        free(work.build);
        free(processors);
        weft__options_free(options);
        return NULL;
    }
    work.build->provider.processors = processors;
    work.batch = weft__setting_batch_defaults();
    bool filled = fill(&work, sdk);
    add_exporters(&work, add_processors(&work));
    if (!filled) {
        weft__diag(WEFT__ERROR, "start", "the SDK cannot be started: out of memory");
        for (size_t i = 0; i < work.count; i++)
            weft_exporter_free(work.destinations[i].exporter);
        weft__build_free(work.build);
        return NULL;
    }
    if (work.count != 0)
        attach(&work, driver);
    tell(&work);
    return work.build;
}

void weft__build_free(weft__build *build)
{
    weft__provider *provider = &build->provider;
    for (size_t i = 0; i < provider->processor_count; i++)
        weft__processor_free(provider->processors[i]);
    weft__sampler_free(provider->sampler);
    if (provider->ids.free != NULL)
        provider->ids.free(provider->ids_self);
    weft__resource_clear(&provider->resource);
    free(provider->processors);
    free(build);
}
