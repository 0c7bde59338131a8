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
/* clang-format off */
static const uint8_t kinds_of[256] = {
    [' '] =
    V, V, V, V, V, V, V, V, V, V, K, V, 0, K, V, K, S, S, S, S, S, S, S, S, S, S, V, V, V, 0, V, V, /*  !"...>? */
    K, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, K, /* @A...^_ */
    V, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, V, V, V, V,    /* `a...}~ */
};
/* clang-format on */
#undef V
#undef K
#undef S

static unsigned kinds(char c)
{
    return kinds_of[(uint8_t)c];
}

/* The first byte from `at` on that is not of the kind. */
static const char *pass(const char *at, const char *end, unsigned kind)
{
    while (at < end && (kinds(*at) & kind) != 0)
        at++;
    return at;
}

static const char *pass_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

static bool valid_key(weft_text key)
{
    const char *end = key.data + key.size;
    return key.size - 1 < WEFT__TRACESTATE_KEY && (kinds(key.data[0]) & KEY_START) != 0 &&
           pass(key.data, end, KEY) == end;
}

static bool valid_value(weft_text value)
{
    const char *end = value.data + value.size;
    return value.size - 1 < WEFT__TRACESTATE_VALUE && end[-1] != ' ' && pass(value.data, end, VALUE) == end;
}

static weft_text find(weft_text members, const char *key, size_t key_size)
{
    const char *at = members.data, *end = at + members.size;
    while (at != NULL && (size_t)(end - at) > key_size) {
        const char *comma = memchr(at, ',', (size_t)(end - at)), *value = at + key_size + 1;
        const char *stop = comma != NULL ? comma : end;
        if (value <= stop && value[-1] == '=' && memcmp(at, key, key_size) == 0)
            return (weft_text){ value, (size_t)(stop - value) };
        at = comma != NULL ? comma + 1 : NULL;
    }
    return (weft_text){ NULL, 0 };
}

weft_text weft__tracestate_find(weft_text members, const char *key)
{
    return find(members, key, strlen(key));
}

/* Takes one member, which begins at *at, and the blanks behind it; {NULL} where it breaks the grammar. */
static weft_text take_member(const char **at, const char *end, size_t *key_size)
{
    static const weft_text broken;
    const char *key = *at, *equals = pass(key, end, KEY);
    *key_size = (size_t)(equals - key);
    if (equals == end || *equals != '=' || *key_size - 1 >= WEFT__TRACESTATE_KEY || (kinds(*key) & KEY_START) == 0)
        return broken;
    const char *stop = pass(equals + 1, end, VALUE);
    *at = pass_blanks(stop, end);
    while (stop[-1] == ' ')
        stop--;
    bool valid = (size_t)(stop - equals) - 2 < WEFT__TRACESTATE_VALUE && (*at == end || **at == ',');
    return valid ? (weft_text){ key, (size_t)(stop - key) } : broken;
}

bool weft__tracestate_append(char *out, size_t *size, size_t *members, weft_text text)
{
    size_t made = *size, key_size;
    const char *at = text.data, *end = at + text.size;
    for (; (at = pass_blanks(at, end)) < end; at += at < end) {
        if (*at == ',')
            continue;
        weft_text member = take_member(&at, end, &key_size);
        if (member.data == NULL || ++*members > WEFT__TRACESTATE_MEMBERS)
            return false;
        if (find((weft_text){ out, made }, member.data, key_size).data != NULL)
            continue;
        if (made != 0)
            out[made++] = ',';
        memcpy(out + made, member.data, member.size);
        made += member.size;
    }
    *size = made;
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
static WEFT_COLD void take_out(char *text, size_t *size, weft_text key)
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
static WEFT_COLD bool edit(char *scratch, size_t *size, weft_text old, weft_text key, const char *value)
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

WEFT_COLD weft_status weft_tracestate_set(char *text, size_t size, const char *key, const char *value)
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
