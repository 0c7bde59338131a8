/* test_gunzip.c - gzip from anybody. */
#include <zlib.h>

#include "tests/unit/tail/spans.h"
#include "tools/weft/tail/gunzip.h"

enum { LIMIT = 1024 * 1024 };

/* To be freed. */
static uint8_t *pack(const void *data, size_t size, size_t *packed)
{
    z_stream stream = { 0 };
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&stream, size);
    uint8_t *out = malloc(room);
    assert_non_null(out);
    stream.next_in = (Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    *packed = stream.total_out;
    (void)deflateEnd(&stream);
    return out;
}

static void what_was_packed_comes_back(void **state)
{
    (void)state;
    uint8_t *data = calloc(1, 300000), *out = NULL;
    size_t packed, size = 0;
    assert_non_null(data);
    for (size_t i = 0; i < 300000; i++)
        data[i] = (uint8_t)(i * i >> 7);
    uint8_t *gzip = pack(data, 300000, &packed);
    assert_int_equal(tail_gunzip(gzip, packed, LIMIT, &out, &size), TAIL_TAKEN);
    assert_int_equal(size, 300000);
    assert_memory_equal(out, data, size);
    free(out);
    for (size_t cut = 0; cut < packed; cut += packed / 50 + 1)
        assert_int_equal(tail_gunzip(gzip, cut, LIMIT, &out, &size), TAIL_MALFORMED);
    free(gzip);
    free(data);
}

static void several_members_are_one_body(void **state)
{
    (void)state;
    size_t first, second, size = 0;
    uint8_t *one = pack("abc", 3, &first), *other = pack("def", 3, &second), *out = NULL, both[128];
    memcpy(both, one, first);
    memcpy(both + first, other, second);
    assert_int_equal(tail_gunzip(both, first + second, LIMIT, &out, &size), TAIL_TAKEN);
    assert_int_equal(size, 6);
    assert_memory_equal(out, "abcdef", 6);
    free(out);
    both[first] ^= 1;
    assert_int_equal(tail_gunzip(both, first + second, LIMIT, &out, &size), TAIL_MALFORMED);
    free(one);
    free(other);
}

static void a_bomb_stops_at_the_limit(void **state)
{
    (void)state;
    uint8_t *zeros = calloc(1, 2 * LIMIT), *out = NULL;
    size_t packed, size = 0;
    assert_non_null(zeros);
    uint8_t *bomb = pack(zeros, 2 * LIMIT, &packed);
    assert_true(packed < LIMIT / 100);
    assert_int_equal(tail_gunzip(bomb, packed, LIMIT, &out, &size), TAIL_TOO_LARGE);
    assert_null(out);
    free(bomb);
    free(zeros);
}

static void nothing_is_no_gzip(void **state)
{
    (void)state;
    uint8_t *out = NULL;
    size_t size = 0;
    assert_int_equal(tail_gunzip((const uint8_t *)"", 0, LIMIT, &out, &size), TAIL_MALFORMED);
    assert_int_equal(tail_gunzip((const uint8_t *)"plain text", 10, LIMIT, &out, &size), TAIL_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_comes_back),
        cmocka_unit_test(several_members_are_one_body),
        cmocka_unit_test(a_bomb_stops_at_the_limit),
        cmocka_unit_test(nothing_is_no_gzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
