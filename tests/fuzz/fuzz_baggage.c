/* fuzz_baggage.c - what is read from a baggage header is written as one that reads the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <weft/propagation.h>

enum { ENTRIES_MOST = 64 };

typedef struct found {
    weft_baggage_entry list[ENTRIES_MOST];
    size_t count;
} found;

static weft_text get(void *self, const char *name, size_t index)
{
    return index == 0 && name[0] == 'b' ? *(weft_text *)self : (weft_text){ NULL, 0 };
}

static void set(void *self, const char *name, const char *value)
{
    (void)name;
    *(weft_text *)self = (weft_text){ strdup(value), strlen(value) };
}

/* The texts live as long as the context does. */
static void visit(void *arg, const weft_baggage_entry *entry)
{
    found *all = arg;
    if (all->count == ENTRIES_MOST || entry->name.size == 0)
        abort();
    all->list[all->count++] = *entry;
}

static int same(weft_text a, weft_text b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weft_text header = weft_text_n(data, size), sent = { NULL, 0 };
    const weft_context empty = { .hold_ = 0 };
    found first = { .count = 0 }, second = { .count = 0 };
    weft_propagators_set("baggage");
    weft_context context =
        weft_extract(&empty, &(weft_carrier){ .size = sizeof(weft_carrier), .self = &header, .get = get });
    weft_inject(&context, &(weft_carrier){ .size = sizeof(weft_carrier), .self = &sent, .set = set });
    weft_context again =
        weft_extract(&empty, &(weft_carrier){ .size = sizeof(weft_carrier), .self = &sent, .get = get });
    weft_baggage_each(&context, visit, &first);
    weft_baggage_each(&again, visit, &second);
    /* A short header grows by coding and loses nothing; a long one may lose whole members. */
    if (size < 2048 && first.count != second.count)
        abort();
    for (size_t i = 0; i < second.count && first.count == second.count; i++)
        if (!same(first.list[i].name, second.list[i].name) || !same(first.list[i].value, second.list[i].value))
            abort();
    weft_context_release(&again), weft_context_release(&context);
    free((void *)(uintptr_t)sent.data);
    return 0;
}
