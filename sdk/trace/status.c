/* status.c - name and status of an open span: what is replaced rather than added. */
#include <string.h>

#include "sdk/common/record.h"
#include "sdk/trace/append.h"
#include "sdk/trace/attribute.h"
#include "sdk/trace/compact.h"
#include "sdk/trace/event.h"
#include "sdk/trace/lock.h"
#include "sdk/trace/simple.h"

/* Where a text would have to be cut, what has been replaced makes room first. */
static void make_room(weft__thread *thread, weft__block *head, size_t size)
{
    size_t left = WEFT__RECORD_CAP - atomic_load_explicit(&head->used, memory_order_relaxed);
    if (WEFT_UNLIKELY(size + WEFT__CUT_LEAST > left) && (head->fix & (WEFT__FIX_KEYS | WEFT__FIX_REPLACED)) != 0)
        weft__compact(thread, head);
}

static void rename_entered(weft__thread *thread, const weft_span *span, const char *name)
{
    weft__block *head = weft__record_lock(span);
    if (head == NULL)
        return;
    size_t size = strnlen(name, WEFT__RECORD_CAP);
    make_room(thread, head, size);
    head->fix |= WEFT__FIX_REPLACED;
    if (!weft__append_text(thread, head, WEFT__TAG_NAME, name, size))
        head->fix |= WEFT__CUT;
    weft__record_unlock(thread, head, span);
}

/* A Status message: its text, and the code behind it. */
static bool put_status(weft__thread *thread, weft__block *head, uint8_t code, const char *text, size_t text_size)
{
    size_t size = (text_size != 0 ? 1 + weft__varint_size(text_size) + text_size : 0) + 2;
    uint8_t *at = weft__append_room(thread, head, 1 + weft__varint_size(size) + size);
    if (at == NULL)
        return false;
    uint64_t bits = 0;
    at[0] = WEFT__TAG_STATUS;
    uint8_t *p = weft__varint_put(at + 1, size);
    if (text_size != 0) {
        *p++ = 0x12;
        p = weft__varint_put(p, text_size);
        weft__copy_text(p, text, (uint32_t)text_size, &bits);
        p += text_size;
    }
    *p++ = 0x18;
    *p++ = code;
    head->fix |=
        (uint16_t)((head->status != 0 ? WEFT__FIX_REPLACED : 0) | ((bits & WEFT__HIGH_BITS) != 0 ? WEFT__FIX_TEXT : 0));
    head->status = code;
    weft__append_done(thread, head, at, (size_t)(p - at));
    return true;
}

/* A status without a text: four bytes. */
WEFT_INLINE bool put_code(weft__block *head, uint8_t code)
{
    uint32_t used = atomic_load_explicit(&head->used, memory_order_relaxed);
    if (WEFT_UNLIKELY(used + 4 > WEFT__HEAD_ROOM))
        return false;
    if (head->status != 0)
        head->fix |= WEFT__FIX_REPLACED;
    head->status = code;
    weft__store4(head->stream + used, WEFT__TAG_STATUS, 2, 0x18, code);
    atomic_store_explicit(&head->used, used + 4, memory_order_release);
    return true;
}

static size_t cut_text(const char *text, size_t most)
{
    size_t size = strnlen(text, most + 1);
    if (size <= most)
        return size;
    for (size = most; most - size < 3 && size > 0 && ((uint8_t)text[size] & 0xc0) == 0x80;)
        size--;
    return size;
}

/* With a text, or where the block is full. */
static WEFT_COLD void status_slowly(weft__thread *thread, weft__block *head, weft_span_status status, const char *text)
{
    make_room(thread, head, text != NULL ? strnlen(text, WEFT__RECORD_CAP) : 0);
    size_t left = WEFT__RECORD_CAP - atomic_load_explicit(&head->used, memory_order_relaxed), size = 0;
    if (status == WEFT_STATUS_ERROR && text != NULL && left > WEFT__CUT_LEAST) {
        size = cut_text(text, left - WEFT__CUT_MARGIN);
        if (text[size] != '\0')
            head->fix |= WEFT__CUT;
    }
    if (!put_status(thread, head, (uint8_t)status, text, size)) {
        head->fix |= WEFT__CUT;
        put_status(thread, head, (uint8_t)status, "", 0);
    }
}

void weft__span_rename(weft__thread *thread, const weft_span *span, const char *name)
{
    if (weft__enter_counted(thread)) {
        rename_entered(thread, span, name);
        weft__leave(thread);
    }
}

void weft__span_status(weft__thread *thread, const weft_span *span, weft_span_status status, const char *text)
{
    if (WEFT_UNLIKELY(!weft__enter_counted(thread)))
        return;
    weft__block *head = weft__record_lock(span);
    if (WEFT_LIKELY(head != NULL)) {
        bool text_counts = text != NULL && status == WEFT_STATUS_ERROR;
        if (head->status != WEFT_STATUS_OK &&
            (text_counts || !put_code(head, (uint8_t)status))) /* Ok is final (STS-3) */
            status_slowly(thread, head, status, text);
        weft__record_unlock(thread, head, span);
    }
    weft__leave(thread);
}
