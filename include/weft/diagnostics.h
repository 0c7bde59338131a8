/* diagnostics.h - what the library says about itself. Spec: error-handling.md (GEN). */
#ifndef WEFT_DIAGNOSTICS_H
#define WEFT_DIAGNOSTICS_H

#include <weft/base.h>

/** How much a diagnostic matters. INFO goes to a handler only, never to stderr. */
typedef enum weft_importance { WEFT_DIAGNOSTIC_INFO, WEFT_DIAGNOSTIC_WARNING, WEFT_DIAGNOSTIC_ERROR } weft_importance;

/** Takes one line, without a prefix and without a newline, borrowed for the call. Called on whatever thread had
 * something to say, the worker and tracing threads among them, from several at once: be quick, do not block. It may
 * call any function of Weft; what these have to say in turn is left out. */
typedef void weft_diagnostics_fn(void *data, weft_importance importance, const char *line);

#endif
