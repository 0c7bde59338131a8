/* general.c - the settings that concern the process: disabled, the level of diagnostics, propagators. */
#include <string.h>

#include <weft/propagation.h>

#include "propagation/formats.h"
#include "sdk/base/buffer.h"
#include "sdk/base/diag.h"
#include "sdk/base/text.h"
#include "sdk/common/env.h"
#include "sdk/config/settings.h"

bool weft__setting_disabled(void)
{
    bool disabled = false;
    weft__env_bool("OTEL_SDK_DISABLED", &disabled);
    return disabled;
}

void weft__setting_log_level(void)
{
    static const char *const NAMES[] = { "info",  "debug", "verbose", "trace", "warn", "warning",
                                         "error", "fatal", "none",    "off",   NULL };
    static const weft__importance LEAST[] = { WEFT__INFO,    WEFT__INFO,  WEFT__INFO,    WEFT__INFO,    WEFT__WARNING,
                                              WEFT__WARNING, WEFT__ERROR, WEFT__SILENCE, WEFT__SILENCE, WEFT__SILENCE };
    size_t level = 0;
    weft__env_enum("OTEL_LOG_LEVEL", NAMES, &level);
    weft__diag_least(LEAST[level]);
}

/* The names of a list that are known, the others told of. False where there is none. */
static bool keep_known(const char *variable, const char *list, weft__buffer *kept)
{
    for (const char *at = list; at != NULL;) {
        const char *comma = strchr(at, ',');
        weft_text name = weft__trim(weft_text_n(at, comma != NULL ? (size_t)(comma - at) : strlen(at)));
        if (name.size != 0 && weft__propagator_known(name)) {
            weft__buffer_put(kept, name.data, name.size);
            weft__buffer_put(kept, ",", 1);
        } else if (name.size != 0) {
            weft__diag(WEFT__WARNING, variable,
                       "%s is \"%.200s\"; the propagator \"%.*s\" in it is unknown and not used", variable, list,
                       (int)weft__min(name.size, 100), name.data);
        }
        at = comma != NULL ? comma + 1 : NULL;
    }
    weft__buffer_put(kept, "", 1);
    return !kept->failed && kept->size > 1;
}

void weft__setting_propagators(const char *names)
{
    const char *variable = names != NULL ? "propagators" : "OTEL_PROPAGATORS";
    if (names == NULL)
        names = weft__env("OTEL_PROPAGATORS");
    weft__buffer kept = { .limit = 4096 };
    if (names == NULL || !keep_known(variable, names, &kept))
        weft_propagators_set("tracecontext,baggage");
    else
        weft_propagators_set((const char *)kept.data);
    weft__buffer_clear(&kept);
}
