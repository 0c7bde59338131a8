/* encode.h - from records to the protobuf bytes of OTLP. No message tree: a record's stream is in OTLP's form already.
 */
#ifndef WEFT_EXPORTERS_OTLP_ENCODE_H
#define WEFT_EXPORTERS_OTLP_ENCODE_H

#include "sdk/common/export.h"

/* Appends the record as one ScopeSpans.spans field: tag, length, Span. Any thread; out's failure is sticky. */
void weft__otlp_encode_span(weft__buffer *out, const weft__record *record);
/* Appends an ExportTraceServiceRequest with all the batch's groups, whose bytes are fields of the function above. Texts
 * of scopes are repaired. False without memory, or where the request would pass out's limit. */
bool weft__otlp_traces_request(weft__buffer *out, const weft_batch *batch);

#endif
