/* span.h - spans. Spec: trace/api.md (TRC, SPN, STS, LNK, EXC).
 *
 * A weft_span is a value of 64 bytes that the caller owns and that is never written after it was made: keep it on the
 * stack or in a request, copy it, use it from any thread at once, keep it after the end. It IS the context in which the
 * span is active: &span.context goes wherever a context is wanted. A set, event or end after the end is a counted no-op
 * and can never touch another span. {0} is a span that does nothing.
 *
 * A NULL span does nothing, as everywhere; WEFT_CURRENT is the current one. */
#ifndef WEFT_SPAN_H
#define WEFT_SPAN_H

#include <weft/context.h>
#include <weft/propagation.h>
#include <weft/scope.h>

/** OTLP's numbers less one, so that zero is the default. */
typedef enum weft_span_kind {
    WEFT_KIND_INTERNAL,
    WEFT_KIND_SERVER,
    WEFT_KIND_CLIENT,
    WEFT_KIND_PRODUCER,
    WEFT_KIND_CONSUMER,
} weft_span_kind;

typedef enum weft_span_status {
    WEFT_STATUS_UNSET,
    WEFT_STATUS_OK,
    WEFT_STATUS_ERROR,
} weft_span_status;

typedef struct weft_span {
    weft_context context;
} weft_span;

WEFT_STATIC_ASSERT(sizeof(weft_span) == 64, "weft_span is ABI");

/** To another span: .context = message->producer, or from an extracted context its .span. 64 bytes. */
typedef struct weft_link {
    weft_span_context context;
    weft_attributes attributes;
    void *reserved_;
} weft_link;

typedef struct weft_links {
    const weft_link *list;
    size_t count;
} weft_links;

#define WEFT_LINKS(...)                                                                                                \
    { (const weft_link[]){ __VA_ARGS__ }, sizeof((const weft_link[]){ __VA_ARGS__ }) / sizeof(weft_link) }

/** Zero is the default everywhere. Samplers see what is given here and nothing that is set later (TRC-7). */
typedef struct weft_span_options {
    size_t size;
    weft_span_kind kind;
    bool root;                   /* ignore every parent */
    const weft_context *parent;  /* NULL: the current context */
    const weft_carrier *carrier; /* take parent and baggage from these headers */
    weft_attributes attributes;
    weft_links links;
    uint64_t start_time; /* ns since the Unix epoch; 0: now. Only for the past (TRC-8) */
    size_t name_size;    /* bytes of a name that does not end in NUL; 0: it does */
} weft_span_options;

/** An error with all that is known of it. At least one of type and message. */
typedef struct weft_exception {
    size_t size;
    const char *type; /* low cardinality: also recorded as error.type */
    const char *message;
    const char *stacktrace;
    weft_attributes attributes; /* win over the generated ones (EXC-2) */
} weft_exception;

WEFT_BEGIN

/* Start and end. scope NULL: the unnamed one. name NULL: "unnamed". options NULL: defaults. */

/** Not current. One end, from any thread. */
WEFT_API weft_span weft_span_start_in(weft_scope *scope, const char *name, const weft_span_options *options);
WEFT_API void weft_span_end(const weft_span *span);
WEFT_API void weft_span_end_at(const weft_span *span, uint64_t time);
/** Current on this thread until leave, which ends it by weft_span_end() unless that was done. Ended early, it stays
 * current (SPN-12). Left on another thread: ended there, and reported. */
WEFT_API weft_span weft_span_enter_in(weft_scope *scope, const char *name, const weft_span_options *options);
WEFT_API void weft_span_leave(const weft_span *span);

WEFT_API weft_span weft_span_current(void);
WEFT_API bool weft_span_recording(const weft_span *span);
/** Tracer.Enabled: ask each time (TRC-2). */
static inline bool weft_span_enabled_in(weft_scope *scope)
{
    const weft_gate *gate = scope != NULL ? WEFT_LOAD_(scope->gate_) : NULL;
    return WEFT_PEEK_((gate != NULL ? gate : weft_gate_find(scope))->spans) == WEFT_SPANS_ON;
}

/* What the macros call: for a gate that was found before, a name, its size in bytes where the compiler knows it
 * (SIZE_MAX: it ends in NUL), and the current context as parent. */
WEFT_API void weft_span_start_plain_(weft_span *span, const weft_gate *gate, const char *name, size_t name_size,
                                     weft_span_kind kind);
WEFT_API void weft_span_enter_plain_(weft_span *span, const weft_gate *gate, const char *name, size_t name_size,
                                     weft_span_kind kind);

/* Whether the options say no more than the kind; with constants the compiler answers that. */
static inline bool weft_span_plain_(const weft_span_options *options)
{
    return options == NULL ||
           (!options->root && options->parent == NULL && options->carrier == NULL && options->attributes.count == 0 &&
            options->links.count == 0 && options->start_time == 0 && options->name_size == 0);
}

/* Without an SDK and without a context, some eight instructions and no call. That a handle with neither record nor hold
 * needs no end is ABI. */
