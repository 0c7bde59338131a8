/* tracestate.c - the list of W3C trace context: its grammar, edits, and the cells that hold lists. */
#include "sdk/api/tracestate.h"

#include <weft/context.h>

#include <string.h>

#include "sdk/base/text.h"

typedef struct list {
    size_t size;
    char text[]; /* and a NUL */
} list;

enum { KEY = 1, KEY_START = 2, VALUE = 4 };

#define V VALUE
#define K (VALUE | KEY)
#define S (VALUE | KEY | KEY_START)
/* What each byte from the blank to the tilde may be part of (Level 2); no other may come at all. */
static const uint8_t kinds_of[0x7f - 0x20] = {
    V, V, V, V, V, V, V, V, V, V, K, V, 0, K, V, K, S, S, S, S, S, S, S, S, S, S, V, V, V, 0, V, V, /*  !"...>? */
    K, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, K, /* @A...^_ */
    V, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, V, V, V, V,    /* `a...}~ */
};
#undef V
#undef K
#undef S

static unsigned kinds(char c)
{
    unsigned place = (unsigned)(uint8_t)c - 0x20;
    return place < sizeof kinds_of ? kinds_of[place] : 0;
}

static bool all_of(const char *text, size_t size, unsigned kind)
{
    unsigned common = kind;
    for (size_t i = 0; i < size; i++)
        common &= kinds(text[i]);
    return common != 0;
}

static bool valid_key(weft_text key)
{
    return key.size - 1 < WEFT__TRACESTATE_KEY && (kinds(key.data[0]) & KEY_START) != 0 &&
           all_of(key.data, key.size, KEY);
}

static bool valid_value(weft_text value)
{
    return value.size - 1 < WEFT__TRACESTATE_VALUE && value.data[value.size - 1] != ' ' &&
           all_of(value.data, value.size, VALUE);
}

/* The value of a member of this key; {NULL}: it is another's. */
static weft_text value_of(weft_text member, const char *key, size_t key_size)
{
    if (member.size <= key_size || member.data[key_size] != '=' || memcmp(member.data, key, key_size) != 0)
        return (weft_text){ NULL, 0 };
    return (weft_text){ member.data + key_size + 1, member.size - key_size - 1 };
}

static weft_text find(weft_text members, const char *key, size_t key_size)
{
    while (members.size != 0) {
        weft_text value = value_of(weft__cut(&members, ','), key, key_size);
        if (value.data != NULL)
            return value;
    }
    return (weft_text){ NULL, 0 };
}

weft_text weft__tracestate_find(weft_text members, const char *key)
{
    return find(members, key, strlen(key));
}

bool weft__tracestate_append(char *out, size_t *size, size_t *members, weft_text text)
{
    while (text.size != 0) {
        weft_text member = weft__trim(weft__cut(&text, ','));
        if (member.size == 0)
            continue;
        const char *equals = memchr(member.data, '=', member.size);
        if (equals == NULL || ++*members > WEFT__TRACESTATE_MEMBERS)
            return false;
        size_t key_size = (size_t)(equals - member.data);
        if (!valid_key((weft_text){ member.data, key_size }) ||
            !valid_value((weft_text){ equals + 1, member.size - key_size - 1 }))
            return false;
        if (find((weft_text){ out, *size }, member.data, key_size).data != NULL)
            continue;
        if (*size != 0)
            out[(*size)++] = ',';
        memcpy(out + *size, member.data, member.size);
        *size += member.size;
    }
    return true;
}

weft__ref weft__tracestate_join(weft__ref old, size_t *members, weft_text text)
{
    void *memory;
    weft_text before = weft__tracestate_text(old);
    weft__ref state = weft__slab_new(sizeof(list) + before.size + text.size + 2, &memory);
    if (state != 0) {
        list *made = memory;
        made->size = before.size;
        if (before.size != 0)
            memcpy(made->text, before.data, before.size);
        bool valid = weft__tracestate_append(made->text, &made->size, members, text);
        made->text[made->size] = '\0';
        if (!valid || made->size == 0) {
            weft__slab_drop(state);
            state = 0;
            *members = valid ? 0 : SIZE_MAX;
        }
    }
    weft__slab_drop(old);
    return state;
}

weft__ref weft__tracestate_new(weft_text text)
{
    size_t members = 0;
    return text.size != 0 ? weft__tracestate_join(0, &members, text) : 0;
}

weft_text weft__tracestate_text(weft__ref state)
{
    if (state == 0)
        return (weft_text){ NULL, 0 };
    const list *held = weft__slab_data(state, NULL);
    return (weft_text){ held->text, held->size };
}

/* Takes the member out of the list. */
static void take_out(char *text, size_t *size, weft_text key)
{
    weft_text value = find((weft_text){ text, *size }, key.data, key.size);
    if (value.data == NULL)
        return;
    size_t from = (size_t)(value.data - text) - key.size - 1, to = (size_t)(value.data - text) + value.size;
    if (to < *size)
        to++; /* the comma behind it, */
    else if (from != 0)
        from--; /* or the one before the last */
    memmove(text + from, text + to, *size - to);
    *size -= to - from;
}

/* The new list into scratch, which has room for all of it; false where something is invalid. */
static bool edit(char *scratch, size_t *size, weft_text old, weft_text key, const char *value)
{
    size_t members = 0;
    if (value == NULL) {
        if (!weft__tracestate_append(scratch, size, &members, old))
            return false;
        take_out(scratch, size, key);
        return true;
    }
    memcpy(scratch, key.data, key.size);
    scratch[key.size] = '=';
    memcpy(scratch + key.size + 1, value, strlen(value));
    *size = key.size + 1 + strlen(value);
    if (!weft__tracestate_append(scratch, size, &members, old))
        return false;
    size_t count = 1;
    for (size_t i = 0; i < *size; i++)
        count += scratch[i] == ',';
    while (count > WEFT__TRACESTATE_MEMBERS && *size != 0)
        count -= scratch[--*size] == ',';
    return true;
}

weft_status weft_tracestate_set(char *text, size_t size, const char *key, const char *value)
{
    weft_text old = { text, text != NULL ? strnlen(text, size) : 0 };
    weft_text name = { key, key != NULL ? strlen(key) : 0 };
    size_t value_size = value != NULL ? strlen(value) : 0;
    if (text == NULL || old.size == size || !valid_key(name) ||
        (value != NULL && !valid_value((weft_text){ value, value_size })))
        return WEFT_E_INVALID;
    void *scratch;
    weft__ref cell = weft__slab_new(old.size + name.size + value_size + 3, &scratch);
    if (cell == 0)
        return WEFT_E_MEMORY;
    size_t made = 0;
    weft_status status = WEFT_E_INVALID;
    if (edit(scratch, &made, old, name, value) && made < size) {
        weft__copy_out(text, size, scratch, made);
        status = WEFT_OK;
    }
    weft__slab_drop(cell);
    return status;
}
