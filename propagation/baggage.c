/* baggage.c - the W3C baggage header (BAG-6 to 13). */
#include <string.h>

#include "propagation/formats.h"
#include "sdk/api/context.h"
#include "sdk/base/text.h"

enum { MEMBERS_MOST = 64, BYTES_MOST = 8192 }; /* of what is read or sent; all headers together (BAG-10) */

/* Visible ASCII without the characters that are listed. */
static bool visible_except(char c, const char *except)
{
    return c > 0x20 && c < 0x7f && strchr(except, c) == NULL;
}

static bool is_token(weft_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!visible_except(text.data[i], "\"(),/:;<=>?@[\\]{}"))
            return false;
    return text.size != 0;
}

static bool is_value(weft_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!visible_except(text.data[i], "\",;\\"))
            return false;
    return true;
}

static bool is_metadata(char c)
{
    return c == '\t' || c == ' ' || visible_except(c, ",");
}

static weft_text keep(weft__baggage_reader *reader, weft_text text)
{
    char *copy = reader->bytes + reader->used;
    if (text.size != 0)
        memcpy(copy, text.data, text.size);
    reader->used += text.size;
    return (weft_text){ copy, text.size };
}

/* A decoded value is never longer than the escapes it came from: of U+FFFD, too, one takes three bytes. */
static bool keep_value(weft__baggage_reader *reader, weft_text text, weft_text *value)
{
    char *start = reader->bytes + reader->used;
    size_t size = weft__percent_decode(start, text.data, text.size);
    if (size == SIZE_MAX)
        return false;
    if (weft__utf8_valid(start, size) != size) {
        /* Repair writes behind itself: let it read from the end of the room that the text would take. */
        char *moved = start + text.size - size;
        memmove(moved, start, size);
        size = weft__utf8_repair(start, moved, size);
    }
    reader->used += size;
    *value = (weft_text){ start, size };
    return true;
}

static void parse_member(weft__baggage_reader *reader, weft_text member)
{
    weft_text rest = member;
    weft_text pair = weft__cut(&rest, ';');
    weft_text value = pair;
    weft_text key = weft__cut(&value, '=');
    bool equals = key.size != pair.size;
    key = weft__trim(key);
    if (!equals || !is_token(key) || reader->count == reader->most)
        return;
    size_t used = reader->used;
    weft_baggage_entry entry = { .name = keep(reader, key) };
    value = weft__trim(value);
    if (!is_value(value) || !keep_value(reader, value, &entry.value)) {
        reader->used = used;
        return;
    }
    entry.metadata = keep(reader, weft__trim(rest));
    reader->list[reader->count++] = entry;
}

void weft__baggage_parse(weft__baggage_reader *reader, weft_text header)
{
    while (header.size != 0) {
        weft_text member = weft__cut(&header, ',');
        if (reader->full || member.size > reader->room - reader->seen) {
            reader->full = true;
            return;
        }
        parse_member(reader, weft__trim(member));
        reader->seen = weft__min(reader->seen + member.size + 1, reader->room); /* with a comma, also between headers */
    }
}

/* Members and bytes that the headers may hold, for the reader's room. */
static void measure(const weft_carrier *carrier, size_t *members, size_t *bytes)
{
    for (size_t i = 0; *bytes < BYTES_MOST; i++) {
        weft_text header = carrier->get(carrier->self, "baggage", i);
        if (header.data == NULL)
            return;
        *bytes += header.size + 1;
        *members += 1;
        for (size_t at = 0; at < header.size && *members < MEMBERS_MOST; at++)
            *members += header.data[at] == ',';
    }
}

static void extract(weft_context *draft, const weft_carrier *carrier)
{
    size_t members = 0, bytes = 0;
    void *memory;
    measure(carrier, &members, &bytes);
    if (members == 0)
        return;
    /* The carrier may give other headers the second time: nothing goes beyond this room. */
    weft__baggage_reader reader = { .most = weft__min(members, MEMBERS_MOST), .room = weft__min(bytes, BYTES_MOST) };
    size_t table = reader.most * sizeof *reader.list;
    weft__ref scratch = weft__slab_new(table + reader.room, &memory);
    if (scratch == 0)
        return;
    reader.list = memory;
    reader.bytes = (char *)memory + table;
    for (size_t i = 0; !reader.full && i < BYTES_MOST; i++) {
        weft_text header = carrier->get(carrier->self, "baggage", i);
        if (header.data == NULL)
            break;
        weft__baggage_parse(&reader, header);
    }
    if (reader.count != 0)
        weft__context_change(draft,
                             &(weft__bag_change){ .set = reader.list, .set_count = reader.count, .clear = true });
    weft__slab_drop(scratch);
}

static bool put_byte(char *out, size_t room, size_t *at, char c, bool plain)
{
    uint8_t byte = (uint8_t)c;
    if (*at + (plain ? 1 : 3) > room)
        return false;
    if (plain) {
        out[(*at)++] = c;
        return true;
    }
    static const char digits[] = "0123456789ABCDEF";
    out[(*at)++] = '%';
    out[(*at)++] = digits[byte >> 4];
    out[(*at)++] = digits[byte & 15];
    return true;
}

bool weft__baggage_put(char *out, size_t room, size_t *size, const weft_baggage_entry *entry)
{
    size_t at = *size;
    bool fits = is_token(entry->name);
    if (fits && at != 0)
        fits = put_byte(out, room, &at, ',', true);
    for (size_t i = 0; fits && i < entry->name.size; i++)
        fits = put_byte(out, room, &at, entry->name.data[i], true);
    fits = fits && put_byte(out, room, &at, '=', true);
    for (size_t i = 0; fits && i < entry->value.size; i++)
        fits = put_byte(out, room, &at, entry->value.data[i], visible_except(entry->value.data[i], "\",;\\%"));
    if (fits && entry->metadata.size != 0)
        fits = put_byte(out, room, &at, ';', true);
    for (size_t i = 0; fits && i < entry->metadata.size; i++)
        fits = put_byte(out, room, &at, entry->metadata.data[i], is_metadata(entry->metadata.data[i]));
    if (fits)
        *size = at;
    return fits;
}

static void inject(const weft_context *draft, const weft_carrier *carrier)
{
    const weft__bag *bag = weft__bag_look(draft->bag_);
    void *memory;
    size_t size = 0, members = 0;
    if (bag == NULL || bag->baggage_count == 0)
        return;
    weft__ref scratch = weft__slab_new(BYTES_MOST + 1, &memory);
    if (scratch == 0)
        return;
    for (size_t i = 0; i < bag->baggage_count && members < MEMBERS_MOST; i++)
        members += weft__baggage_put(memory, BYTES_MOST, &size, &bag->baggage[i]);
    ((char *)memory)[size] = '\0';
    if (size != 0)
        carrier->set(carrier->self, "baggage", memory);
    weft__slab_drop(scratch);
}

static const char *const fields[] = { "baggage", NULL };

const weft__format weft__format_baggage = { .name = "baggage", .fields = fields, .extract = extract, .inject = inject };
