/* settings.h - what is used: the program's options, else the environment, else the defaults. */
#ifndef WEFT_SDK_CONFIG_SETTINGS_H
#define WEFT_SDK_CONFIG_SETTINGS_H

#include "sdk/common/pump.h"
#include "sdk/trace/provider.h"

/* OTEL_SDK_DISABLED. */
bool weft__setting_disabled(void);
/* OTEL_LOG_LEVEL: what of the diagnostics is told. */
void weft__setting_log_level(void);
/* Sets names, or where that is NULL what OTEL_PROPAGATORS says, or the defaults. */
void weft__setting_propagators(const char *names);
/* OTEL_TRACES_SAMPLER and its argument, or the default; NULL without memory. */
weft_sampler *weft__setting_sampler(void);
/* OTEL_SPAN_*, OTEL_ATTRIBUTE_*, OTEL_EVENT_*, OTEL_LINK_*; own may be NULL. */
weft__limits weft__setting_limits(const weft_limits *own);
/* OTEL_BSP_*, or the defaults; 0 is 0 here. */
typedef struct weft__batch_setting {
    uint32_t max_queue, max_batch, delay_ms, timeout_ms;
} weft__batch_setting;
weft__batch_setting weft__setting_batch_defaults(void);
/* What own says, and for the rest the defaults. */
weft_batch_options weft__setting_batch(const weft_batch_options *own, const weft__batch_setting *defaults);
/* OTEL_TRACES_EXPORTER: makes them, and returns how many. */
enum { WEFT__SETTING_EXPORTERS = 2 };
size_t weft__setting_exporters(weft__destination_options out[WEFT__SETTING_EXPORTERS]);

#endif
