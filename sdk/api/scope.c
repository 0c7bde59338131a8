/* scope.c - the registry of scopes: one identity for each distinct one, with the gate that the headers ask. */
#include <stdlib.h>
#include <string.h>

#include <weft/scope.h>

#include "sdk/api/identity.h"
#include "sdk/api/runtime.h"
#include "sdk/base/diag.h"

/* The one place of state: identities in the order of their number, appended by compare-and-swap and never removed. */
static struct {
    weft__identity *_Atomic table[WEFT__IDENTITIES];
    weft__gate_fn *_Atomic set;
    _Atomic uint32_t changes; /* counts refreshes, so that an identity made meanwhile is set again */
    _Atomic bool passive;
} registry;

static weft__identity unnamed = { .sdk = WEFT__SDK_GLOBAL,
                                  .number = WEFT__IDENTITIES,
                                  .scope = { .size = sizeof(weft_scope), .name = "", .gate_ = &unnamed.gate },
                                  .view = { .size = sizeof(weft_scope_view), .name = { "", 0 }, .source_ = &unnamed } };

static void set_without_sdk(weft__identity *identity)
{
    bool passive = atomic_load_explicit(&registry.passive, memory_order_seq_cst);
    __atomic_store_n(&identity->gate.spans, passive ? WEFT_SPANS_PASSIVE : WEFT_SPANS_NONE, __ATOMIC_RELAXED);
}

static void set_gate(weft__identity *identity)
{
    for (;;) {
        uint32_t changes = atomic_load_explicit(&registry.changes, memory_order_seq_cst);
        weft__gate_fn *set = atomic_load_explicit(&registry.set, memory_order_seq_cst);
        (set != NULL ? set : set_without_sdk)(identity);
        if (atomic_load_explicit(&registry.changes, memory_order_seq_cst) == changes)
            return;
    }
}

static void set_all(void)
{
    atomic_fetch_add(&registry.changes, 1);
    set_gate(&unnamed);
    for (size_t i = 0; i < WEFT__IDENTITIES; i++) {
        weft__identity *identity = atomic_load_explicit(&registry.table[i], memory_order_acquire);
        if (identity == NULL)
            break;
        set_gate(identity);
    }
}

void weft__gates_refresh(weft__gate_fn *set)
{
    atomic_store(&registry.set, set);
    set_all();
}

void weft__gates_passive(void)
{
    /* Asked by every attach: the plain look keeps the line shared. */
    if (!atomic_load_explicit(&registry.passive, memory_order_relaxed) && !atomic_exchange(&registry.passive, true))
        set_all();
}

weft__identity *weft__identity_at(uint32_t number)
{
    weft__identity *identity =
        number < WEFT__IDENTITIES ? atomic_load_explicit(&registry.table[number], memory_order_acquire) : NULL;
    return identity != NULL ? identity : &unnamed;
}

static void make_view(weft__identity *identity)
{
    const weft_scope *scope = &identity->scope;
    identity->view = (weft_scope_view){
        .size = sizeof identity->view,
        .name = weft_text_n(scope->name, strlen(scope->name)),
        .version = weft_text_n(scope->version, strlen(scope->version)),
        .schema_url = weft_text_n(scope->schema_url, strlen(scope->schema_url)),
        .source_ = identity,
    };
    for (size_t i = 0; i < scope->attributes.count; i++)
        identity->view.attribute_count += !weft__attribute_hidden(scope->attributes, i);
}

static weft__identity *make_identity(const weft_scope *scope, uint32_t sdk)
{
    weft__identity *identity = calloc(1, sizeof *identity);
    if (identity == NULL)
        return NULL;
    if (!weft__scope_copy(scope, &identity->scope)) {
        free(identity);
        return NULL;
    }
    identity->sdk = sdk;
    identity->scope.gate_ = &identity->gate;
    make_view(identity);
    return identity;
}

static void free_identity(weft__identity *identity)
{
    if (identity == NULL)
        return;
    free((void *)(uintptr_t)identity->scope.name);
    free(identity);
}

weft__identity *weft__identity_find(const weft_scope *scope, uint32_t sdk)
{
    weft__identity *fresh = NULL;
    for (uint32_t i = 0; i < WEFT__IDENTITIES; i++) {
        weft__identity *found = atomic_load_explicit(&registry.table[i], memory_order_acquire);
        if (found == NULL) {
            if (fresh == NULL && (fresh = make_identity(scope, sdk)) == NULL)
                return &unnamed;
            fresh->number = i;
            set_gate(fresh);
            if (atomic_compare_exchange_strong(&registry.table[i], &found, fresh)) {
                set_gate(fresh); /* a refresh may have passed by before it stood in the table */
                return fresh;
            }
        }
        if (found->sdk == sdk && weft__scope_same(&found->scope, scope)) {
            free_identity(fresh);
            return found;
        }
    }
    free_identity(fresh);
    weft__diag(WEFT__WARNING, "scopes", "more than %d distinct scopes: \"%s\" is recorded without a name",
               WEFT__IDENTITIES, scope->name != NULL ? scope->name : "");
    return &unnamed;
}

const weft_gate *weft_gate_find(weft_scope *scope)
{
    if (scope == NULL) {
        set_gate(&unnamed);
        return &unnamed.gate;
    }
    const weft_gate *gate = __atomic_load_n(&scope->gate_, __ATOMIC_ACQUIRE);
    if (gate == NULL) {
        if (scope->name == NULL || scope->name[0] == '\0')
            weft__diag(WEFT__WARNING, "scope name", "a scope has no name: its telemetry is recorded with an empty one");
        gate = &weft__identity_find(scope, WEFT__SDK_GLOBAL)->gate;
        __atomic_store_n(&scope->gate_, gate, __ATOMIC_RELEASE);
    }
    return gate;
}

weft_scope *weft_scope_get_with(const weft_scope *identity)
{
    static const weft_scope empty = { .size = sizeof empty, .name = "" };
    return &weft__identity_find(identity != NULL ? identity : &empty, WEFT__SDK_GLOBAL)->scope;
}

weft_scope *weft_scope_get(const char *name, const char *version)
{
    return weft_scope_get_with(&(const weft_scope){ .size = sizeof(weft_scope), .name = name, .version = version });
}
