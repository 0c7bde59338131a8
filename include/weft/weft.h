/* weft.h - all that instrumentation needs: links libweft-api alone. Programs that start the SDK include weft/sdk.h. */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H

#include <weft/attribute.h>
#include <weft/base.h>
#include <weft/context.h>
#include <weft/propagation.h>
#include <weft/scope.h>
#include <weft/span.h>

#ifdef __cplusplus
#include <weft/cxx.h>
#endif
#endif
