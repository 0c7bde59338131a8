/* retry.h - whether and when a request is sent again. Pure arithmetic: no clock, no I/O. The numbers and their reasons
 * are in docs/decisions/0010-otlp-retry.md. */
#ifndef WEFT_EXPORTERS_OTLP_RETRY_H
#define WEFT_EXPORTERS_OTLP_RETRY_H

#include "exporters/transport/transport.h"

enum {
    WEFT__RETRY_FIRST_MS = 1000,           /* the first wait, before jitter */
    WEFT__RETRY_MOST_MS = 30000,           /* waits grow up to this, by half each */
    WEFT__RETRY_LEAST_MS = 100,            /* also where the receiver asks for less */
    WEFT__RETRY_OBEYED_MS = 5 * 60 * 1000, /* a Retry-After is not obeyed for longer */
};

/* One batch's attempts; all zero: none so far. */
typedef struct weft__retry {
    uint32_t attempts; /* that failed */
    int64_t wait;      /* ms, before jitter, of the last one */
} weft__retry;

typedef enum weft__verdict { WEFT__TAKEN, WEFT__AGAIN, WEFT__FINAL } weft__verdict;

/* What an answer or a failure means (OXT-2, OXT-4, OXT-9, OXT-10). */
weft__verdict weft__retry_judge(const weft__response *response);
/* Monotonic ms of the next attempt after one that failed at now; -1: none that would begin before the deadline.
 * retry_after: ms, -1 for none; random: any 64 bits. */
int64_t weft__retry_next(weft__retry *retry, int64_t now, int64_t deadline, int64_t retry_after, uint64_t random);

#endif
