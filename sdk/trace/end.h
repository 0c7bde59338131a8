/* end.h - ending a span: its time, the processors, and the way to the worker. */
#ifndef WEFT_SDK_TRACE_END_H
#define WEFT_SDK_TRACE_END_H

#include "sdk/common/pool.h"
#include "sdk/trace/provider.h"

/* weft__sdk_ops.end, end_entered, leave */
void weft__span_end(weft__thread *thread, const weft_span *span, uint64_t time);
void weft__end_entered(weft__thread *thread, const weft_span *span, uint64_t time);
void weft__span_leave(weft__thread *thread, const weft_span *span);

#endif
