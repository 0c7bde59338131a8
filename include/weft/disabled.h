/* disabled.h - with -DWEFT_DISABLED: the words of span.h compile to nothing. Contexts, baggage and propagation stay as
 * they are. Included by span.h; a program does not include it itself.
 *
 * Arguments are checked by the compiler, and not evaluated where the language allows it: they stand behind `0 ?`. */
#ifndef WEFT_DISABLED_H
#define WEFT_DISABLED_H

#include <weft/span.h>

#ifdef WEFT_DISABLED

static inline weft_span weft_no_span_(void)
{
    const weft_span none = { { { { 0 }, { 0 }, 0, false, { 0 }, 0 }, 0, 0, 0 } };
    return none;
}
static inline weft_span weft_no_start_(const weft_scope *scope, const char *name, const weft_span_options *options)
{
    (void)scope, (void)name, (void)options;
    return weft_no_span_();
}
static inline void weft_no_call_(const weft_span *span)
{
    (void)span;
}
static inline void weft_no_time_(const weft_span *span, uint64_t time)
{
    (void)span, (void)time;
}
static inline void weft_no_list_(const weft_span *span, const weft_attribute *list, size_t count)
{
    (void)span, (void)list, (void)count;
}
static inline void weft_no_event_(const weft_span *span, const char *name, uint64_t time, const weft_attribute *list,
                                  size_t count)
{
    (void)span, (void)name, (void)time, (void)list, (void)count;
}
static inline void weft_no_link_(const weft_span *span, const weft_link *link)
{
    (void)span, (void)link;
}
static inline void weft_no_name_(const weft_span *span, const char *name)
{
    (void)span, (void)name;
}
static inline void weft_no_status_(const weft_span *span, weft_span_status status, const char *text)
{
    (void)span, (void)status, (void)text;
}
static inline void weft_no_exception_(const weft_span *span, const weft_exception *exception)
{
    (void)span, (void)exception;
}
WEFT_PRINTF(3, 4) static inline void weft_no_error_(const weft_span *span, const char *type, const char *format, ...)
{
    (void)span, (void)type, (void)format;
}
WEFT_PRINTF(3, 4) static inline void weft_no_errno_(const weft_span *span, int number, const char *format, ...)
{
    (void)span, (void)number, (void)format;
}
static inline bool weft_no_question_(const weft_span *span)
{
    (void)span;
    return false;
}

#define weft_span_start_in(scope, name, options) (0 ? weft_no_start_((scope), (name), (options)) : weft_no_span_())
#define weft_span_enter_in(scope, name, options) (0 ? weft_no_start_((scope), (name), (options)) : weft_no_span_())
#define weft_span_enabled_in(scope) ((void)(scope), false)
#define weft_span_end(span) (0 ? weft_no_call_(span) : (void)0)
#define weft_span_end_at(span, time) (0 ? weft_no_time_((span), (time)) : (void)0)
#define weft_span_leave(span) (0 ? weft_no_call_(span) : (void)0)
#define weft_span_recording(span) (0 ? weft_no_question_(span) : false)
#define weft_span_set_list(span, list, count) (0 ? weft_no_list_((span), (list), (count)) : (void)0)
#define weft_span_event_list(span, name, time, list, count)                                                            \
    (0 ? weft_no_event_((span), (name), (time), (list), (count)) : (void)0)
#define weft_span_link(span, link) (0 ? weft_no_link_((span), (link)) : (void)0)
#define weft_span_rename(span, name) (0 ? weft_no_name_((span), (name)) : (void)0)
#define weft_span_status_set(span, status, text) (0 ? weft_no_status_((span), (status), (text)) : (void)0)
#define weft_span_exception(span, exception) (0 ? weft_no_exception_((span), (exception)) : (void)0)
#define weft_span_error(...) (0 ? weft_no_error_(__VA_ARGS__) : (void)0)
#define weft_span_errno(...) (0 ? weft_no_errno_(__VA_ARGS__) : (void)0)

#ifndef __cplusplus
#undef weft_span_start
#undef weft_span_enter
#undef weft_span_set
#undef weft_span_event
#undef WEFT_SPAN
#undef WEFT_SPAN_BLOCK
#define weft_span_start(...)                                                                                           \
    (0 ? weft_no_start_(WEFT_HERE, WEFT_FIRST_(__VA_ARGS__), WEFT_SPAN_OPTIONS_(__VA_ARGS__)) : weft_no_span_())
#define weft_span_enter(...) weft_span_start(__VA_ARGS__)
#define weft_span_set(span, ...) (0 ? weft_no_list_((span), (const weft_attribute[]){ __VA_ARGS__ }, 0) : (void)0)
#define weft_span_event(span, ...)                                                                                     \
    (0 ? weft_no_event_((span), WEFT_FIRST_(__VA_ARGS__), 0, WEFT_ATTRS_AFTER_FIRST_(__VA_ARGS__)) : (void)0)
#define WEFT_SPAN(variable, ...) WEFT_UNUSED const weft_span variable = weft_span_enter(__VA_ARGS__)
#define WEFT_SPAN_BLOCK(variable, ...)                                                                                 \
    for (const weft_span variable = weft_span_enter(__VA_ARGS__), *variable##_once = &variable;                        \
         variable##_once != NULL; variable##_once = NULL)
#endif
#endif
#endif
