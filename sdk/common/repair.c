/* repair.c - texts in a stream that are not valid UTF-8: one bad byte must not lose a batch. */
#include "sdk/base/text.h"
#include "sdk/common/bytes.h"
#include "sdk/common/stream.h"

/* What the fields of a message are. */
typedef enum content { SKIP, TEXT, MESSAGE } content;

/* The messages that have texts in them, or have messages that do. */
typedef enum type { SPAN, EVENT, LINK, STATUS, KEYVALUE, ANYVALUE, ARRAY, KVLIST } type;

enum { DEPTH_MOST = 400 }; /* messages within messages: three for each level of nested values */

static content content_of(type message, uint32_t tag, type *inner)
{
    switch (message << 8 | tag) {
    case SPAN << 8 | WEFT__TAG_TRACESTATE:
    case SPAN << 8 | WEFT__TAG_NAME:
    case EVENT << 8 | 0x12:
    case LINK << 8 | 0x1a:
    case STATUS << 8 | 0x12:
    case KEYVALUE << 8 | 0x0a:
    case ANYVALUE << 8 | 0x0a:
        return TEXT;
    case SPAN << 8 | WEFT__TAG_ATTRIBUTE:
    case EVENT << 8 | 0x1a:
    case LINK << 8 | 0x22:
    case KVLIST << 8 | 0x0a:
        *inner = KEYVALUE;
        return MESSAGE;
    case SPAN << 8 | WEFT__TAG_EVENT:
    case SPAN << 8 | WEFT__TAG_EVENT_TICKS:
        *inner = EVENT;
        return MESSAGE;
    case SPAN << 8 | WEFT__TAG_LINK:
        *inner = LINK;
        return MESSAGE;
    case SPAN << 8 | WEFT__TAG_STATUS:
        *inner = STATUS;
        return MESSAGE;
    case KEYVALUE << 8 | 0x12:
    case ARRAY << 8 | 0x0a:
        *inner = ANYVALUE;
        return MESSAGE;
    case ANYVALUE << 8 | 0x2a:
        *inner = ARRAY;
        return MESSAGE;
    case ANYVALUE << 8 | 0x32:
        *inner = KVLIST;
        return MESSAGE;
    default:
        return SKIP;
    }
}

typedef struct wire_field {
    uint8_t tag;
    const uint8_t *whole, *data; /* data: behind the length of length-delimited fields */
    uint32_t size, whole_size;
} wire_field;

/* Like weft__field_next, for fields of every wire type. */
static bool part_next(const uint8_t *data, uint32_t size, uint32_t *at, wire_field *part)
{
    uint32_t begins = *at, end;
    if (begins >= size)
        return false;
    part->tag = data[begins];
    part->whole = data + begins;
    part->data = NULL;
    part->size = 0;
    weft__field field;
    switch (part->tag == WEFT__TAG_EVENT_TICKS ? 2 : part->tag & 7) {
    case 0:
        for (end = begins + 1; end < size && data[end] > 127; end++) {
            /* a varint's last byte is the first below 128 */
        }
        end++;
        break;
    case 1:
        end = begins + 9;
        break;
    case 5:
        end = begins + 5;
        break;
    default:
        end = begins;
        if (!weft__field_next(data, size, &end, &field))
            return false;
        part->data = field.data;
        part->size = field.size;
    }
    if (end > size)
        return false;
    part->whole_size = end - begins;
    *at = end;
    return true;
}

static bool valid(type message, const uint8_t *data, uint32_t size, int depth)
{
    wire_field part;
    for (uint32_t at = 0; part_next(data, size, &at, &part);) {
        type inner = SPAN;
        content kind = part.data != NULL ? content_of(message, part.tag, &inner) : SKIP;
        if (kind == TEXT && weft__utf8_valid((const char *)part.data, part.size) != part.size)
            return false;
        if (kind == MESSAGE && depth < DEPTH_MOST && !valid(inner, part.data, part.size, depth + 1))
            return false;
    }
    return true;
}

bool weft__stream_valid(const uint8_t *stream, uint32_t size)
{
    return valid(SPAN, stream, size, 0);
}

static void put_length(weft__buffer *out, size_t at, size_t header)
{
    /* The length of what follows is known only now: move it up behind its varint. */
    size_t size = out->size - at - header;
    size_t need = weft__varint_size(size);
    if (weft__buffer_reserve(out, need) == NULL)
        return;
    uint8_t *from = out->data + at + header;
    memmove(from + need, from, size);
    weft__varint_put(from, size);
    out->size += need;
}

static void put_repaired_text(const wire_field *part, weft__buffer *out)
{
    size_t at = out->size;
    weft__buffer_put(out, &part->tag, 1);
    uint8_t *room = weft__buffer_reserve(out, (size_t)part->size * 3 + 1);
    if (room == NULL)
        return;
    out->size += weft__utf8_repair((char *)room, (const char *)part->data, part->size);
    put_length(out, at, 1);
}

static void repair(type message, const uint8_t *data, uint32_t size, weft__buffer *out, int depth)
{
    wire_field part;
    for (uint32_t at = 0; part_next(data, size, &at, &part) && !out->failed;) {
        type inner = SPAN;
        content kind = part.data != NULL ? content_of(message, part.tag, &inner) : SKIP;
        if (kind == TEXT) {
            put_repaired_text(&part, out);
        } else if (kind == MESSAGE && depth < DEPTH_MOST) {
            size_t begins = out->size;
            weft__buffer_put(out, &part.tag, 1);
            repair(inner, part.data, part.size, out, depth + 1);
            if (!out->failed)
                put_length(out, begins, 1);
        } else {
            weft__buffer_put(out, part.whole, part.whole_size);
        }
    }
}

bool weft__stream_repair(const uint8_t *stream, uint32_t size, weft__buffer *out)
{
    repair(SPAN, stream, size, out, 0);
    return !out->failed;
}