static inline weft_span weft_span_start_(weft_scope *scope, const char *name, const weft_span_options *options)
{
    const weft_span none = { { { { 0 }, { 0 }, 0, false, { 0 }, 0 }, 0, 0, 0 } };
    weft_span span;
    const bool plain = weft_span_plain_(options); /* before the atomic load: behind it, constants are no longer known */
    const weft_span_kind kind = options != NULL ? options->kind : WEFT_KIND_INTERNAL;
    const weft_gate *gate = scope != NULL ? WEFT_LOAD_(scope->gate_) : NULL;
    if (gate == NULL || name == NULL || !plain)
        return weft_span_start_in(scope, name, options);
    if (WEFT_PEEK_(gate->spans) == WEFT_SPANS_NONE)
        return none;
    weft_span_start_plain_(&span, gate, name, WEFT_LITERAL_SIZE_(name), kind);
    return span;
}
static inline weft_span weft_span_enter_(weft_scope *scope, const char *name, const weft_span_options *options)
{
    const weft_span none = { { { { 0 }, { 0 }, 0, false, { 0 }, 0 }, 0, 0, 0 } };
    weft_span span;
    const bool plain = weft_span_plain_(options); /* before the atomic load: behind it, constants are no longer known */
    const weft_span_kind kind = options != NULL ? options->kind : WEFT_KIND_INTERNAL;
    const weft_gate *gate = scope != NULL ? WEFT_LOAD_(scope->gate_) : NULL;
    if (gate == NULL || name == NULL || !plain)
        return weft_span_enter_in(scope, name, options);
    if (WEFT_PEEK_(gate->spans) == WEFT_SPANS_NONE)
        return none;
    weft_span_enter_plain_(&span, gate, name, WEFT_LITERAL_SIZE_(name), kind);
    return span;
}
static inline void weft_span_leave_(const weft_span *span)
{
    if ((span->context.record_ | span->context.hold_) != 0)
        weft_span_leave(span);
}

/* Record. */

WEFT_API void weft_span_set_list(const weft_span *span, const weft_attribute *list, size_t count);
/** time: ns since the epoch, 0 for now. */
WEFT_API void weft_span_event_list(const weft_span *span, const char *name, uint64_t time, const weft_attribute *list,
                                   size_t count);
WEFT_API void weft_span_link(const weft_span *span, const weft_link *link);
WEFT_API void weft_span_rename(const weft_span *span, const char *name);
/** Text only with an error. Instrumentation sets errors and leaves success unset (STS-4). */
WEFT_API void weft_span_status_set(const weft_span *span, weft_span_status status, const char *text);
/** Status error, error.type, and the exception as event or log as OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN says. */
WEFT_API void weft_span_error(const weft_span *span, const char *type, const char *format, ...) WEFT_PRINTF(3, 4);
/** The same from errno: type "ENOENT", message "open /etc/x: No such file or directory". */
WEFT_API void weft_span_errno(const weft_span *span, int number, const char *format, ...) WEFT_PRINTF(3, 4);
WEFT_API void weft_span_exception(const weft_span *span, const weft_exception *exception);

WEFT_END

#ifndef __cplusplus

/* The same in this file's scope: weft_span_start("name", .kind = WEFT_KIND_CLIENT, .parent = &ctx). */
#define weft_span_start(...) weft_span_start_(WEFT_HERE, WEFT_FIRST_(__VA_ARGS__), WEFT_SPAN_OPTIONS_(__VA_ARGS__))
#define weft_span_enter(...) weft_span_enter_(WEFT_HERE, WEFT_FIRST_(__VA_ARGS__), WEFT_SPAN_OPTIONS_(__VA_ARGS__))
#define WEFT_SPAN_OPTIONS_(...) WEFT_JOIN_(WEFT_SPAN_OPTIONS_, WEFT_MORE_(__VA_ARGS__))(__VA_ARGS__)
#define WEFT_SPAN_OPTIONS_ONE(name) NULL
#define WEFT_SPAN_OPTIONS_MANY(name, ...) (&(const weft_span_options){ .size = sizeof(weft_span_options), __VA_ARGS__ })

/** weft_span_set(&span, weft_attr("a", 1), weft_attr("b", "two")); a key set twice keeps the last value. */
#define weft_span_set(span, ...)                                                                                       \
    weft_span_set_list((span), (const weft_attribute[]){ __VA_ARGS__ },                                                \
                       sizeof((const weft_attribute[]){ __VA_ARGS__ }) / sizeof(weft_attribute))
/** weft_span_event(&span, "cache miss"); or with attributes after the name. */
#define weft_span_event(span, ...)                                                                                     \
    weft_span_event_list((span), WEFT_FIRST_(__VA_ARGS__), 0, WEFT_ATTRS_AFTER_FIRST_(__VA_ARGS__))

/** The current span, wherever a span is wanted: weft_span_set(WEFT_CURRENT, weft_attr("user.id", id)). */
#define WEFT_CURRENT (&(const weft_span){ weft_context_current() })

#ifdef WEFT_CLEANUP
/** A span around the rest of the block, however it is left (return, break, goto, fall through):
 * WEFT_SPAN(span, "charge card", .kind = WEFT_KIND_CLIENT); */
#define WEFT_SPAN(variable, ...)                                                                                       \
    WEFT_UNUSED const weft_span variable WEFT_CLEANUP(weft_span_leave_) = weft_span_enter(__VA_ARGS__)
/** Around the block that follows. With the extension every way out ends it; without, return, break and goto do not, and
 * the next leave of an outer span does. */
#define WEFT_SPAN_BLOCK(variable, ...)                                                                                 \
    for (const weft_span variable WEFT_CLEANUP(weft_span_leave_) = weft_span_enter(__VA_ARGS__),                       \
                                  *variable##_once = &variable;                                                        \
         variable##_once != NULL; variable##_once = NULL)
#else
#define WEFT_SPAN_BLOCK(variable, ...)                                                                                 \
    for (const weft_span variable = weft_span_enter(__VA_ARGS__), *variable##_once = &variable;                        \
         variable##_once != NULL; weft_span_leave(&variable), variable##_once = NULL)
#endif
#endif

#ifdef WEFT_DISABLED
#include <weft/disabled.h>
#endif
#endif
