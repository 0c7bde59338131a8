/* exception.c - errors in one line: status, error.type, and the exception as an event (EXC). */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <weft/span.h>

#include "sdk/api/runtime.h"

enum { MESSAGE_SIZE = 1024, EXTRA_MOST = 125 }; /* attributes of the caller: 128 with those that are generated */

static void misuse(void)
{
    atomic_fetch_add_explicit(&weft__misuses.argument, 1, memory_order_relaxed);
}

/* The generated attributes first: where the caller gives one of them too, the caller's comes last and wins (EXC-2). */
static void record_event(const weft_span *span, const weft_exception *exception)
{
    weft_attribute list[3 + EXTRA_MOST];
    size_t count = 0;
    if (exception->type != NULL)
        list[count++] = weft_attribute_of("exception.type", weft_string(exception->type));
    if (exception->message != NULL)
        list[count++] = weft_attribute_of("exception.message", weft_string(exception->message));
    if (exception->stacktrace != NULL)
        list[count++] = weft_attribute_of("exception.stacktrace", weft_string(exception->stacktrace));
    size_t extra = exception->attributes.list != NULL ? exception->attributes.count : 0;
    for (size_t i = 0; i < extra && i < EXTRA_MOST; i++)
        list[count++] = exception->attributes.list[i];
    if (extra > EXTRA_MOST)
        misuse();
    if (count != 0)
        weft_span_event_list(span, "exception", 0, list, count);
}

void weft_span_exception(const weft_span *span, const weft_exception *exception)
{
    if (!weft_span_recording(span))
        return;
    if (exception == NULL) {
        misuse();
        return;
    }
    if (exception->type == NULL && exception->message == NULL) /* at least one is required (EXC-3) */
        misuse();
    if (exception->type != NULL) {
        const weft_attribute type = weft_attribute_of("error.type", weft_string(exception->type));
        weft_span_set_list(span, &type, 1);
    }
    weft_span_status_set(span, WEFT_STATUS_ERROR, exception->message != NULL ? exception->message : exception->type);
    record_event(span, exception);
}

void weft_span_error(const weft_span *span, const char *type, const char *format, ...)
{
    char message[MESSAGE_SIZE] = "";
    if (!weft_span_recording(span))
        return;
    int kept = errno;
    if (format != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(message, sizeof message, format, arguments);
        va_end(arguments);
    }
    weft_exception exception = { .size = sizeof exception, .type = type, .message = format != NULL ? message : NULL };
    weft_span_exception(span, &exception);
    errno = kept;
}

static const char *errno_name(int number, char *out, size_t size)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 32)
    const char *name = strerrorname_np(number);
    if (name != NULL)
        return name;
#endif
    snprintf(out, size, "errno %d", number);
    return out;
}

void weft_span_errno(const weft_span *span, int number, const char *format, ...)
{
    char message[MESSAGE_SIZE] = "", name[24];
    if (!weft_span_recording(span))
        return;
    int kept = errno;
    size_t used = 0;
    if (format != NULL) {
        va_list arguments;
        va_start(arguments, format);
        int size = vsnprintf(message, sizeof message, format, arguments);
        va_end(arguments);
        used = size < 0 ? 0 : (size_t)size < sizeof message ? (size_t)size : sizeof message - 1;
    }
    char reason[128] = "";
#if defined(__GLIBC__)
    const char *text = strerror_r(number, reason, sizeof reason);
#else
    const char *text = strerror_r(number, reason, sizeof reason) == 0 ? reason : "unknown error";
#endif
    snprintf(message + used, sizeof message - used, "%s%s", used != 0 ? ": " : "", text);
    weft_exception exception = { .size = sizeof exception,
                                 .type = errno_name(number, name, sizeof name),
                                 .message = message };
    weft_span_exception(span, &exception);
    errno = kept;
}
