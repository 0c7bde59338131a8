/* loss.c - the lines about losses: one when a loss begins, one with the number when it is over. */
#include "sdk/common/loss.h"

#include <inttypes.h>

#include "sdk/base/diag.h"

enum { QUIET_MS = 60000 };

/* The name for the diagnostics, and what people read. */
static const struct {
    const char *name, *text;
} causes[WEFT__LOSSES] = {
    [WEFT__LOST_QUEUE] = { "dropped_queue", "the queue is full (OTEL_BSP_MAX_QUEUE_SIZE)" },
    [WEFT__LOST_MEMORY] = { "dropped_memory", "the memory for waiting batches is used up (batch_budget)" },
    [WEFT__LOST_REJECTED] = { "dropped_rejected", "the receiver refuses them" },
    [WEFT__LOST_FAILED] = { "dropped_failed", "they cannot be delivered in time (OTEL_BSP_EXPORT_TIMEOUT)" },
    [WEFT__LOST_STOP] = { "dropped_stop", "they were left over when the time for the stop ran out" },
};

void weft__loss_over(weft__loss *loss)
{
    if (WEFT_UNLIKELY(loss->under_way))
        loss->over = true;
}

static void tell_begin(weft__loss *loss, int cause, const char *name, const char *message, int64_t now)
{
    loss->under_way = true;
    loss->over = false;
    loss->next = now + QUIET_MS;
    weft__diag(WEFT__WARNING, causes[cause].name, "exporter %s: records are being dropped: %s%s%s", name,
               causes[cause].text, message[0] != '\0' ? ": " : "", message);
}

static void tell_end(weft__loss *loss, int cause, const char *name, uint64_t count, int64_t now)
{
    uint64_t lost = count - loss->told;
    loss->under_way = loss->over = false;
    loss->told = count;
    loss->next = now + QUIET_MS;
    weft__diag(WEFT__WARNING, causes[cause].name, "exporter %s: %" PRIu64 " records were dropped: %s", name, lost,
               causes[cause].text);
}

void weft__loss_tell(weft__loss losses[WEFT__LOSSES], const char *name, const char *message, int64_t now, bool last)
{
    for (int i = 0; i < WEFT__LOSSES; i++) {
        weft__loss *loss = &losses[i];
        uint64_t count = atomic_load_explicit(&loss->count, memory_order_relaxed);
        bool more = count != loss->seen;
        bool says_why = i == WEFT__LOST_REJECTED || i == WEFT__LOST_FAILED;
        loss->seen = count;
        if (more)
            loss->over = false;
        if (!loss->under_way && count != loss->told && now >= loss->next && !last)
            tell_begin(loss, i, name, says_why ? message : "", now);
        else if (last ? count != loss->told : loss->over && now >= loss->next)
            tell_end(loss, i, name, count, now);
    }
}
