/* version.c - the library's version, and the texts of its status codes. */
#include <weft/base.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *weft_version(void)
{
    return TEXT(WEFT_VERSION_MAJOR) "." TEXT(WEFT_VERSION_MINOR) "." TEXT(WEFT_VERSION_PATCH);
}

const char *weft_status_text(weft_status status)
{
    switch ((int)status) {
#define WEFT_STATUS_CASE(name, number, text)                                                                           \
    case number:                                                                                                       \
        return text;
        WEFT_STATUSES(WEFT_STATUS_CASE)
#undef WEFT_STATUS_CASE
    }
    return "unknown status";
}
