/* wake.h - when the worker sleeps and what wakes it. Tracing threads pay an eventfd write only where it sleeps and
 * there is a batch's worth to do. */
#ifndef WEFT_SDK_COMMON_WAKE_H
#define WEFT_SDK_COMMON_WAKE_H

#include "sdk/base/base.h"

/* Makes the descriptor (once for each process: a forked child makes its own), and asks the pool for notices. It is
 * never closed: a tracing thread may be about to write to it. */
weft_status weft__wake_start(void);
/* Makes it anew where the program has closed it under us. */
void weft__wake_renew(void);
/* Readable when the worker should step. */
int weft__wake_fd(void);
/* The worker should step, soon. Any thread, signal handlers too; takes no lock. */
void weft__wake(void);

/* For the worker. A step begins: what is told from now on makes another one. */
void weft__wake_begin(void);
/* It means to sleep. idle: until the first record; else until `batch` records have ended, told in chunks. */
void weft__wake_expect(bool idle, uint32_t batch, uint32_t chunk);
/* Asleep from now on; false where it was told something in the meantime, and must step again instead. */
bool weft__wake_sleep(void);
/* Whether it was told something since it went to sleep. */
bool weft__wake_told(void);

/* How often a tracing thread had to write. */
uint64_t weft__wake_count(void);

#endif
