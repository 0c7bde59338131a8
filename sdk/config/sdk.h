/* sdk.h - starting an SDK in ways that programs cannot ask for. */
#ifndef WEFT_SDK_CONFIG_SDK_H
#define WEFT_SDK_CONFIG_SDK_H

#include <weft/sdk.h>

#include "sdk/common/pump.h"

/* weft_sdk_start() with another driver of the pump than the thread: for tests, and hosts that drive it themselves. */
weft_sdk weft__sdk_start(const weft_sdk_options *options, weft__driver driver);

#endif
