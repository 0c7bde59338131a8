/* resource.c - a set of attributes as the bytes of an OTLP Resource: set, merge, look up. */
#include "sdk/common/resource.h"

#include <stdlib.h>
#include <string.h>

#include "sdk/base/diag.h"
#include "sdk/base/text.h"
#include "sdk/common/anyvalue.h"
#include "sdk/common/wire.h"

enum {
    TAG_ATTRIBUTE = 0x0a, /* Resource.attributes */
    TAG_KEY = 0x0a,       /* KeyValue.key */
    TAG_VALUE = 0x12,     /* KeyValue.value */
    TAG_STRING = 0x0a,    /* AnyValue.string_value */
    DEPTH = 64,
};

static const weft__value_limits limits = { .length = UINT32_MAX, .depth = DEPTH, .most = WEFT__RESOURCE_SIZE };

/* A field with a length: its tag, its bytes, and where the next one begins. False at the end. */
static bool next_field(const uint8_t **at, const uint8_t *end, uint8_t *tag, weft_text *bytes)
{
    uint64_t size;
    if (*at >= end)
        return false;
    *tag = *(*at)++; // NOLINT(clang-analyzer-core.NullDereference): weft__varint_get() leaves it within the bytes
    if (!weft__varint_get(at, end, &size) || size > (uint64_t)(end - *at))
        return false;
    *bytes = weft_text_n(*at, (size_t)size);
    *at += size;
    return true;
}

/* One attribute of an encoded resource. */
typedef struct entry {
    weft_text field; /* with tag and length */
    weft_text key, value;
} entry;

static bool next_entry(const weft__resource *resource, size_t *position, entry *found)
{
    if (*position >= resource->encoded.size)
        return false;
    const uint8_t *start = resource->encoded.data + *position, *at = start;
    const uint8_t *end = resource->encoded.data + resource->encoded.size;
    uint8_t tag;
    weft_text attribute;
    *found = (entry){ 0 };
    if (!next_field(&at, end, &tag, &attribute))
        return false;
    *position += (size_t)(at - start);
    found->field = weft_text_n(start, (size_t)(at - start));
    const uint8_t *inner = (const uint8_t *)attribute.data;
    weft_text bytes;
    while (next_field(&inner, at, &tag, &bytes))
        *(tag == TAG_KEY ? &found->key : &found->value) = bytes;
    return true;
}

static void remove_key(weft__resource *resource, weft_text key)
{
    entry found;
    for (size_t position = 0; next_entry(resource, &position, &found);) {
        if (found.key.size != key.size || memcmp(found.key.data, key.data, key.size) != 0)
            continue;
        uint8_t *start = resource->encoded.data + position - found.field.size;
        memmove(start, start + found.field.size, resource->encoded.size - position);
        resource->encoded.size -= found.field.size;
        resource->attributes--;
        return;
    }
}

static bool is_utf8(const char *text, size_t size)
{
    return weft__utf8_valid(text, size) == size;
}

/* Unlike a span's, a resource's texts are not repaired: one bad byte there would cost every batch. */
static bool value_is_utf8(const weft_value *value, unsigned depth);

static bool strings_are_utf8(const char *const *list, uint32_t count)
{
    bool valid = true;
    for (uint32_t i = 0; valid && i < count; i++)
        valid = list[i] == NULL || is_utf8(list[i], strlen(list[i]));
    return valid;
}

static bool array_is_utf8(const weft_value *list, uint32_t count, unsigned depth)
{
    bool valid = true;
    for (uint32_t i = 0; valid && i < count; i++)
        valid = value_is_utf8(&list[i], depth + 1);
    return valid;
}

static weft_text key_of(const weft_attribute *attribute)
{
    size_t size =
        attribute->key != NULL && attribute->key_size == WEFT_NUL ? strlen(attribute->key) : attribute->key_size;
    return weft_text_n(attribute->key, size);
}

static bool map_is_utf8(const weft_attribute *list, uint32_t count, unsigned depth)
{
    bool valid = true;
    for (uint32_t i = 0; valid && i < count; i++) {
        weft_text key = key_of(&list[i]);
        valid = is_utf8(key.data, key.size) && value_is_utf8(&list[i].value, depth + 1);
    }
    return valid;
}

