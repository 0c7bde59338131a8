/* env.h - typed reads of environment variables, after the specification's common rules (ENV-2 to ENV-8).
 *
 * value comes with what is to be used where the variable says nothing, and is written only where it says something
 * valid; then the function returns true. Unset and empty are the same. A bad value makes one diagnostic that names the
 * variable, what it holds and what is used. So a general variable is read first, and the specific one after it.
 * name is a static string. Nothing here may run while another thread changes the environment. */
#ifndef WEFT_SDK_COMMON_ENV_H
#define WEFT_SDK_COMMON_ENV_H

#include "sdk/base/base.h"

/* The text of a variable; NULL where it is unset or empty. Valid until the environment is changed. */
const char *weft__env(const char *name);
/* "true" in any case is true; anything else is false, and diagnosed where it is not "false". */
bool weft__env_bool(const char *name, bool *value);
/* A whole number from least to most; most is INT32_MAX at most. */
bool weft__env_int(const char *name, uint32_t least, uint32_t most, uint32_t *value);
/* Durations and time-outs: milliseconds, 0 to INT32_MAX. What 0 means (none, or no limit) is the caller's affair. */
bool weft__env_ms(const char *name, uint32_t *value);
/* A decimal number from 0 to 1, with a point whatever the locale. */
bool weft__env_ratio(const char *name, double *value);
/* One of the names, in any case; value is an index into the list, which ends with NULL. */
bool weft__env_enum(const char *name, const char *const *names, size_t *value);

/* Until it is called with false, this thread finds every variable unset (weft_sdk_options.ignore_environment). */
void weft__env_ignore(bool ignore);

/* A number in the C locale's decimal notation, blanks around it allowed; false for anything else, nan and inf too. */
bool weft__parse_decimal(const char *text, double *value);

#endif
