/* random_values.h - values of all types, as a seed gives them: the same seed, the same values. One thread. */
#ifndef WEFT_TESTS_SUPPORT_RANDOM_VALUES_H
#define WEFT_TESTS_SUPPORT_RANDOM_VALUES_H

#include <weft/attribute.h>

enum { RANDOM_LIST = 6 }; /* entries of every list */

/* Begins anew: what was taken before is gone. */
void random_start(uint64_t seed);
/* Memory until the next start, wiped; 4 MiB in all. */
void *random_take(size_t size);
/* 0 to bound - 1. */
uint64_t random_below(uint64_t bound);
/* Valid UTF-8 of so many characters at most, ending in a NUL and with none inside. */
const char *random_text(size_t most);
/* Small ones as often as large ones. */
int64_t random_int(void);
/* Values nested to some 6 levels; keys repeat now and then, and some are NULL or empty. depth: 0. */
weft_attributes random_list(unsigned depth);

#endif
