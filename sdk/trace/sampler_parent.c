/* sampler_parent.c - ParentBased: a root's decision by one sampler, a child's by its parent's kind and decision. */
#include <stdlib.h>
#include <string.h>

#include "sdk/base/buffer.h"
#include "sdk/base/diag.h"
#include "sdk/trace/sampler.h"

enum { ROOT, REMOTE_SAMPLED, REMOTE_NOT_SAMPLED, LOCAL_SAMPLED, LOCAL_NOT_SAMPLED, PARTS };

enum { DESCRIPTION_LIMIT = 4096 };

typedef struct parent_sampler {
    weft_sampler *parts[PARTS];
    weft__buffer description;
} parent_sampler;

static int choose(const weft_span_context *parent)
{
    if (!weft_span_context_valid(parent))
        return ROOT;
    int sampled = parent->remote ? REMOTE_SAMPLED : LOCAL_SAMPLED;
    return (parent->flags & WEFT_FLAG_SAMPLED) != 0 ? sampled : sampled + 1;
}

static void sample(void *self, const weft_sample_request *request, weft_sample_result *result)
{
    const parent_sampler *sampler = self;
    weft__sampler_ask(sampler->parts[choose(&request->parent->span)], request, result);
}

static const char *describe(void *self)
{
    return (const char *)((const parent_sampler *)self)->description.data;
}

static void free_parts(weft_sampler *const parts[PARTS])
{
    for (int i = 0; i < PARTS; i++)
        weft__sampler_free(parts[i]);
}

static void free_self(void *self)
{
    parent_sampler *sampler = self;
    free_parts(sampler->parts);
    weft__buffer_clear(&sampler->description);
    free(sampler);
}

static bool write_description(parent_sampler *self)
{
    static const char *const NAMES[PARTS] = { "ParentBased{root:", ",remoteParentSampled:", ",remoteParentNotSampled:",
                                              ",localParentSampled:", ",localParentNotSampled:" };
    self->description.limit = DESCRIPTION_LIMIT;
    for (int i = 0; i < PARTS; i++)
        weft__buffer_printf(&self->description, "%s%.500s", NAMES[i], weft__sampler_describe(self->parts[i]));
    weft__buffer_put(&self->description, "}", 2);
    return !self->description.failed;
}

/* The usual settings are decided without a call. */
static int find_fast(weft_sampler *const parts[PARTS])
{
    for (int i = REMOTE_SAMPLED; i < PARTS; i += 2)
        if (parts[i]->fast != WEFT__SAMPLE_ON || parts[i + 1]->fast != WEFT__SAMPLE_OFF)
            return WEFT__SAMPLE_ASK;
    if (parts[ROOT]->fast == WEFT__SAMPLE_ON)
        return WEFT__SAMPLE_PARENT_ON;
    return parts[ROOT]->fast == WEFT__SAMPLE_OFF ? WEFT__SAMPLE_PARENT_OFF : WEFT__SAMPLE_ASK;
}

/* The slots' own samplers, and the usual ones where there are none; false without memory. */
static bool fill(weft_sampler *parts[PARTS], weft_sampler *root, const weft_parent_slots *slots)
{
    weft_parent_slots own = { .size = sizeof own };
    if (slots != NULL)
        memcpy(&own, slots, slots->size != 0 ? weft__min(slots->size, sizeof own) : sizeof own);
    parts[ROOT] = root;
    parts[REMOTE_SAMPLED] = own.remote_sampled != NULL ? own.remote_sampled : weft_sampler_on();
    parts[REMOTE_NOT_SAMPLED] = own.remote_not_sampled != NULL ? own.remote_not_sampled : weft_sampler_off();
    parts[LOCAL_SAMPLED] = own.local_sampled != NULL ? own.local_sampled : weft_sampler_on();
    parts[LOCAL_NOT_SAMPLED] = own.local_not_sampled != NULL ? own.local_not_sampled : weft_sampler_off();
    bool complete = root != NULL;
    if (root == NULL)
        weft__diag(WEFT__ERROR, "sampler", "a parent-based sampler cannot be made: its root is NULL");
    for (int i = REMOTE_SAMPLED; i < PARTS; i++)
        complete = complete && parts[i] != NULL;
    return complete;
}

weft_sampler *weft_sampler_parent_based(weft_sampler *root, const weft_parent_slots *slots)
{
    static const weft_sampler_ops ops = {
        .size = sizeof ops, .sample = sample, .describe = describe, .free = free_self
    };
    weft_sampler *parts[PARTS];
    bool complete = fill(parts, root, slots);
    parent_sampler *self = complete ? calloc(1, sizeof *self) : NULL;
    if (self == NULL) {
        if (complete)
            weft__diag(WEFT__ERROR, "sampler", "a parent-based sampler cannot be made: out of memory");
        free_parts(parts);
        return NULL;
    }
    memcpy(self->parts, parts, sizeof parts);
    if (!write_description(self)) {
        weft__diag(WEFT__ERROR, "sampler", "a parent-based sampler cannot be made: out of memory");
        free_self(self);
        return NULL;
    }
    return weft__sampler_make(&ops, self, find_fast(parts));
}
