/* fuzz_otlp_response.c - answers of receivers. The first byte chooses the kind and the content type. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "exporters/otlp/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = { NULL, "application/x-protobuf", "text/plain", "text/html; x" };
    if (size == 0)
        return 0;
    weft__response response = { .status = 200, .content_type = types[data[0] & 3], .body_size = size - 1 };
    uint8_t *body = malloc(size); /* exactly as long as it is: what is read beyond shows up */
    weft__answer answer;
    if (body == NULL)
        return 0;
    memcpy(body, data + 1, size - 1);
    response.body = body;
    if ((data[0] & 4) != 0)
        weft__response_taken(&response, &answer);
    else
        weft__response_refused(&response, &answer);
    for (const char *at = answer.text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f || at - answer.text >= WEFT__RESPONSE_TEXT)
            abort();
    free(body);
    return 0;
}
