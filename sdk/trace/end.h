/* end.h - ending a span: its time, the processors, and the way to the worker. */
#ifndef WEFT_SDK_TRACE_END_H
#define WEFT_SDK_TRACE_END_H

#include "sdk/common/pool.h"
#include "sdk/trace/provider.h"

/* weft__sdk_ops.end */
void weft__span_end(weft__thread *thread, const weft_span *span, uint64_t time);
/* The same for a record whose control word the caller has set to WEFT__ENDING. */
void weft__record_end(weft__thread *thread, weft__block *head, uint64_t time);

#endif
