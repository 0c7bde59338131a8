/* env.c - typed reads of environment variables. */
#include "sdk/common/env.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/base/diag.h"
#include "sdk/base/text.h"

static weft_text trimmed(const char *text)
{
    return weft__trim(weft_text_n(text, strlen(text)));
}

static _Thread_local bool ignored;

void weft__env_ignore(bool ignore)
{
    ignored = ignore;
}

const char *weft__env(const char *name)
{
    const char *text = ignored ? NULL : getenv(name);
    return text != NULL && text[0] != '\0' ? text : NULL;
}

bool weft__env_bool(const char *name, bool *value)
{
    const char *text = weft__env(name);
    if (text == NULL)
        return false;
    *value = weft__same_any_case(trimmed(text), "true");
    if (!*value && !weft__same_any_case(trimmed(text), "false"))
        weft__diag(WEFT__WARNING, name, "%s is \"%.200s\", which is neither true nor false; false is used", name, text);
    return true;
}

/* Digits alone, as far as they stay below the most that a variable may hold. */
static bool parse_whole(weft_text text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        if (*number <= INT32_MAX)
            *number = *number * 10 + (uint64_t)(text.data[i] - '0');
    }
    return text.size != 0;
}

bool weft__env_int(const char *name, uint32_t least, uint32_t most, uint32_t *value)
{
    const char *text = weft__env(name);
    if (text == NULL)
        return false;
    uint64_t number;
    if (parse_whole(trimmed(text), &number) && number >= least && number <= most) {
        *value = (uint32_t)number;
        return true;
    }
    if (*value == UINT32_MAX)
        weft__diag(WEFT__WARNING, name, "%s is \"%.200s\", which is not a whole number from %u to %u; no limit is used",
                   name, text, least, most);
    else
        weft__diag(WEFT__WARNING, name, "%s is \"%.200s\", which is not a whole number from %u to %u; %u is used", name,
                   text, least, most, *value);
    return false;
}

bool weft__env_ms(const char *name, uint32_t *value)
{
    const char *text = weft__env(name);
    if (text == NULL)
        return false;
    uint64_t number;
    if (parse_whole(trimmed(text), &number) && number <= INT32_MAX) {
        *value = (uint32_t)number;
        return true;
    }
    weft__diag(WEFT__WARNING, name, "%s is \"%.200s\", which is not a number of milliseconds from 0 to %d; %u is used",
               name, text, INT32_MAX, *value);
    return false;
}

bool weft__parse_decimal(const char *text, double *value)
{
    weft_text bare = trimmed(text);
    char copy[64];
    if (bare.size == 0 || bare.size >= sizeof copy)
        return false;
    memcpy(copy, bare.data, bare.size);
    copy[bare.size] = '\0';
    if (strspn(copy, "0123456789.eE+-") != bare.size)
        return false; /* strtod knows hexadecimal, infinity and NaN besides */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        return false;
    locale_t kept = uselocale(plain);
    char *end;
    double number = strtod(copy, &end);
    uselocale(kept);
    freelocale(plain);
    if (end != copy + bare.size)
        return false;
    *value = number;
    return true;
}

bool weft__env_ratio(const char *name, double *value)
{
    const char *text = weft__env(name);
    if (text == NULL)
        return false;
    double number;
    if (weft__parse_decimal(text, &number) && number >= 0 && number <= 1) {
        *value = number;
        return true;
    }
    weft__diag(WEFT__WARNING, name, "%s is \"%.200s\", which is not a number from 0 to 1; %g is used", name, text,
               *value);
    return false;
}

bool weft__env_enum(const char *name, const char *const *names, size_t *value)
{
    const char *text = weft__env(name);
    if (text == NULL)
        return false;
    for (size_t i = 0; names[i] != NULL; i++) {
        if (weft__same_any_case(trimmed(text), names[i])) {
            *value = i;
            return true;
        }
    }
    weft__diag(WEFT__WARNING, name, "%s is \"%.200s\", which is unknown; %s is used", name, text, names[*value]);
    return false;
}
