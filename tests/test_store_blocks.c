/* test_store_blocks.c - checksums by block: how datasets are cut, that every way of reading gives
 * the same values, and that every changed byte is found and named. */
#include "tests/test_store_places.h"

#include <fcntl.h>
#include <hdf5.h>
#include <inttypes.h>
#include <xxhash.h>

#include "engine/store/block_sums.h"
#include "engine/store/blocks.h"
#include "engine/store/unshuffle.h"

/* ---- the rule -------------------------------------------------------------------------- */

static void blocks_are_cut_as_documented(void **state)
{
    (void)state;
    assert_int_equal(tgr_block_rows(0, 4), 0);
    assert_int_equal(tgr_block_rows(4, 0), 0);
    assert_int_equal(tgr_block_rows(1, 1), 1 << 20);
    assert_int_equal(tgr_block_rows(1000, 3), 349525);
    assert_int_equal(tgr_block_rows(10, (1 << 20) + 1), 1);
    assert_int_equal(tgr_block_rows(UINT64_C(1) << 30, 4), 1 << 18);       /* 4,096 blocks */
    assert_int_equal(tgr_block_rows((UINT64_C(1) << 30) + 1, 4), 1 << 19); /* one too many */
    assert_int_equal(tgr_block_rows(UINT64_C(1) << 40, 1), UINT64_C(1) << 28);
    uint64_t random = SEED;
    for (int round = 0; round < 2000; round++) {
        uint64_t rows = next_random(&random) >> (24 + below(&random, 38));
        uint64_t width = 1 + below(&random, below(&random, 2) ? 64 : 5000000);
        uint64_t block = tgr_block_rows(rows, width), count = tgr_block_count(rows, block);
        if (rows == 0) {
            continue;
        }
        assert_true(count >= 1 && count <= 4096 && block >= 1);
        assert_true((count - 1) * block < rows && rows <= count * block);
    }
}

static void hasher_sums_blocks(void **state)
{
    (void)state;
    const uint64_t rows = 700001, width = 7;
    uint64_t random = SEED, block = tgr_block_rows(rows, width), sums[8], count = 0;
    uint8_t *bytes = malloc(rows * width);
    assert_non_null(bytes);
    for (uint64_t i = 0; i < rows * width; i++) {
        bytes[i] = (uint8_t)next_random(&random);
    }
    for (uint64_t row = 0; row < rows; row += block) {
        uint64_t now = rows - row < block ? rows - row : block;
        sums[count++] = XXH3_64bits(bytes + row * width, now * width);
    }
    assert_true(count > 2);
    tgr_error error;
    tgr_block_hasher hasher;
    assert_ok(tgr_block_hasher_open(&hasher, rows, width, &error));
    assert_int_equal(hasher.count, count);
    for (uint64_t at = 0; at < rows * width;) {
        uint64_t now = 1 + below(&random, 400000), left = rows * width - at;
        now = now < left ? now : left;
        tgr_block_hasher_add(&hasher, bytes + at, now);
        at += now;
    }
    assert_int_equal(tgr_block_hasher_finish(&hasher), XXH3_64bits(sums, count * 8));
    assert_memory_equal(hasher.sums, sums, count * 8);
    tgr_block_hasher_free(&hasher);
    free(bytes);
}

static void shuffled_bytes_come_back(void **state)
{
    (void)state;
    static uint8_t plain[4000], shuffled[4000], back[4000];
    uint64_t random = SEED;
    for (size_t i = 0; i < sizeof plain; i++) {
        plain[i] = (uint8_t)next_random(&random);
    }
    for (size_t width = 1; width <= 17; width++) {
        for (size_t bytes = 0; bytes < 300; bytes += 1 + below(&random, 3)) {
            size_t count = bytes / width;
            memcpy(shuffled, plain, bytes); /* the rest of an element stays where it is */
            for (size_t i = 0; i < count * width; i++) {
                shuffled[i % width * count + i / width] = plain[i];
            }
            tgr_unshuffle(shuffled, bytes, width, back);
            assert_memory_equal(back, plain, bytes);
            if (count > 0) {
                size_t first = below(&random, count), some = 1 + below(&random, count - first);
                tgr_unshuffle_some(shuffled, count, width, first, some, back);
                assert_memory_equal(back, plain + first * width, some * width);
            }
        }
    }
}

