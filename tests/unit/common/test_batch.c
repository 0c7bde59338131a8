/* A batch while it is being filled: groups, flat records, room, and what a failure leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sdk/common/batch.h"

static const weft__resource resource;
static weft__identity identities[40];
static const uint8_t stream[] = { 0x2a, 4, 'n', 'a', 'm', 'e', 0x7a, 0 };

static weft__record record_of(size_t identity)
{
    return (weft__record){ .identity = &identities[identity], .stream = stream, .size = sizeof stream, .kind = 1 };
}

static void encode_ten(weft__buffer *out, const weft__record *record)
{
    (void)record;
    weft__buffer_put(out, "0123456789", 10);
}

static bool add(weft__parcel *parcel, size_t identity, size_t room)
{
    weft__record record = record_of(identity);
    weft_text shared = { NULL, 0 };
    return weft__parcel_add(parcel, &record, encode_ten, room, &shared);
}

static weft__parcel *fresh(void)
{
    weft__parcel *parcel = weft__parcel_new(NULL, &resource);
    assert_non_null(parcel);
    return parcel;
}

static void records_of_a_scope_stay_in_order(void **state)
{
    (void)state;
    weft__parcel *parcel = fresh();
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < WEFT_COUNT_OF(identities); i++)
            assert_true(add(parcel, i, SIZE_MAX));
    }
    const weft_batch *batch = &parcel->batch;
    assert_int_equal(batch->count, 3 * WEFT_COUNT_OF(identities));
    assert_int_equal(batch->bytes, 10 * batch->count);
    assert_int_equal(batch->group_count, WEFT_COUNT_OF(identities));
    for (size_t i = 0; i < batch->group_count; i++) {
        assert_ptr_equal(batch->groups[i].identity, &identities[i]);
        assert_int_equal(batch->groups[i].count, 3);
        assert_int_equal(batch->groups[i].bytes.size, 30);
    }
    weft__batch_release(&parcel->batch);
}

static void flat_records_carry_their_stream(void **state)
{
    (void)state;
    weft__parcel *parcel = fresh();
    weft__record record = record_of(0);
    for (int i = 0; i < 2; i++) {
        weft_text shared = { NULL, 0 };
        assert_true(weft__parcel_add(parcel, &record, NULL, SIZE_MAX, &shared));
        assert_int_equal(shared.size % 8, 0);
    }
    const uint8_t *bytes = parcel->batch.groups[0].bytes.data;
    for (int i = 0; i < 2; i++) {
        weft__flat flat;
        memcpy(&flat, bytes, sizeof flat);
        assert_int_equal(flat.record.size, sizeof stream);
        assert_int_equal(flat.record.kind, 1);
        assert_memory_equal(bytes + sizeof flat, stream, sizeof stream);
        bytes += flat.total;
    }
    assert_int_equal(bytes - parcel->batch.groups[0].bytes.data, parcel->batch.bytes);
    weft__batch_release(&parcel->batch);
}

static void shared_bytes_are_copied(void **state)
{
    (void)state;
    weft__parcel *parcel = fresh();
    weft__record record = record_of(0);
    weft_text shared = weft_text_n("abc", 3);
    assert_true(weft__parcel_add(parcel, &record, encode_ten, SIZE_MAX, &shared));
    assert_int_equal(parcel->batch.bytes, 3);
    assert_memory_equal(parcel->batch.groups[0].bytes.data, "abc", 3);
    weft__batch_release(&parcel->batch);
}

static void without_room_nothing_is_added(void **state)
{
    (void)state;
    weft__parcel *parcel = fresh();
    assert_false(add(parcel, 0, 9));
    assert_int_equal(parcel->batch.group_count, 0); /* no empty group either */
    assert_int_equal(parcel->batch.count, 0);
    assert_true(add(parcel, 1, 10));
    assert_false(add(parcel, 1, 9));
    assert_int_equal(parcel->batch.groups[0].bytes.size, 10);
    assert_int_equal(parcel->batch.bytes, 10);
    weft__batch_release(&parcel->batch);
}

static void a_failed_allocation_leaves_the_batch_usable(void **state)
{
    (void)state;
    weft__parcel *parcel = fresh();
    assert_true(add(parcel, 0, SIZE_MAX));
    parcel->batch.groups[0].bytes.limit = 15; /* what no memory looks like to the buffer */
    assert_false(add(parcel, 0, SIZE_MAX));
    assert_int_equal(parcel->batch.count, 1);
    parcel->batch.groups[0].bytes.limit = 0;
    assert_true(add(parcel, 0, SIZE_MAX));
    assert_int_equal(parcel->batch.groups[0].bytes.size, 20);
    assert_int_equal(parcel->batch.count, 2);
    weft__batch_release(&parcel->batch);
}

static void a_batch_that_somebody_reads_is_not_used_again(void **state)
{
    (void)state;
    weft__parcel *parcel = fresh();
    assert_true(add(parcel, 0, SIZE_MAX));
    weft__batch_hold(&parcel->batch);
    assert_false(weft__parcel_reuse(parcel));
    assert_int_equal(parcel->batch.count, 1);
    weft__batch_release(&parcel->batch);
    assert_true(weft__parcel_reuse(parcel));
    assert_int_equal(parcel->batch.count + parcel->batch.bytes + parcel->batch.group_count, 0);
    assert_true(add(parcel, 5, SIZE_MAX));
    assert_ptr_equal(parcel->batch.groups[0].identity, &identities[5]);
    assert_int_equal(parcel->batch.groups[0].bytes.size, 10);
    weft__batch_release(&parcel->batch);
}

static void the_weight_follows_the_memory(void **state)
{
    (void)state;
    weft__parcel *parcel = fresh();
    size_t empty = weft__parcel_weight(parcel);
    assert_true(empty >= sizeof *parcel);
    assert_true(add(parcel, 0, SIZE_MAX));
    assert_true(weft__parcel_weight(parcel) >= empty + 10);
    weft__batch_release(&parcel->batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_of_a_scope_stay_in_order),
        cmocka_unit_test(flat_records_carry_their_stream),
        cmocka_unit_test(shared_bytes_are_copied),
        cmocka_unit_test(without_room_nothing_is_added),
        cmocka_unit_test(a_failed_allocation_leaves_the_batch_usable),
        cmocka_unit_test(a_batch_that_somebody_reads_is_not_used_again),
        cmocka_unit_test(the_weight_follows_the_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