static bool value_is_utf8(const weft_value *value, unsigned depth)
{
    if (value->as.string == NULL || depth >= DEPTH)
        return true; /* nothing there, or not written */
    switch (value->type) {
    case WEFT_TYPE_STRING:
        return is_utf8(value->as.string, value->size == WEFT_NUL ? strlen(value->as.string) : value->size);
    case WEFT_TYPE_STRINGS:
        return strings_are_utf8(value->as.strings, value->size);
    case WEFT_TYPE_ARRAY:
        return array_is_utf8(value->as.array, value->size, depth);
    case WEFT_TYPE_MAP:
        return map_is_utf8(value->as.map, value->size, depth);
    default:
        return true;
    }
}

/* Why an attribute is refused; NULL: it is not. */
static const char *refusal(const weft__resource *resource, const weft_attribute *attribute, weft_text key, size_t size)
{
    if (key.size == 0)
        return "it has no key";
    if (!is_utf8(key.data, key.size) || !value_is_utf8(&attribute->value, 0))
        return "it is not valid UTF-8";
    if (size == 0 || size > WEFT__RESOURCE_SIZE || resource->attributes >= WEFT__RESOURCE_ATTRIBUTES)
        return "the resource is full";
    return NULL;
}

bool weft__resource_set(weft__resource *resource, const weft_attribute *attribute)
{
    weft_text key = key_of(attribute);
    size_t size = weft__keyvalue_size(attribute, &limits);
    const char *why = refusal(resource, attribute, key, size);
    resource->encoded.limit = WEFT__RESOURCE_SIZE;
    uint8_t *out = why == NULL ? weft__buffer_reserve(&resource->encoded, weft__bytes_size(size)) : NULL;
    bool high = false;
    if (out != NULL &&
        weft__keyvalue_put(weft__bytes_head(out, TAG_ATTRIBUTE, size), size, attribute, &limits, &high)) {
        /* Only now, so that one which is refused changes nothing. */
        remove_key(resource, key);
        uint8_t *end = resource->encoded.data + resource->encoded.size;
        memmove(end, out, weft__bytes_size(size));
        resource->encoded.size += weft__bytes_size(size);
        resource->attributes++;
        return true;
    }
    resource->encoded.failed = false; /* the others may be smaller */
    weft__diag(WEFT__WARNING, "resource", "the resource attribute \"%.*s\" is left out: %s",
               (int)weft__min(key.size, 100), key.data != NULL ? key.data : "",
               why != NULL ? why : "there is no room for it");
    return false;
}

void weft__resource_set_text(weft__resource *resource, const char *key, const char *text)
{
    weft_attribute attribute = weft_attr(key, text);
    if (text[0] != '\0')
        weft__resource_set(resource, &attribute);
}

bool weft__resource_set_schema(weft__resource *resource, const char *schema_url)
{
    char *copy = schema_url != NULL && schema_url[0] != '\0' ? strdup(schema_url) : NULL;
    if (copy == NULL && schema_url != NULL && schema_url[0] != '\0')
        return false;
    free(resource->schema_url);
    resource->schema_url = copy;
    return true;
}

static bool merge_schema(weft__resource *resource, const char *schema_url)
{
    if (schema_url == NULL || (resource->schema_url != NULL && strcmp(resource->schema_url, schema_url) == 0))
        return true;
    if (resource->schema_url == NULL)
        return weft__resource_set_schema(resource, schema_url);
    weft__diag(WEFT__WARNING, "schema URL", "resources with the schema URLs %.200s and %.200s are merged; none is used",
               resource->schema_url, schema_url);
    return weft__resource_set_schema(resource, NULL);
}

bool weft__resource_merge(weft__resource *resource, const weft__resource *updating)
{
    entry found;
    resource->encoded.limit = WEFT__RESOURCE_SIZE;
    for (size_t position = 0; next_entry(updating, &position, &found);) {
        remove_key(resource, found.key);
        weft__buffer_put(&resource->encoded, found.field.data, found.field.size);
        if (resource->encoded.failed || resource->attributes >= WEFT__RESOURCE_ATTRIBUTES)
            return false;
        resource->attributes++;
    }
    return merge_schema(resource, updating->schema_url);
}

weft_text weft__resource_text(const weft__resource *resource, const char *key)
{
    entry found;
    for (size_t position = 0; next_entry(resource, &position, &found);) {
        const uint8_t *at = (const uint8_t *)found.value.data;
        uint8_t tag;
        weft_text text;
        if (weft__same(found.key, key) && next_field(&at, at + found.value.size, &tag, &text) && tag == TAG_STRING)
            return text;
    }
    return weft_text_n(NULL, 0);
}

void weft__resource_clear(weft__resource *resource)
{
    weft__buffer_clear(&resource->encoded);
    free(resource->schema_url);
    *resource = (weft__resource){ 0 };
}
