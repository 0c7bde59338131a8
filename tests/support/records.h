/* records.h - a tracing SDK made by hand for tests of what comes behind it: real spans, no configuration. */
#ifndef WEFT_TESTS_SUPPORT_RECORDS_H
#define WEFT_TESTS_SUPPORT_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include <weft/weft.h>

/* The SDK in that slot makes records from now on. Its resource is empty. */
void records_start(uint32_t slot);
void records_stop(uint32_t slot);
/* Of its records. */
uint8_t records_tag(uint32_t slot);

/* Starts and ends that many spans, named "span", in scope number `scope` (0 to 7). */
void records_make(uint32_t slot, uint32_t scope, size_t count);
/* The scope that they are in. */
weft_scope *records_scope(uint32_t slot, uint32_t scope);

/* What the threads have counted for that SDK since it started: sampled spans ended, and handed to the pump. */
uint64_t records_ended(uint32_t slot);

#endif
