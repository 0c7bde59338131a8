/* testing.h - for tests of instrumentation: an SDK whose clock stands still, whose ids are 1, 2, 3 ... and whose
 * records stay in memory. Stop it with weft_sdk_stop(). */
#ifndef WEFT_TESTING_H
#define WEFT_TESTING_H

#include <weft/sdk.h>

WEFT_BEGIN

/** options may be NULL; its exporters, ids and environment are replaced. The clock stands at 1 s after the epoch. */
WEFT_API weft_sdk weft_test_start(const weft_sdk_options *options);
WEFT_API void weft_test_advance(weft_sdk sdk, uint64_t ns);

/** Ended spans and records so far, oldest first; the views live until reset or stop. */
WEFT_API size_t weft_test_span_count(weft_sdk sdk);
WEFT_API bool weft_test_span(weft_sdk sdk, size_t index, weft_span_view *view);
/** The first with this name. */
WEFT_API bool weft_test_span_named(weft_sdk sdk, const char *name, weft_span_view *view);
/** One attribute of either; false where it is not there. */
WEFT_API bool weft_test_attribute(const weft_span_view *span, const char *key, weft_attribute *attribute);
/** All of it as stable text, for golden files; copies like snprintf. */
WEFT_API size_t weft_test_snapshot(weft_sdk sdk, char *out, size_t size);
WEFT_API void weft_test_reset(weft_sdk sdk);

WEFT_END
#endif
