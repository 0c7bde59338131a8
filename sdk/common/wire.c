/* wire.c - reading fields of messages, from bytes that may be anything. */
#include "sdk/common/wire.h"

static bool read_fixed(const uint8_t **at, const uint8_t *end, unsigned size, uint64_t *number)
{
    if ((size_t)(end - *at) < size)
        return false;
    *number = weft__fixed_get(*at, size);
    *at += size;
    return true;
}

static bool read_bytes(const uint8_t **at, const uint8_t *end, weft__wire *field)
{
    uint64_t size;
    if (!weft__varint_get(at, end, &size) || size > (uint64_t)(end - *at))
        return false;
    field->data = *at;
    field->size = (size_t)size;
    *at += size;
    return true;
}

bool weft__wire_next(const uint8_t **at, const uint8_t *end, weft__wire *field)
{
    uint64_t tag;
    if (*at == end || !weft__varint_get(at, end, &tag) || tag > UINT32_MAX)
        return false;
    *field = (weft__wire){ .tag = (uint32_t)tag };
    switch (tag & 7) {
    case WEFT__WIRE_VARINT:
        return weft__varint_get(at, end, &field->number);
    case WEFT__WIRE_FIXED64:
        return read_fixed(at, end, 8, &field->number);
    case WEFT__WIRE_FIXED32:
        return read_fixed(at, end, 4, &field->number);
    case WEFT__WIRE_BYTES:
        return read_bytes(at, end, field);
    default:
        return false;
    }
}
