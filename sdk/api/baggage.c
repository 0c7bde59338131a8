/* baggage.c - baggage: names with one value each, in contexts (BAG). */
#include <stdint.h>
#include <string.h>

#include "sdk/api/context.h"
#include "sdk/api/runtime.h"
#include "sdk/base/text.h"

static weft_text text_of(const char *text)
{
    return weft_text_n(text, text != NULL ? strlen(text) : 0);
}

static weft_context change(const weft_context *base, const weft__bag_change *change)
{
    weft_context draft;
    weft__context_draft(&draft, base);
    if (change != NULL)
        weft__context_change(&draft, change);
    else
        atomic_fetch_add_explicit(&weft__misuses.argument, 1, memory_order_relaxed);
    return weft__context_finish(&draft);
}

weft_context weft_baggage_set(const weft_context *base, const char *name, const char *value, const char *metadata)
{
    const weft_baggage_entry entry = { text_of(name), text_of(value), text_of(metadata) };
    const weft__bag_change set = { .set = &entry, .set_count = 1 };
    return change(base, entry.name.size != 0 ? &set : NULL);
}

weft_context weft_baggage_remove(const weft_context *base, const char *name)
{
    const weft__bag_change remove = { .remove = text_of(name) };
    return change(base, name != NULL ? &remove : NULL);
}

weft_context weft_baggage_clear(const weft_context *base)
{
    return change(base, &(weft__bag_change){ .clear = true });
}

size_t weft_baggage_get(const weft_context *context, const char *name, char *out, size_t size)
{
    weft_context draft;
    weft__context_draft(&draft, context);
    const weft__bag *bag = weft__bag_look(draft.bag_);
    size_t found = SIZE_MAX;
    weft__copy_out(out, size, NULL, 0);
    for (size_t i = 0; bag != NULL && i < bag->baggage_count && found == SIZE_MAX; i++)
        if (weft__same(bag->baggage[i].name, name))
            found = weft__copy_out(out, size, bag->baggage[i].value.data, bag->baggage[i].value.size);
    weft__context_discard(&draft);
    return found;
}

void weft_baggage_each(const weft_context *context, void (*visit)(void *arg, const weft_baggage_entry *entry),
                       void *arg)
{
    weft_context draft;
    weft__context_draft(&draft, context);
    const weft__bag *bag = visit != NULL ? weft__bag_look(draft.bag_) : NULL;
    for (size_t i = 0; bag != NULL && i < bag->baggage_count; i++)
        visit(arg, &bag->baggage[i]);
    weft__context_discard(&draft);
}
