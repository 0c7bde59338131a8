/* fuzz_otlp_settings.c - header lists and endpoints as users may write them. The first byte chooses. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "exporters/otlp/settings.h"
#include "sdk/base/diag.h"

static void quiet(void *data, weft_importance importance, const char *line)
{
    (void)data, (void)importance, (void)line;
}

static void check_headers(const char *text)
{
    char **list = NULL;
    weft__otlp_headers(&list, text, "headers");
    for (char **line = list; line != NULL && *line != NULL; line++) {
        if (strpbrk(*line, "\r\n") != NULL || strstr(*line, ": ") == NULL)
            abort();
        free(*line);
    }
    free(list);
}

static void check_url(const char *text, bool base)
{
    bool valid;
    char *url = weft__otlp_url(text, base, "v1/traces", &valid);
    if (valid && (url == NULL || strpbrk(url, " \r\n#") != NULL || (base && strstr(url, "/v1/traces") == NULL)))
        abort();
    free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weft__diag_set(quiet, NULL);
    if (size == 0)
        return 0;
    char *text = malloc(size);
    if (text == NULL)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if ((data[0] & 3) == 0)
        check_headers(text);
    else
        check_url(text, (data[0] & 3) == 1);
    free(text);
    return 0;
}
