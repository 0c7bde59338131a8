/* traceparent.c - W3C trace context, Level 2: the traceparent and tracestate headers (W3C). */
#include <string.h>

#include "propagation/formats.h"
#include "sdk/api/context.h"
#include "sdk/api/tracestate.h"
#include "sdk/base/hex.h"
#include "sdk/base/text.h"

/* "00-" trace id "-" span id "-" flags */
enum { TRACE_ID = 3, SPAN_ID = 36, FLAGS = 53, SIZE = 55, KNOWN_FLAGS = WEFT_FLAG_SAMPLED | WEFT_FLAG_RANDOM };

/* The ids as words, so that they are written and read again in pieces of one size: else the processor waits. */
typedef struct parent {
    uint64_t ids[3];
    uint8_t flags;
} parent;

WEFT_INLINE bool parse(weft_text header, parent *read)
{
    header = weft__trim(header);
    const char *text = header.data;
    uint8_t version = 0;
    if (header.size < SIZE || text[TRACE_ID - 1] != '-' || text[SPAN_ID - 1] != '-' || text[FLAGS - 1] != '-')
        return false;
    if (!weft__hex_get_one(&version, text) || version == 0xff || !weft__hex_get_one(&read->flags, text + FLAGS))
        return false;
    /* A version that is not known yet may go on after the flags, with another dash (W3C-4). */
    if (header.size > SIZE && (version == 0 || text[SIZE] != '-'))
        return false;
    read->flags &= KNOWN_FLAGS;
    return weft__hex_get_eight(&read->ids[0], text + TRACE_ID) &&
           weft__hex_get_eight(&read->ids[1], text + TRACE_ID + 16) &&
           weft__hex_get_eight(&read->ids[2], text + SPAN_ID) && (read->ids[0] | read->ids[1]) != 0 &&
           read->ids[2] != 0;
}

WEFT_INLINE void put_parent(weft_span_context *span, const parent *read, weft__ref state)
{
    *span = (weft_span_context){ .flags = read->flags, .remote = true, .state_ = state };
    memcpy(span->trace_id, read->ids, sizeof span->trace_id);
    memcpy(span->span_id, &read->ids[2], sizeof span->span_id);
}

bool weft__traceparent_parse(weft_text header, weft_span_context *span)
{
    parent read;
    if (!parse(header, &read))
        return false;
    put_parent(span, &read, 0);
    return true;
}

void weft__traceparent_put(char *out, const weft_span_context *span)
{
    memcpy(out, "00-", 3);
    weft__hex_put_eight(out + TRACE_ID, span->trace_id);
    weft__hex_put_eight(out + TRACE_ID + 16, span->trace_id + 8);
    out[SPAN_ID - 1] = '-';
    weft__hex_put_eight(out + SPAN_ID, span->span_id);
    out[FLAGS - 1] = '-';
    out[FLAGS] = '0';
    out[FLAGS + 1] = (char)('0' + (span->flags & KNOWN_FLAGS));
    out[SIZE] = '\0';
}

/* Several headers are one list (W3C-12); one that is broken voids all of it, but not the traceparent (W3C-11). */
static weft__ref read_states(const weft_carrier *carrier)
{
    weft__ref state = 0;
    size_t members = 0;
    for (size_t i = 0; members <= WEFT__TRACESTATE_MEMBERS; i++) {
        weft_text header = carrier->get(carrier->self, "tracestate", i);
        if (header.data == NULL)
            return state;
        state = weft__tracestate_join(state, &members, header);
    }
    weft__slab_drop(state);
    return 0;
}

static void extract(weft_context *draft, const weft_carrier *carrier)
{
    parent read;
    if (!parse(carrier->get(carrier->self, "traceparent", 0), &read) ||
        carrier->get(carrier->self, "traceparent", 1).data != NULL)
        return;
    weft__slab_drop(draft->span.state_);
    put_parent(&draft->span, &read, read_states(carrier));
    draft->record_ = 0;
}

static void inject(const weft_context *draft, const weft_carrier *carrier)
{
    char header[WEFT_TRACEPARENT_SIZE];
    if (!weft__ids_valid(&draft->span))
        return;
    weft__traceparent_put(header, &draft->span);
    carrier->set(carrier->self, "traceparent", header);
    if (draft->span.state_ != 0)
        carrier->set(carrier->self, "tracestate", weft__tracestate_text(draft->span.state_).data);
}

static const char *const fields[] = { "traceparent", "tracestate", NULL };

const weft__format weft__format_trace_context = {
    .name = "tracecontext", .fields = fields, .extract = extract, .inject = inject
};

char *weft_traceparent(const weft_context *context, char out[WEFT_TRACEPARENT_SIZE])
{
    weft_context seen = context != NULL ? *context : weft_context_current();
    if (out == NULL)
        return out;
    out[0] = '\0';
    if (weft__ids_valid(&seen.span))
        weft__traceparent_put(out, &seen.span);
    return out;
}
