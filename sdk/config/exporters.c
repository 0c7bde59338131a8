/* exporters.c - the exporters that OTEL_TRACES_EXPORTER can name. */
#include <string.h>

#include "sdk/base/diag.h"
#include "sdk/base/text.h"
#include "sdk/common/env.h"
#include "sdk/config/settings.h"

static const char VARIABLE[] = "OTEL_TRACES_EXPORTER";

static weft_exporter *make_otlp(void)
{
    return weft_exporter_otlp(NULL);
}

static const struct {
    const char *name;
    weft_exporter *(*make)(void);
    bool simple; /* each span at once */
} EXPORTERS[] = {
    { "otlp", make_otlp, false }, /* the default */
    { "console", weft_exporter_console, true },
};
_Static_assert(WEFT_COUNT_OF(EXPORTERS) == WEFT__SETTING_EXPORTERS, "each once");

/* Marks what one name chooses; false where it is unknown. */
static bool choose(weft_text name, bool chosen[WEFT__SETTING_EXPORTERS])
{
    for (size_t i = 0; i < WEFT_COUNT_OF(EXPORTERS); i++) {
        if (weft__same_any_case(name, EXPORTERS[i].name)) {
            chosen[i] = true;
            return true;
        }
    }
    return weft__same_any_case(name, "none");
}

/* False where the list has nothing that is known. */
static bool read_list(const char *list, bool chosen[WEFT__SETTING_EXPORTERS])
{
    bool any = false;
    for (const char *at = list; at != NULL;) {
        const char *comma = strchr(at, ',');
        weft_text name = weft__trim(weft_text_n(at, comma != NULL ? (size_t)(comma - at) : strlen(at)));
        bool known = name.size != 0 && choose(name, chosen);
        if (name.size != 0 && !known)
            weft__diag(WEFT__WARNING, VARIABLE, "%s is \"%.200s\"; the exporter \"%.*s\" in it is unknown and not used",
                       VARIABLE, list, (int)weft__min(name.size, 100), name.data);
        any = any || known;
        at = comma != NULL ? comma + 1 : NULL;
    }
    return any;
}

size_t weft__setting_exporters(weft__destination_options out[WEFT__SETTING_EXPORTERS])
{
    bool chosen[WEFT__SETTING_EXPORTERS] = { false };
    const char *list = weft__env(VARIABLE);
    if (list == NULL || !read_list(list, chosen))
        chosen[0] = true;
    size_t count = 0;
    for (size_t i = 0; i < WEFT_COUNT_OF(EXPORTERS); i++) {
        weft_exporter *exporter = chosen[i] ? EXPORTERS[i].make() : NULL;
        if (exporter != NULL)
            out[count++] = (weft__destination_options){ .exporter = exporter, .simple = EXPORTERS[i].simple };
    }
    return count;
}
