/* text.h - small work on bytes and text: hex, percent coding, trimming, UTF-8. */
#ifndef WEFT_SDK_BASE_TEXT_H
#define WEFT_SDK_BASE_TEXT_H

#include "sdk/base/base.h"

/* size bytes as 2 * size lower-case digits; no NUL. */
WEFT_PRIVATE void weft__hex_put(char *out, const uint8_t *data, size_t size);
/* Lower-case digits alone, as W3C wants them; false (out undefined) otherwise. */
WEFT_PRIVATE bool weft__hex_get(uint8_t *out, const char *text, size_t size);
WEFT_PRIVATE weft_text weft__trim(weft_text text); /* blanks and tabs */
/* Takes the piece before the mark, or all where there is none, off the text, and the mark with it. */
WEFT_PRIVATE weft_text weft__cut(weft_text *text, char mark);
WEFT_PRIVATE bool weft__same(weft_text a, const char *b);
WEFT_PRIVATE bool weft__same_any_case(weft_text a, const char *b); /* ASCII */
/* Copies like snprintf: never more than size with its NUL; returns the full size. */
WEFT_PRIVATE size_t weft__copy_out(char *out, size_t size, const char *data, size_t data_size);
/* The length of the longest valid UTF-8 prefix. */
WEFT_PRIVATE size_t weft__utf8_valid(const char *data, size_t size);
/* The bytes of the first so many characters; an invalid byte is a character of its own, as repair makes it one. */
WEFT_PRIVATE size_t weft__utf8_prefix(const char *data, size_t size, size_t characters);
/* Copies with every invalid byte made U+FFFD; returns the bytes written, at most 3 * size.
 * out NULL: how many it would. out may lie before data in the same memory, two bytes and more for each invalid one. */
WEFT_PRIVATE size_t weft__utf8_repair(char *out, const char *data, size_t size);
/* %XX decoded, in place allowed (out may be data); returns the bytes written, or SIZE_MAX for a broken escape. */
WEFT_PRIVATE size_t weft__percent_decode(char *out, const char *data, size_t size);

#endif
