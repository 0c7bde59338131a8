/* drain.h - how ended records reach the worker: a list for each thread, and a list of the threads that have any. */
#ifndef WEFT_SDK_COMMON_DRAIN_H
#define WEFT_SDK_COMMON_DRAIN_H

#include "sdk/common/pool.h"

/* The thread's list has just become non-empty: the worker is to visit it. */
void weft__drain_register(weft__thread *thread);

#endif
