/* test_merge.c - the note beside a shard: written, read back, and damaged in every place. */
#include "tests/test_store_support.h"

#include "engine/route/sidecar.h"

static tgr_sidecar example(void)
{
    return (tgr_sidecar){.shard = 2,
                         .shards = 7,
                         .first_row = UINT64_C(5000000000),
                         .rows = 123,
                         .total_rows = UINT64_C(1) << 40,
                         .bytes = 99,
                         .xxh3 = UINT64_MAX - 3,
                         .format = "msgpack",
                         .router_digest = "0123456789abcdef0123456789abcdef",
                         .run_digest = "fedcba9876543210fedcba9876543210"};
}

static void written_and_read(void **state)
{
    (void)state;
    tgr_error error;
    const tgr_sidecar from = example();
    tgr_sidecar to;
    char *path = strdup(in_folder("part.msgpack"));
    long live = tgr_mem_live();
    assert_int_equal(tgr_sidecar_read(path, &to, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "part.msgpack.shard"));
    for (int i = 0; i < 2; i++) { /* over one that is there, too */
        assert_ok(tgr_sidecar_write(path, &from, &error));
        assert_ok(tgr_sidecar_read(path, &to, &error));
        assert_int_equal(to.shard, 2);
        assert_int_equal(to.shards, 7);
        assert_int_equal(to.first_row, from.first_row);
        assert_int_equal(to.rows, 123);
        assert_int_equal(to.total_rows, from.total_rows);
        assert_int_equal(to.bytes, 99);
        assert_int_equal(to.xxh3, from.xxh3);
        assert_string_equal(to.format, from.format);
        assert_string_equal(to.router_digest, from.router_digest);
        assert_string_equal(to.run_digest, from.run_digest);
        assert_int_equal(folder_entries(NULL), 1);
    }
    tgr_sidecar_remove(path);
    assert_int_equal(folder_entries(NULL), 0);
    free(path);
    path = strdup(in_folder("none/part.jsonl"));
    assert_int_equal(tgr_sidecar_write(path, &from, &error), TGR_ERR_IO);
    free(path);
    assert_int_equal(tgr_mem_live(), live);
}

static void damaged(void **state)
{
    (void)state;
    tgr_error error;
    const tgr_sidecar from = example();
    tgr_sidecar to;
    size_t length, refused = 0, all = 0;
    char *path = strdup(in_folder("part.jsonl")), *note = strdup(in_folder("part.jsonl.shard"));
    assert_ok(tgr_sidecar_write(path, &from, &error));
    char *bytes = slurp(note, &length);
    for (size_t kept = 0; kept < length; kept++) {
        spill(note, bytes, kept);
        assert_int_equal(tgr_sidecar_read(path, &to, &error), TGR_ERR_INPUT);
    }
    for (size_t at = 0; at < length; at++) {
        for (int bit = 0; bit < 8; bit++, all++) {
            bytes[at] = (char)(bytes[at] ^ 1 << bit);
            spill(note, bytes, length);
            tgr_status status = tgr_sidecar_read(path, &to, &error);
            assert_true(status == TGR_OK || status == TGR_ERR_INPUT);
            refused += status != TGR_OK;
            bytes[at] = (char)(bytes[at] ^ 1 << bit);
        }
    }
    assert_in_range(refused, all / 3, all); /* keys and heads; values are compared elsewhere */
    free(bytes);
    free(note);
    free(path);
}

int main(void)
{
    printf("seed %u\n", SEED);
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {TEST(written_and_read), TEST(damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