/* ---- files of several blocks ------------------------------------------------------------ */

#define PATH in_folder("a.h5")

static sample several_blocks(bool compress, bool compact)
{
    tgr_error error;
    sample made = sample_make(&(sample_shape){.rows = 270000,
                                              .tags = 300,
                                              .models = 3,
                                              .categories = 5,
                                              .some_tokens = true,
                                              .value_type = TGR_U8});
    made.plan.has_text = false;
    made.plan.compress = compress;
    made.plan.compact = compact;
    assert_ok(sample_write(&made, PATH, 9999, &error));
    return made;
}

static void check_x(const tgr_batch *batch, const sample *from)
{
    uint64_t first = batch->first_row;
    int64_t start = from->indptr[first];
    for (size_t row = 0; row <= batch->rows; row++) {
        assert_int_equal(batch->x.indptr[row], from->indptr[first + row] - start);
    }
    size_t count = (size_t)batch->x.indptr[batch->rows];
    assert_memory_equal(batch->x.indices, from->indices + start, count * 4);
    assert_memory_equal(batch->x.values, (char *)from->values + start, count);
}

static void check_columns(const tgr_batch *batch, const sample *from)
{
    uint64_t first = batch->first_row;
    size_t rows = batch->rows, cells = rows * 3;
    assert_memory_equal(batch->split, from->codes[1] + first, rows * 4);
    assert_memory_equal(batch->needs, from->codes[4] + first, rows * 4);
    assert_memory_equal(batch->outcome, from->outcome + first * 3, cells);
    for (size_t i = 0; i < cells; i++) {
        float value = from->score[first * 3 + i];
        assert_true(isnan(value) ? isnan(batch->score[i]) : batch->score[i] == value);
    }
    for (size_t row = 0; row < rows; row++) {
        double value = from->prompt_tokens[first + row];
        assert_true(isnan(value) ? isnan(batch->prompt_tokens[row])
                                 : batch->prompt_tokens[row] == value);
        uint64_t at = from->ids.offsets[first + row];
        size_t length = (size_t)(from->ids.offsets[first + row + 1] - at);
        assert_int_equal(batch->ids.offsets[row + 1] - batch->ids.offsets[row], length);
        assert_memory_equal(batch->ids.bytes + batch->ids.offsets[row], from->ids.bytes + at,
                            length);
    }
}

/* Reads all rows in batches of random sizes, now and then some rows again or from afar. */
static void walk(const sample *from, int threads, uint64_t largest, bool jumps)
{
    tgr_error error;
    tgr_query_file *file;
    tgr_batch batch = {0};
    uint64_t random = SEED + (uint64_t)threads;
    assert_ok(tgr_query_open(PATH, &file, &error));
    file->threads = threads;
    for (uint64_t row = 0; row < file->rows;) {
        uint64_t first = row;
        if (jumps && below(&random, 3) == 0) {
            first = below(&random, file->rows);
        }
        assert_ok(tgr_query_read(file, first, 1 + below(&random, largest), 1u << 20, WANT_ALL,
                                 &batch, &error));
        assert_true(batch.rows > 0);
        assert_int_equal(batch.first_row, first);
        check_x(&batch, from);
        check_columns(&batch, from);
        row += first == row ? batch.rows : 0;
    }
    tgr_batch_free(&batch);
    tgr_query_close(file);
}

