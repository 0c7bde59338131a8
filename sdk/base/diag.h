/* diag.h - what the library has to say about itself: to the user's handler, else a rate-limited line on stderr. */
#ifndef WEFT_SDK_BASE_DIAG_H
#define WEFT_SDK_BASE_DIAG_H

#include <weft/diagnostics.h>

#include "sdk/base/base.h"

typedef enum weft__importance {
    WEFT__INFO = WEFT_DIAGNOSTIC_INFO,
    WEFT__WARNING = WEFT_DIAGNOSTIC_WARNING,
    WEFT__ERROR = WEFT_DIAGNOSTIC_ERROR,
    WEFT__SILENCE, /* for weft__diag_least alone */
} weft__importance;

/* cause: a static string that names the kind of event; at most one line a minute for each is printed on stderr, and the
 * next one says how many were left out. A user's handler gets every line. INFO never reaches stderr. Never blocks for
 * long, allocates nothing, keeps errno; any thread. Called again while this thread is inside (from the handler, or from
 * a signal handler that interrupted it) it returns at once. */
WEFT_PRIVATE void weft__diag(weft__importance importance, const char *cause, const char *format, ...) WEFT_PRINTF(3, 4);
/* NULL: stderr. When it returns, the earlier handler is not running any more, except on the calling thread and where it
 * has not come back for a second. */
WEFT_PRIVATE void weft__diag_set(weft_diagnostics_fn *fn, void *data);
/* What is less important than this is left out (OTEL_LOG_LEVEL); at first nothing is. */
WEFT_PRIVATE void weft__diag_least(weft__importance least);

#endif
