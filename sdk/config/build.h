/* build.h - from options and environment to a provider, and back to nothing. */
#ifndef WEFT_SDK_CONFIG_BUILD_H
#define WEFT_SDK_CONFIG_BUILD_H

#include "sdk/common/pump.h"
#include "sdk/config/registry.h"

enum { WEFT__PARTS = 16 }; /* exporters, and processors, that one SDK may have */

/* Frees all that the options handed over: what a start does that starts nothing. */
void weft__options_free(const weft_sdk_options *options);
/* The provider, with its exporters attached to the pump. Takes the options' parts also when it fails (NULL, after a
 * diagnostic). sdk has a slot and the pool. */
weft__build *weft__build_new(const weft__sdk *sdk, const weft_sdk_options *options, weft__driver driver);
/* Frees it; the pump has let go of it. */
void weft__build_free(weft__build *build);

#endif
