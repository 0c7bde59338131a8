/* test_tree.c - spans in any order, with any parents, become a tree that can be drawn. */
#include "tests/unit/tail/spans.h"
#include "tools/weft/tail/tree.h"

static tail_tree build(tail_span *spans, size_t count)
{
    tail_tree tree;
    assert_true(tail_tree_build(&tree, spans_link(spans, count), count));
    return tree;
}

static void assert_node(const tail_tree *tree, size_t place, const char *name, size_t depth)
{
    assert_true(place < tree->count);
    assert_string_equal(tree->nodes[place].span->name, name);
    assert_int_equal(tree->nodes[place].depth, depth);
}

static void children_follow_their_parent_by_start_time(void **state)
{
    (void)state;
    tail_span spans[] = {
        span_of(5, 2, "grandchild", 3, 4),
        span_of(3, 1, "second", 6, 9),
        span_of(2, 1, "first", 2, 5),
        span_of(1, 0, "root", 0, 10),
    };
    tail_tree tree = build(spans, 4);
    assert_int_equal(tree.count, 4);
    assert_node(&tree, 0, "root", 0);
    assert_node(&tree, 1, "first", 1);
    assert_node(&tree, 2, "grandchild", 2);
    assert_node(&tree, 3, "second", 1);
    assert_true(tree.nodes[0].has_children);
    assert_false(tail_node_is_last(&tree.nodes[1], 1));
    assert_false(tail_node_is_last(&tree.nodes[2], 1));
    assert_true(tail_node_is_last(&tree.nodes[2], 2));
    assert_true(tail_node_is_last(&tree.nodes[3], 1));
    assert_int_equal(tree.end - tree.start, 10 * MS);
    assert_true(tree.complete);
    tail_tree_clear(&tree);
}

static void a_missing_parent_makes_an_orphan_and_the_trace_incomplete(void **state)
{
    (void)state;
    tail_span spans[] = { span_of(1, 0, "root", 0, 10), span_of(3, 99, "lost", 1, 2) };
    tail_tree tree = build(spans, 2);
    assert_node(&tree, 1, "lost", 0);
    assert_true(tree.nodes[1].orphan);
    assert_false(tree.nodes[0].orphan);
    assert_false(tree.complete);
    tail_tree_clear(&tree);
}

static void without_a_root_a_trace_is_incomplete(void **state)
{
    (void)state;
    tail_span spans[] = { span_of(2, 2, "its own parent", 0, 10) };
    tail_tree tree = build(spans, 1);
    assert_node(&tree, 0, "its own parent", 0);
    assert_false(tree.complete);
    tail_tree_clear(&tree);
}

static void cycles_are_cut_and_no_span_is_lost(void **state)
{
    (void)state;
    tail_span spans[] = {
        span_of(1, 3, "a", 0, 1),    span_of(2, 1, "b", 0, 1),
        span_of(3, 2, "c", 0, 1),    span_of(4, 2, "hangs on the cycle", 0, 1),
        span_of(9, 0, "root", 0, 1),
    };
    tail_tree tree = build(spans, 5);
    assert_int_equal(tree.count, 5);
    size_t orphans = 0;
    for (size_t i = 0; i < tree.count; i++)
        orphans += tree.nodes[i].orphan;
    assert_int_equal(orphans, 1);
    tail_tree_clear(&tree);
}

static void a_span_that_came_twice_is_drawn_once(void **state)
{
    (void)state;
    tail_span spans[] = { span_of(1, 0, "root", 0, 10), span_of(2, 1, "child", 1, 2), span_of(1, 0, "again", 0, 10) };
    tail_tree tree = build(spans, 3);
    assert_int_equal(tree.count, 2);
    assert_int_equal(tree.duplicates, 1);
    assert_node(&tree, 0, "root", 0);
    tail_tree_clear(&tree);
}

static void a_call_without_the_other_side_leaves_the_trace_incomplete(void **state)
{
    (void)state;
    tail_span spans[] = { span_of(1, 0, "root", 0, 10), span_of(2, 1, "call", 1, 2) };
    spans[1].kind = TAIL_KIND_CLIENT;
    tail_tree tree = build(spans, 2);
    assert_false(tree.complete);
    tail_tree_clear(&tree);

    spans[1].status = TAIL_STATUS_ERROR;
    tree = build(spans, 2);
    assert_true(tree.complete);
    tail_tree_clear(&tree);

    spans[1].status = TAIL_STATUS_UNSET;
    spans[1].attributes = (tail_attributes)ATTRIBUTES({ "db.system.name", "sqlite" });
    tree = build(spans, 2);
    assert_true(tree.complete);
    tail_tree_clear(&tree);
}

static void depth_and_number_have_no_limit(void **state)
{
    (void)state;
    enum { COUNT = 30000 };
    tail_span *spans = calloc(COUNT, sizeof *spans);
    assert_non_null(spans);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t id = i + 1;
        spans[i] = span_of(0, 0, "deep", i, i + 1);
        memcpy(spans[i].span_id, &id, sizeof id);
        memcpy(spans[i].parent_id, &i, sizeof i);
    }
    tail_tree tree = build(spans, COUNT);
    assert_int_equal(tree.count, COUNT);
    assert_int_equal(tree.nodes[COUNT - 1].depth, COUNT - 1);
    tail_tree_clear(&tree);
    free(spans);
}

static void times_at_the_ends_of_their_range_do_no_harm(void **state)
{
    (void)state;
    tail_span spans[] = { span_of(1, 0, "root", 0, 0), span_of(2, 1, "backwards", 0, 0) };
    spans[0].start = 0, spans[0].end = UINT64_MAX;
    spans[1].start = UINT64_MAX, spans[1].end = 1;
    tail_tree tree = build(spans, 2);
    assert_true(tree.end - tree.start == UINT64_MAX);
    tail_tree_clear(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_follow_their_parent_by_start_time),
        cmocka_unit_test(a_missing_parent_makes_an_orphan_and_the_trace_incomplete),
        cmocka_unit_test(without_a_root_a_trace_is_incomplete),
        cmocka_unit_test(cycles_are_cut_and_no_span_is_lost),
        cmocka_unit_test(a_span_that_came_twice_is_drawn_once),
        cmocka_unit_test(a_call_without_the_other_side_leaves_the_trace_incomplete),
        cmocka_unit_test(depth_and_number_have_no_limit),
        cmocka_unit_test(times_at_the_ends_of_their_range_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
