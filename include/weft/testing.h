/* testing.h - for tests of instrumentation: an SDK whose clock stands still, whose ids are 1, 2, 3 ... and whose
 * records stay in memory. Stop it with weft_sdk_stop(), which gives real time back. Any thread; time belongs to the
 * process, and is shared by all test SDKs. Functions on an SDK that does not run, or was not started here, find
 * nothing.
 *
 * weft_sdk sdk = weft_test_start(NULL);
 * ... the code under test ...
 * assert(weft_test_span_named(sdk, "charge card", &span) && span.status == WEFT_STATUS_ERROR); */
#ifndef WEFT_TESTING_H
#define WEFT_TESTING_H

#include <weft/sdk.h>

WEFT_BEGIN

/** options may be NULL; their exporters, ids and environment are replaced, up to 16 processors are kept. The clock
 * stands at 1 s after the epoch. No thread is started: spans are taken up by the calls below. */
WEFT_API weft_sdk weft_test_start(const weft_sdk_options *options);
/** Moves time by so many nanoseconds. */
WEFT_API void weft_test_advance(weft_sdk sdk, uint64_t ns);

/** Sampled spans that have ended so far, in the order of their ends; up to 64 MiB. */
WEFT_API size_t weft_test_span_count(weft_sdk sdk);
/** The one with this index, 0 being the oldest; false, and nothing of use in *view, where there is none. The view lives
 * until reset or stop. */
WEFT_API bool weft_test_span(weft_sdk sdk, size_t index, weft_span_view *view);
/** The first with this name. */
WEFT_API bool weft_test_span_named(weft_sdk sdk, const char *name, weft_span_view *view);
/** The span's attribute with this key; false, and nothing written, where it is not there. Elements of an array or map
 * live until this thread reads the next attribute (see weft/view.h). */
WEFT_API bool weft_test_attribute(const weft_span_view *span, const char *key, weft_attribute *attribute);
/** All of it as stable text, for golden files: a line for each span, then one for each of its events and links. Values
 * are JSON, ids hex without leading zeros, times ns since the start. Copies like snprintf. */
WEFT_API size_t weft_test_snapshot(weft_sdk sdk, char *out, size_t size);
/** Forgets the spans; ids and time go on. */
WEFT_API void weft_test_reset(weft_sdk sdk);

WEFT_END
#endif
