/* view.h - a record as the public reading side shows it. */
#ifndef WEFT_SDK_COMMON_VIEW_H
#define WEFT_SDK_COMMON_VIEW_H

#include <weft/view.h>

#include "sdk/common/record.h"
#include "sdk/common/resource.h"

/* Fills the view, whose size the caller has set; it borrows from record and resource. */
void weft__view_of(const weft__record *record, const weft__resource *resource, weft_span_view *view);

#endif
