/* stream.c - walking a record's stream of OTLP fields, and merging what was set more than once. */
#include "sdk/common/stream.h"

#include <string.h>

#include "sdk/common/bytes.h"

static bool read_varint(const uint8_t *data, size_t size, size_t *at, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 64 && *at < size; shift += 7) {
        uint8_t byte = data[(*at)++];
        *value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return true;
    }
    return false;
}

bool weft__field_next(const uint8_t *stream, uint32_t size, uint32_t *at, weft__field *field)
{
    size_t next = *at;
    uint64_t length;
    if (next >= size)
        return false;
    field->tag = stream[next++];
    if (!read_varint(stream, size, &next, &length) || length > size - next)
        return false;
    field->data = stream + next;
    field->size = (uint32_t)length;
    *at = (uint32_t)(next + length);
    return true;
}

weft_text weft__key_of(const uint8_t *keyvalue, size_t size)
{
    uint32_t at = 0;
    weft__field field;
    if (size > UINT32_MAX || !weft__field_next(keyvalue, (uint32_t)size, &at, &field) || field.tag != 0x0a)
        return (weft_text){ NULL, 0 };
    return weft_text_n(field.data, field.size);
}

typedef struct merging {
    const uint8_t *stream;
    uint32_t size;
    weft__merge *work;
    uint32_t mask;         /* of the hash table */
    uint32_t kept;         /* attributes in work->at */
    uint32_t name, status; /* where the last of each begins, plus 1 */
    weft__merged result;
} merging;

static weft__field field_at(const merging *m, uint32_t at)
{
    weft__field field = { 0, NULL, 0 };
    weft__field_next(m->stream, m->size, &at, &field);
    return field;
}

/* Remembers an attribute; one with the same key takes the place of the earlier one. */
static void see_attribute(merging *m, uint32_t begins, const weft__field *field)
{
    weft_text key = weft__key_of(field->data, field->size);
    uint64_t hash = weft__hash_text(key.data, key.size);
    m->result.keys |= weft__hash_bit(hash);
    for (uint32_t slot = (uint32_t)(hash >> 20) & m->mask;; slot = (slot + 1) & m->mask) {
        uint32_t index = m->work->slots[slot];
        if (index == 0) {
            m->work->slots[slot] = m->kept + 1;
            m->work->at[m->kept] = (uint16_t)begins;
            m->work->later[m->kept++] = (uint16_t)begins;
            return;
        }
        weft__field other = field_at(m, m->work->at[index - 1]);
        weft_text known = weft__key_of(other.data, other.size);
        if (known.size == key.size && (key.size == 0 || memcmp(known.data, key.data, key.size) == 0)) {
            m->work->later[index - 1] = (uint16_t)begins;
            return;
        }
    }
}

static uint32_t count_attributes(const uint8_t *stream, uint32_t size)
{
    uint32_t count = 0;
    weft__field field;
    for (uint32_t at = 0; weft__field_next(stream, size, &at, &field);)
        count += field.tag == WEFT__TAG_ATTRIBUTE;
    return count;
}

static void look(merging *m)
{
    uint32_t count = count_attributes(m->stream, m->size), slots = 16;
    while (slots < WEFT__SLOTS_MOST && slots < 2 * count)
        slots *= 2;
    memset(m->work->slots, 0, slots * sizeof m->work->slots[0]);
    m->mask = slots - 1;
    weft__field field;
    for (uint32_t at = 0, begins = 0; weft__field_next(m->stream, m->size, &at, &field); begins = at) {
        if (field.tag == WEFT__TAG_NAME)
            m->name = begins + 1;
        else if (field.tag == WEFT__TAG_STATUS)
            m->status = begins + 1;
        else if (field.tag == WEFT__TAG_ATTRIBUTE)
            see_attribute(m, begins, &field);
    }
}

static uint8_t *copy_field(const merging *m, uint32_t begins, uint8_t *out)
{
    weft__field field = field_at(m, begins);
    size_t size = (size_t)(field.data - m->stream) - begins + field.size;
    memcpy(out, m->stream + begins, size);
    return out + size;
}

weft__merged weft__stream_merge(const uint8_t *stream, uint32_t size, uint8_t *out, weft__merge *work)
{
    merging m = { .stream = stream, .size = size, .work = work };
    uint8_t *at_out = out;
    look(&m);
    if (m.name != 0)
        at_out = copy_field(&m, m.name - 1, at_out);
    uint32_t attribute = 0;
    weft__field field;
    for (uint32_t at = 0, begins = 0; weft__field_next(stream, size, &at, &field); begins = at) {
        if (field.tag == WEFT__TAG_NAME || (field.tag == WEFT__TAG_STATUS && begins + 1 != m.status))
            continue;
        if (field.tag != WEFT__TAG_ATTRIBUTE)
            at_out = copy_field(&m, begins, at_out);
        else if (attribute < m.kept && work->at[attribute] == begins)
            at_out = copy_field(&m, work->later[attribute++], at_out);
    }
    m.result.size = (uint32_t)(at_out - out);
    m.result.attributes = (uint16_t)m.kept;
    return m.result;
}
