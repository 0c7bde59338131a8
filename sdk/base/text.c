/* text.c - small work on bytes and text: hex, percent coding, trimming, UTF-8. */
#include "sdk/base/text.h"

#include <string.h>

#include "sdk/base/hex.h"

void weft__hex_put(char *out, const uint8_t *data, size_t size)
{
    for (; size >= 8; out += 16, data += 8, size -= 8)
        weft__hex_put_eight(out, data);
    for (; size != 0; out += 2, data++, size--)
        weft__hex_put_one(out, *data);
}

bool weft__hex_get(uint8_t *out, const char *text, size_t size)
{
    bool valid = true;
    for (; size >= 8; out += 8, text += 16, size -= 8) {
        uint64_t bytes;
        valid &= weft__hex_get_eight(&bytes, text);
        memcpy(out, &bytes, sizeof bytes);
    }
    for (; size != 0; out++, text += 2, size--)
        valid &= weft__hex_get_one(out, text);
    return valid;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

weft_text weft__trim(weft_text text)
{
    while (text.size != 0 && is_blank(text.data[0]))
        text.data++, text.size--;
    while (text.size != 0 && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

weft_text weft__cut(weft_text *text, char mark)
{
    const char *end = text->size != 0 ? memchr(text->data, mark, text->size) : NULL;
    weft_text piece = { text->data, end != NULL ? (size_t)(end - text->data) : text->size };
    size_t passed = piece.size + (end != NULL);
    text->data += passed;
    text->size -= passed;
    return piece;
}

bool weft__same(weft_text a, const char *b)
{
    size_t size = b != NULL ? strlen(b) : 0;
    return a.data != NULL && b != NULL && a.size == size && memcmp(a.data, b, size) == 0;
}

static uint8_t lower(char c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool weft__same_any_case(weft_text a, const char *b)
{
    if (a.data == NULL || b == NULL)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (b[i] == '\0' || (a.data[i] != b[i] && lower(a.data[i]) != lower(b[i])))
            return false;
    return b[a.size] == '\0';
}

size_t weft__copy_out(char *out, size_t size, const char *data, size_t data_size)
{
    if (out != NULL && size != 0) {
        size_t copied = weft__min(size - 1, data_size);
        if (copied != 0)
            memcpy(out, data, copied);
        out[copied] = '\0';
    }
    return data_size;
}

/* Which sequences are well formed (Unicode, table 3-7): the first byte, how many there are, and the second byte's
 * range. No longer forms than needed, no surrogates, nothing above U+10FFFF. */
static const struct form {
    uint8_t first, last, length, low, high;
} forms[] = {
    { 0x00, 0x7f, 1, 0x00, 0x00 }, { 0xc2, 0xdf, 2, 0x80, 0xbf }, { 0xe0, 0xe0, 3, 0xa0, 0xbf },
    { 0xe1, 0xec, 3, 0x80, 0xbf }, { 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf },
    { 0xf0, 0xf0, 4, 0x90, 0xbf }, { 0xf1, 0xf3, 4, 0x80, 0xbf }, { 0xf4, 0xf4, 4, 0x80, 0x8f },
};

/* Bytes of the well-formed sequence at the start; 0: none. */
static size_t sequence(const uint8_t *data, size_t size)
{
    const struct form *form = forms, *end = forms + WEFT_COUNT_OF(forms);
    while (form < end && data[0] > form->last)
        form++;
    if (form == end || data[0] < form->first || form->length > size)
        return 0;
    if (form->length > 1 && (data[1] < form->low || data[1] > form->high))
        return 0;
    for (size_t i = 2; i < form->length; i++)
        if ((data[i] & 0xc0) != 0x80)
            return 0;
    return form->length;
}

size_t weft__utf8_valid(const char *data, size_t size)
{
    size_t at = 0;
    while (at < size) {
        uint64_t word;
        if (size - at >= sizeof word) {
            memcpy(&word, data + at, sizeof word);
            if ((word & 0x8080808080808080u) == 0) {
                at += sizeof word;
                continue;
            }
        }
        size_t length = sequence((const uint8_t *)data + at, size - at);
        if (length == 0)
            break;
        at += length;
    }
    return at;
}

size_t weft__utf8_prefix(const char *data, size_t size, size_t characters)
{
    size_t at = 0;
    for (; at < size && characters != 0; characters--) {
        size_t length = sequence((const uint8_t *)data + at, size - at);
        at += length != 0 ? length : 1;
    }
    return at;
}

size_t weft__utf8_repair(char *out, const char *data, size_t size)
{
    size_t written = 0;
    for (;;) {
        size_t valid = weft__utf8_valid(data, size);
        if (out != NULL && valid != 0)
            memmove(out + written, data, valid);
        written += valid;
        if (valid == size)
            return written;
        if (out != NULL)
            memcpy(out + written, "\xef\xbf\xbd", 3);
        written += 3;
        data += valid + 1, size -= valid + 1;
    }
}

size_t weft__percent_decode(char *out, const char *data, size_t size)
{
    size_t written = 0;
    for (size_t i = 0; i < size; i++) {
        if (data[i] != '%') {
            out[written++] = data[i];
            continue;
        }
        unsigned high = size - i > 2 ? weft__hex_digit((char)lower(data[i + 1])) : 16;
        unsigned low = size - i > 2 ? weft__hex_digit((char)lower(data[i + 2])) : 16;
        if ((high | low) > 15)
            return SIZE_MAX;
        out[written++] = (char)(uint8_t)(high << 4 | low);
        i += 2;
    }
    return written;
}