static void every_way_of_reading_gives_the_same(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 7};
    for (int kind = 0; kind < 3; kind++) {
        sample from = several_blocks(kind == 1, kind == 2);
        for (size_t i = 0; i < 3; i++) {
            long live = tgr_mem_live();
            walk(&from, threads[i], 90000, i == 1);
            walk(&from, threads[i], 500000, i == 2);
            assert_int_equal(tgr_mem_live(), live);
        }
        sample_free(&from);
    }
}

/* ---- changed bytes ---------------------------------------------------------------------- */

/* The first failure of a walk over all rows. */
static tgr_status walk_status(int threads, uint64_t rows, tgr_error *error)
{
    tgr_query_file *file;
    tgr_batch batch = {0};
    tgr_status status = tgr_query_open(PATH, &file, error);
    if (status == TGR_OK) {
        file->threads = threads;
    }
    for (uint64_t row = 0; status == TGR_OK && row < file->rows; row += batch.rows) {
        status = tgr_query_read(file, row, rows, 1u << 20, WANT_ALL, &batch, error);
    }
    tgr_batch_free(&batch);
    tgr_query_close(file);
    return status;
}

static void every_changed_byte_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {"X/indptr",
                                        "X/indices",
                                        "X/data",
                                        "obs/_index",
                                        "obs/split/codes",
                                        "obs/allow/codes",
                                        "obs/prompt_tokens",
                                        "obsm/score",
                                        "obsm/outcome",
                                        "obsm/completion_tokens"};
    sample from = several_blocks(false, false);
    uint64_t random = SEED;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        place at = find_place(PATH, names[i]);
        for (int round = 0; round < 3; round++) {
            uint64_t byte = round == 0 ? 0 : round == 1 ? at.bytes - 1 : below(&random, at.bytes);
            uint64_t row = byte / at.row_bytes, first = row / at.block_rows * at.block_rows;
            uint64_t last =
                first + at.block_rows < at.rows ? first + at.block_rows - 1 : at.rows - 1;
            char expected[200];
            tgr_error error;
            snprintf(expected, sizeof expected, "rows %" PRIu64 " to %" PRIu64 " of /%s do not",
                     first, last, names[i]);
            flip_byte(PATH, at.offset + byte);
            assert_int_equal(walk_status(1 + round * 3, 100000, &error), TGR_ERR_INPUT);
            if (!strstr(error.message, expected) || !strstr(error.message, PATH)) {
                print_error("expected '%s', got: %s\n", expected, error.message);
                fail();
            }
            flip_byte(PATH, at.offset + byte);
        }
    }
    tgr_error error;
    assert_ok(walk_status(2, 60000, &error));
    sample_free(&from);
}

static void attributes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"xxh3_blocks", "xxh3_rows"};
    for (size_t i = 0; i < 4; i++) {
        sample from = several_blocks(i % 2, false);
        hid_t file = H5Fopen(PATH, H5F_ACC_RDWR, H5P_DEFAULT);
        hid_t dataset = H5Dopen2(file, "X/indices", H5P_DEFAULT);
        if (i < 2) {
            assert_true(H5Adelete(dataset, names[i]) >= 0);
        } else {
            const int64_t zero[64] = {0};
            hid_t attribute = H5Aopen(dataset, names[i - 2], H5P_DEFAULT);
            assert_true(H5Awrite(attribute, H5T_NATIVE_INT64, zero) >= 0);
            H5Aclose(attribute);
        }
        H5Dclose(dataset);
        H5Fclose(file);
        tgr_error error;
        assert_int_equal(walk_status(2, 60000, &error), TGR_ERR_INPUT);
        assert_non_null(strstr(error.message, "the checksums of /X/indices"));
        sample_free(&from);
    }
}

int main(void)
{
    printf("seed %u\n", SEED);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(blocks_are_cut_as_documented), TEST(hasher_sums_blocks),
        TEST(shuffled_bytes_come_back),     TEST(every_way_of_reading_gives_the_same),
        TEST(every_changed_byte_is_found),  TEST(attributes_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
