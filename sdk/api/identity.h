/* identity.h - what makes two scopes the same: comparing and copying names and attributes. */
#ifndef WEFT_SDK_API_IDENTITY_H
#define WEFT_SDK_API_IDENTITY_H

#include <weft/scope.h>

#include "sdk/base/base.h"

/* Name, version, schema URL and attributes; not the private fields. */
bool weft__scope_same(const weft_scope *a, const weft_scope *b);
/* A copy with texts and attributes of its own, in one piece of memory that begins at scope->name; false without. */
bool weft__scope_copy(const weft_scope *from, weft_scope *scope);
/* Whether this attribute of a copied list does not count: it has no key, or a later one has the same. */
WEFT_PRIVATE bool weft__attribute_hidden(weft_attributes list, size_t index);

#endif
