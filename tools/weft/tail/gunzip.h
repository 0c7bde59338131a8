/* gunzip.h - gzip to bytes, with a ceiling. */
#ifndef WEFT_TOOLS_TAIL_GUNZIP_H
#define WEFT_TOOLS_TAIL_GUNZIP_H

#include "tools/weft/tail/decode.h"

/** On TAIL_TAKEN *out is to be freed. `limit`: bytes that may come out; a bomb stops there with TAIL_TOO_LARGE. */
tail_result tail_gunzip(const uint8_t *data, size_t size, size_t limit, uint8_t **out, size_t *out_size);

#endif
