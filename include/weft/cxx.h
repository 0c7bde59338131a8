/* cxx.h - the words of weft.h for C++17: the same calls compile, scopes are RAII. Included by weft.h. */
#ifndef WEFT_CXX_H
#define WEFT_CXX_H

#ifdef __cplusplus

#include <initializer_list>
#include <string_view>
#include <type_traits>

#include <weft/context.h>
#include <weft/scope.h>
#include <weft/span.h>

/* Values of the argument's own type; true and false are bools here. Pointers to anything but char do not compile. */
template <class T> inline weft_value weft_value_of(const T &v)
{
    using U = std::decay_t<T>;
    if constexpr (std::is_same_v<U, weft_value>)
        return v;
    else if constexpr (std::is_same_v<U, weft_text>)
        return weft_string_n(v);
    else if constexpr (std::is_same_v<U, bool>)
        return weft_bool(v);
    else if constexpr (std::is_enum_v<U>)
        return weft_int(static_cast<int64_t>(v));
    else if constexpr (std::is_integral_v<U> && std::is_unsigned_v<U>)
        return weft_uint(v);
    else if constexpr (std::is_integral_v<U>)
        return weft_int(v);
    else if constexpr (std::is_floating_point_v<U>)
        return weft_double(static_cast<double>(v));
    else if constexpr (std::is_convertible_v<const T &, const char *>)
        return weft_string(v);
    else {
        static_assert(std::is_convertible_v<const T &, std::string_view>, "not an attribute type");
        const std::string_view text = v;
        return weft_string_n(weft_text_n(text.data(), text.size()));
    }
}

template <class T> inline weft_attribute weft_attr(const char *key, const T &v)
{
    return weft_attribute_of(key, weft_value_of(v));
}

inline weft_value weft_map(std::initializer_list<weft_attribute> list)
{
    return weft_map_n(list.begin(), list.size());
}

template <class... A> inline void weft_span_set(const weft_span *span, const A &...attribute)
{
    const weft_attribute list[] = { attribute... };
    weft_span_set_list(span, list, sizeof...(attribute));
}

template <class... A> inline void weft_span_event(const weft_span *span, const char *name, const A &...attribute)
{
    const weft_attribute list[] = { attribute..., weft_attribute{} };
    weft_span_event_list(span, name, 0, list, sizeof...(attribute));
}

namespace weft {

/* Options in the style of designated initialisers: weft::with().kind(WEFT_KIND_SERVER).carrier(&headers). */
/* clang-format off */
struct with : weft_span_options {
    with() : weft_span_options{} { weft_span_options::size = sizeof(weft_span_options); }
    with &kind(weft_span_kind v) { weft_span_options::kind = v; return *this; }
    with &root() { weft_span_options::root = true; return *this; }
    with &parent(const weft_context *v) { weft_span_options::parent = v; return *this; }
    with &carrier(const weft_carrier *v) { weft_span_options::carrier = v; return *this; }
    with &links(const weft_link *list, size_t n) { weft_span_options::links = { list, n }; return *this; }
    with &attributes(const weft_attribute *list, size_t n) { weft_span_options::attributes = { list, n }; return *this; }
};
/* clang-format on */

/* Entered here, left at the end of the scope; &it is a const weft_span *. */
class scoped_span : public weft_span {
  public:
    scoped_span(weft_scope *scope, const char *name) : weft_span(weft_span_enter_in(scope, name, nullptr)) {}
    scoped_span(weft_scope *scope, const char *name, const weft_span_options &o)
        : weft_span(weft_span_enter_in(scope, name, &o))
    {}
    scoped_span(const scoped_span &) = delete;
    scoped_span &operator=(const scoped_span &) = delete;
    ~scoped_span() { weft_span_leave(this); }
};

class attached {
    weft_token token;

  public:
    explicit attached(weft_token t) : token(t) {}
    attached(const attached &) = delete;
    attached &operator=(const attached &) = delete;
    ~attached() { (void)weft_context_detach(token); }
};

/* What WEFT_CURRENT points into; lives to the end of the full expression. */
class current_span {
    weft_span span = weft_span_current();

  public:
    operator const weft_span *() const { return &span; }
};

/* An owned context: moves, does not copy. */
class context : public weft_context {
  public:
    explicit context(weft_context owned) : weft_context(owned) {}
    context(context &&other) noexcept : weft_context(other) { static_cast<weft_context &>(other) = weft_context{}; }
    context(const context &) = delete;
    context &operator=(const context &) = delete;
    ~context() { weft_context_release(this); }
};

} // namespace weft

#define WEFT_CURRENT (::weft::current_span())
#define WEFT_SPAN(variable, ...) const ::weft::scoped_span variable(WEFT_HERE, __VA_ARGS__)
#define weft_span_start(name) weft_span_start_in(WEFT_HERE, (name), nullptr)
#define weft_span_enter(name) weft_span_enter_in(WEFT_HERE, (name), nullptr)
#define WEFT_ATTACH(context) const ::weft::attached WEFT_JOIN_(weft_token_, __LINE__)(weft_context_attach(context))
#define WEFT_BAGGAGE(name, value)                                                                                      \
    const ::weft::attached WEFT_JOIN_(weft_token_, __LINE__)(weft_baggage_attach((name), (value)))
#define WEFT_CONTEXT(variable, owned) ::weft::context variable(owned)
#endif
#endif
