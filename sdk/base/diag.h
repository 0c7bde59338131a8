/* diag.h - what the library has to say about itself: to the user's handler, else a rate-limited line on stderr. */
#ifndef WEFT_SDK_BASE_DIAG_H
#define WEFT_SDK_BASE_DIAG_H

#include "sdk/base/base.h"

typedef enum weft__importance { WEFT__INFO, WEFT__WARNING, WEFT__ERROR } weft__importance;
typedef void weft__diag_fn(void *data, int importance, const char *line);

/* cause: a static string that names the kind of event; at most one line a minute for each is printed on stderr, and the
 * next one says how many were left out. A user's handler gets every line. INFO never reaches stderr. Never blocks for
 * long, allocates nothing, keeps errno; any thread, but not from a signal handler (there it returns at once). */
WEFT_PRIVATE void weft__diag(weft__importance importance, const char *cause, const char *format, ...) WEFT_PRINTF(3, 4);
WEFT_PRIVATE void weft__diag_set(weft__diag_fn *fn, void *data);

#endif
