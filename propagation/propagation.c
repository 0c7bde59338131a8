/* propagation.c - the propagators that are known and those that are set; extract and inject run them in order (PRP-7).
 *
 * What is set is one word of 4-bit numbers into the table of what is known, which only grows: so readers need no lock
 * and nothing is ever freed under them. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "propagation/formats.h"
#include "sdk/api/context.h"
#include "sdk/base/diag.h"
#include "sdk/base/text.h"

enum { KNOWN_MOST = 15, FIELDS_MOST = 64, NUMBER_BITS = 4 };

typedef struct propagator {
    const weft__format *format; /* built in; else: */
    const weft_propagator_ops *ops;
    void *self;
} propagator;

typedef struct field_list {
    const char *names[FIELDS_MOST + 1];
} field_list;

/* The one place of state: the fields of the set and of the one before, and all else. Below `known` the table does not
 * change any more. */
static field_list lists[2];
static struct {
    pthread_mutex_t lock; /* for set and register */
    propagator table[KNOWN_MOST];
    _Atomic uint32_t known;
    _Atomic uint64_t set; /* numbers + 1 into the table, the first one lowest */
    const field_list *_Atomic fields;
} state = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .table = { { .format = &weft__format_trace_context }, { .format = &weft__format_baggage } },
    .known = 2,
    .fields = &lists[0],
};

static const char *name_of(const propagator *known)
{
    return known->format != NULL ? known->format->name : known->ops->name;
}

static const char *const *fields_of(const propagator *known)
{
    return known->format != NULL ? known->format->fields : known->ops->fields;
}

/* The number + 1 of a name; 0: not known. */
static WEFT_COLD uint32_t find(weft_text name)
{
    uint32_t known = atomic_load_explicit(&state.known, memory_order_acquire);
    for (uint32_t i = 0; i < known; i++)
        if (weft__same_any_case(name, name_of(&state.table[i])))
            return i + 1;
    return 0;
}

bool weft__propagator_known(weft_text name)
{
    return find(name) != 0 || weft__same_any_case(name, "none");
}

static bool is_in(uint64_t set, uint32_t number)
{
    for (; set != 0; set >>= NUMBER_BITS)
        if ((set & KNOWN_MOST) == number)
            return true;
    return false;
}

static const propagator *next(uint64_t *set)
{
    const propagator *first = &state.table[(*set & KNOWN_MOST) - 1];
    *set >>= NUMBER_BITS;
    return first;
}

static WEFT_COLD void publish(uint64_t set)
{
    field_list *list = atomic_load(&state.fields) == &lists[0] ? &lists[1] : &lists[0];
    size_t count = 0;
    for (uint64_t rest = set; rest != 0;) {
        const char *const *names = fields_of(next(&rest));
        for (size_t i = 0; names != NULL && names[i] != NULL && count < FIELDS_MOST; i++)
            list->names[count++] = names[i];
    }
    list->names[count] = NULL;
    atomic_store_explicit(&state.fields, list, memory_order_release);
    atomic_store_explicit(&state.set, set, memory_order_release);
}

WEFT_COLD weft_status weft_propagators_set(const char *names)
{
    if (names == NULL)
        return WEFT_E_INVALID;
    weft_status status = WEFT_OK;
    weft_text rest = { names, strlen(names) };
    uint64_t set = 0;
    unsigned at = 0;
    pthread_mutex_lock(&state.lock);
    while (rest.size != 0) {
        weft_text name = weft__trim(weft__cut(&rest, ','));
        uint32_t number = find(name);
        if (number != 0 && !is_in(set, number)) {
            set |= (uint64_t)number << at;
            at += NUMBER_BITS;
        } else if (number == 0 && name.size != 0 && !weft__same_any_case(name, "none")) {
            weft__diag(WEFT__WARNING, "propagator", "propagators: \"%.*s\" is not known, ignored", (int)name.size,
                       name.data);
            status = WEFT_E_CONFIG;
        }
    }
    publish(set);
    pthread_mutex_unlock(&state.lock);
    return status;
}

WEFT_COLD weft_status weft_propagator_register(const weft_propagator_ops *ops, void *self)
{
    if (ops == NULL || ops->name == NULL || ops->name[0] == '\0' || ops->extract == NULL || ops->inject == NULL)
        return WEFT_E_INVALID;
    weft_text name = { ops->name, strlen(ops->name) };
    weft_status status = WEFT_E_INVALID;
    pthread_mutex_lock(&state.lock);
    uint32_t known = atomic_load(&state.known), number = find(name);
    if (number != 0) {
        const propagator *old = &state.table[number - 1];
        status = old->ops == ops && old->self == self ? WEFT_OK : WEFT_E_INVALID;
    } else if (known == KNOWN_MOST) {
        status = WEFT_E_MEMORY;
    } else if (!weft__same_any_case(name, "none")) {
        state.table[known] = (propagator){ .ops = ops, .self = self };
        atomic_store_explicit(&state.known, known + 1, memory_order_release);
        status = WEFT_OK;
    }
    pthread_mutex_unlock(&state.lock);
    return status;
}

const char *const *weft_propagation_fields(void)
{
    return atomic_load_explicit(&state.fields, memory_order_acquire)->names;
}

static WEFT_COLD void extract_foreign(const propagator *from, weft_context *draft, const weft_carrier *carrier)
{
    weft_context before = weft__context_finish(draft);
    weft_context after = from->ops->extract(from->self, &before, carrier);
    weft__context_draft(draft, &after);
    weft_context_release(&after);
    weft_context_release(&before);
}

weft_context weft_extract(const weft_context *base, const weft_carrier *carrier)
{
    weft_context draft;
    weft__context_draft(&draft, base);
    uint64_t set = atomic_load_explicit(&state.set, memory_order_acquire);
    if (carrier == NULL || carrier->get == NULL)
        set = 0;
    while (set != 0) {
        const propagator *from = next(&set);
        if (from->format != NULL)
            from->format->extract(&draft, carrier);
        else
            extract_foreign(from, &draft, carrier);
    }
    return weft__context_finish(&draft);
}

void weft_inject(const weft_context *context, const weft_carrier *carrier)
{
    uint64_t set = atomic_load_explicit(&state.set, memory_order_acquire);
    if (set == 0 || carrier == NULL || carrier->set == NULL)
        return;
    /* The current context's cells are held by its entry on the stack. */
    weft_context draft;
    if (context != NULL)
        weft__context_draft(&draft, context);
    else
        draft = weft_context_current();
    while (set != 0) {
        const propagator *to = next(&set);
        if (to->format != NULL)
            to->format->inject(&draft, carrier);
        else
            to->ops->inject(to->self, &draft, carrier);
    }
    if (context != NULL)
        weft__context_discard(&draft);
}
