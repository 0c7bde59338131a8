/* fuzz_tracestate.c - a list that is taken is valid, stays so through edits, and is taken again as it is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <weft/context.h>

#include "sdk/api/tracestate.h"

static void same_again(const char *list)
{
    size_t size = strlen(list);
    weft__ref again = weft__tracestate_new((weft_text){ list, size });
    weft_text text = weft__tracestate_text(again);
    if (text.size != size || (size != 0 && memcmp(text.data, list, size) != 0))
        abort();
    weft__slab_drop(again);
}

static void edit(const char *valid, const char *key, const char *value)
{
    static char list[40000];
    strcpy(list, valid);
    if (weft_tracestate_set(list, sizeof list, key, value) != WEFT_OK)
        abort();
    weft_text found = weft__tracestate_find((weft_text){ list, strlen(list) }, key);
    if (value == NULL ? found.data != NULL : found.size != strlen(value))
        abort();
    same_again(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t members = 0, half = size / 2;
    weft__ref state = weft__tracestate_join(0, &members, weft_text_n(data, half));
    if (members <= WEFT__TRACESTATE_MEMBERS)
        state = weft__tracestate_join(state, &members, weft_text_n(data + half, size - half));
    if (state == 0)
        return 0;
    const char *list = weft__tracestate_text(state).data;
    same_again(list);
    edit(list, "a", "1");
    edit(list, "a", NULL);
    weft__slab_drop(state);
    return 0;
}
