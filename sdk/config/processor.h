/* processor.h - the end of a processor that nobody calls any more. */
#ifndef WEFT_SDK_CONFIG_PROCESSOR_H
#define WEFT_SDK_CONFIG_PROCESSOR_H

#include "sdk/trace/provider.h"

/* With the exporter that it still has. NULL is allowed. */
void weft__processor_free(weft_processor *processor);

#endif
