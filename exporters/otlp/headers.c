/* headers.c - the list "key=value,key=value" that users give, as lines of HTTP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exporters/otlp/settings.h"
#include "sdk/base/diag.h"
#include "sdk/base/text.h"

enum { MOST_HEADERS = 128 };

/* What the exporter itself has to say, or libcurl. */
static const char *const reserved[] = {
    "content-type", "content-encoding", "content-length", "transfer-encoding", "expect", "connection",
};

static bool is_name(weft_text text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            (c == '\0' || strchr(others, c) == NULL))
            return false;
    }
    for (size_t i = 0; i < WEFT_COUNT_OF(reserved); i++)
        if (weft__same_any_case(text, reserved[i]))
            return false;
    return text.size != 0;
}

static bool is_value(weft_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (((unsigned char)text.data[i] < ' ' && text.data[i] != '\t') || text.data[i] == 0x7f)
            return false;
    return text.size != 0;
}

/* "key=value" as "key: value"; NULL without memory; *valid tells whether it was one. */
static char *make_line(weft_text entry, bool *valid)
{
    const char *equals = memchr(entry.data, '=', entry.size);
    *valid = false;
    size_t key_size = equals != NULL ? (size_t)(equals - entry.data) : 0;
    char *line = equals != NULL ? malloc(entry.size + 2) : NULL;
    if (line == NULL)
        return NULL;
    weft_text key = weft__trim(weft_text_n(entry.data, key_size));
    weft_text value = weft__trim(weft_text_n(equals + 1, entry.size - key_size - 1));
    size_t decoded_key = weft__percent_decode(line, key.data, key.size);
    if (decoded_key == SIZE_MAX || !is_name(weft_text_n(line, decoded_key)))
        return line;
    line[decoded_key] = ':';
    line[decoded_key + 1] = ' ';
    char *at = line + decoded_key + 2;
    size_t decoded = weft__percent_decode(at, value.data, value.size);
    *valid = decoded != SIZE_MAX && is_value(weft_text_n(at, decoded));
    if (*valid)
        at[decoded] = '\0';
    return line;
}

/* Takes the line. */
static bool append(char ***list, char *line)
{
    size_t count = 0;
    while (*list != NULL && (*list)[count] != NULL)
        count++;
    char **more = realloc(*list, (count + 2) * sizeof(*more));
    if (more == NULL) {
        free(line);
        return false;
    }
    more[count] = line;
    more[count + 1] = NULL;
    *list = more;
    return true;
}

bool weft__otlp_header(char ***list, const char *line)
{
    char *copy = strdup(line);
    return copy != NULL && append(list, copy);
}

/* Entries by their number, and by their key where there is one: a value may be a secret. */
static void note_bad(char *bad, size_t room, size_t number, weft_text entry)
{
    size_t used = strlen(bad);
    const char *equals = memchr(entry.data, '=', entry.size);
    int key = equals != NULL ? (int)weft__min((size_t)(equals - entry.data), 40) : 0;
    snprintf(bad + used, room - used, "%s%zu%s%.*s%s", used != 0 ? ", " : "", number, key != 0 ? " (" : "", key,
             entry.data, key != 0 ? ")" : "");
}

bool weft__otlp_headers(char ***list, const char *text, const char *name)
{
    char bad[200] = "";
    size_t number = 0;
    while (*text != '\0') {
        size_t size = strcspn(text, ",");
        weft_text entry = weft__trim(weft_text_n(text, size));
        text += size + (text[size] == ',');
        number++;
        if (entry.size == 0)
            continue;
        bool valid;
        char *line = make_line(entry, &valid);
        if (line == NULL && memchr(entry.data, '=', entry.size) != NULL)
            return false;
        if (valid && number <= MOST_HEADERS) {
            if (!append(list, line))
                return false;
            continue;
        }
        free(line);
        note_bad(bad, sizeof(bad), number, entry);
    }
    if (bad[0] != '\0')
        weft__diag(WEFT__WARNING, name, "%s: not a key=value pair that can be sent as a header, and left out: entry %s",
                   name, bad);
    return true;
}
