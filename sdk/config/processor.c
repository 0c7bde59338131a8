/* processor.c - processors as objects: the user's own, and the built-in ones, which are destinations of the pump. */
#include "sdk/config/processor.h"

#include <stdlib.h>
#include <string.h>

#include "sdk/base/diag.h"

static weft_processor *refuse(const char *why)
{
    weft__diag(WEFT__ERROR, "processor", "a processor cannot be made: %s", why);
    return NULL;
}

weft_processor *weft_processor_new(const weft_processor_ops *ops, void *self)
{
    weft_processor_ops own = { .size = sizeof own };
    if (ops != NULL)
        memcpy(&own, ops, ops->size != 0 ? weft__min(ops->size, sizeof own) : sizeof own);
    weft_processor *processor = ops != NULL ? calloc(1, sizeof *processor) : NULL;
    if (processor == NULL) {
        if (own.free != NULL)
            own.free(self);
        return refuse(ops != NULL ? "out of memory" : "it has no functions");
    }
    processor->ops = own;
    processor->self = self;
    return processor;
}

static weft_processor *make_builtin(weft_exporter *exporter, const weft_batch_options *options, bool simple)
{
    if (exporter == NULL)
        return refuse("its exporter is NULL");
    weft_processor *processor = calloc(1, sizeof *processor);
    if (processor == NULL) {
        weft_exporter_free(exporter);
        return refuse("out of memory");
    }
    processor->exporter = exporter;
    processor->simple = simple;
    if (options != NULL)
        memcpy(&processor->batch, options,
               options->size != 0 ? weft__min(options->size, sizeof processor->batch) : sizeof processor->batch);
    return processor;
}

weft_processor *weft_processor_batch(weft_exporter *exporter, const weft_batch_options *options)
{
    return make_builtin(exporter, options, false);
}

weft_processor *weft_processor_simple(weft_exporter *exporter)
{
    return make_builtin(exporter, NULL, true);
}

void weft__processor_free(weft_processor *processor)
{
    if (processor == NULL)
        return;
    if (processor->exporter != NULL)
        weft_exporter_free(processor->exporter);
    if (processor->ops.free != NULL)
        processor->ops.free(processor->self);
    free(processor);
}
