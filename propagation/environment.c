/* environment.c - environment variables as a carrier (ENC): read by extract, and written into a copy for a child. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "propagation/formats.h"
#include "sdk/base/text.h"

extern char **environ;

/* Letters upper case, digits not in front, everything else an underscore; the empty name is one underscore. */
char weft__environment_char(const char *name, size_t at)
{
    bool shifted = name[0] == '\0' || (name[0] >= '0' && name[0] <= '9');
    if (shifted && at == 0)
        return '_';
    char c = name[at - shifted];
    if (c >= 'a' && c <= 'z')
        return (char)(c - 'a' + 'A');
    bool plain = c == '\0' || c == '_' || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return plain ? c : '_';
}

static size_t name_size(const char *name)
{
    size_t size = 0;
    while (weft__environment_char(name, size) != '\0')
        size++;
    return size;
}

/* The value in "NAME=value" where that is the variable of this header; else NULL. */
static const char *value_of(const char *variable, const char *name)
{
    size_t at = 0;
    for (; weft__environment_char(name, at) != '\0'; at++)
        if (variable[at] != weft__environment_char(name, at))
            return NULL;
    return variable[at] == '=' ? variable + at + 1 : NULL;
}

static weft_text get(void *self, const char *name, size_t index)
{
    (void)self;
    for (char **variable = environ; variable != NULL && *variable != NULL && index == 0; variable++) {
        const char *value = value_of(*variable, name);
        if (value != NULL)
            return weft_text_n(value, strlen(value));
    }
    return (weft_text){ NULL, 0 };
}

/* Only names that are in the normal form already (ENC-4). */
static weft_text normal_name(const char *variable)
{
    const char *end = strchr(variable, '=');
    weft_text name = { variable, end != NULL ? (size_t)(end - variable) : 0 };
    bool normal = name.size != 0 && !(variable[0] >= '0' && variable[0] <= '9');
    for (size_t i = 0; i < name.size && normal; i++)
        normal = weft__environment_char(variable, i) == variable[i];
    return normal ? name : (weft_text){ NULL, 0 };
}

static weft_text key(void *self, size_t index)
{
    (void)self;
    for (char **variable = environ; variable != NULL && *variable != NULL; variable++) {
        weft_text name = normal_name(*variable);
        if (name.data != NULL && index-- == 0)
            return name;
    }
    return (weft_text){ NULL, 0 };
}

weft_carrier weft_environment_carrier(void)
{
    return (weft_carrier){ .size = sizeof(weft_carrier), .get = get, .key = key };
}

/* What an inherited context would be read from must not reach the child beside, or instead of, the new one. */
static bool is_replaced(const char *variable, const weft_headers *headers)
{
    for (const char *const *field = weft_propagation_fields(); *field != NULL; field++)
        if (value_of(variable, *field) != NULL)
            return true;
    for (size_t i = 0; i < headers->count; i++)
        if (value_of(variable, headers->list[i].name.data) != NULL)
            return true;
    return false;
}

/* Pointers, then texts. With list NULL only counted. */
typedef struct block {
    char **list;
    char *texts;
    size_t count, bytes;           /* so far */
    size_t count_room, bytes_room; /* what was counted: another thread may have added variables since */
} block;

static char *put(block *to, size_t size)
{
    char *text = NULL;
    if (to->list != NULL) {
        if (to->count == to->count_room || size > to->bytes_room - to->bytes)
            return NULL;
        text = to->list[to->count] = to->texts + to->bytes;
    }
    to->count++;
    to->bytes += size;
    return text;
}

static void lay(block *to, char **variables, const weft_headers *headers)
{
    for (; variables != NULL && *variables != NULL; variables++) {
        if (is_replaced(*variables, headers))
            continue;
        size_t size = strlen(*variables) + 1;
        char *text = put(to, size);
        if (text != NULL)
            memcpy(text, *variables, size);
    }
    for (size_t i = 0; i < headers->count; i++) {
        const char *name = headers->list[i].name.data;
        weft_text value = headers->list[i].value;
        size_t size = name_size(name);
        char *text = put(to, size + value.size + 2);
        if (text == NULL)
            continue;
        for (size_t at = 0; at < size; at++)
            text[at] = weft__environment_char(name, at);
        text[size] = '=';
        weft__copy_out(text + size + 1, value.size + 1, value.data, value.size);
    }
}

char **weft_environment_with(const weft_context *context)
{
    weft_headers headers = { .list = NULL };
    weft_carrier carrier = weft_headers_carrier(&headers);
    weft_inject(context, &carrier);
    block counted = { .list = NULL };
    lay(&counted, environ, &headers);
    size_t table = (counted.count + 1) * sizeof(char *);
    char **list = malloc(table + counted.bytes);
    if (list != NULL) {
        block filled = {
            .list = list, .texts = (char *)list + table, .count_room = counted.count, .bytes_room = counted.bytes
        };
        lay(&filled, environ, &headers);
        list[filled.count] = NULL;
    }
    weft_headers_clear(&headers);
    return list;
}
