/* test_store_numbers.c - chunks of row numbers, undone with zlib and by hand, against printf; and a
 * whole index, read by HDF5.
 */
#include "tests/test_store_support.h"

#include <hdf5.h>
#include <inttypes.h>
#include <zlib.h>

#include "engine/store/decisions.h"
#include "engine/store/row_numbers.h"

#define CHUNK TGR_NUMBERS_CHUNK
#define WIDTH 20

static void check_chunk(const unsigned char *planes, uint64_t from, uint64_t end, size_t width)
{
    for (size_t row = 0; row < CHUNK; row++) {
        char text[WIDTH + 4] = {0};
        if (from + row < end) {
            snprintf(text, sizeof text, "%" PRIu64, from + row);
        }
        for (size_t i = 0; i < width; i++) {
            if (planes[i * CHUNK + row] != (unsigned char)text[i]) {
                fail_msg("row %" PRIu64 ", byte %zu", from + row, i);
            }
        }
    }
}

/* Chunks [begin, end) of rows `first` to first + rows. Returns their bytes. */
static size_t check_chunks(uint64_t first, uint64_t rows, size_t width, uint64_t begin,
                           uint64_t end)
{
    static unsigned char planes[WIDTH * CHUNK];
    tgr_row_numbers *numbers;
    tgr_error error;
    size_t all = 0;
    assert_ok(tgr_row_numbers_new(first, rows, width, &numbers, &error));
    for (uint64_t chunk = begin; chunk < end; chunk++) {
        const void *bytes;
        size_t length;
        uLongf plain = sizeof planes;
        assert_ok(tgr_row_numbers_chunk(numbers, chunk, &bytes, &length, &error));
        assert_int_equal(uncompress(planes, &plain, bytes, length), Z_OK);
        assert_int_equal(plain, width * CHUNK);
        check_chunk(planes, first + chunk * CHUNK, first + rows, width);
        all += length;
    }
    tgr_row_numbers_free(numbers);
    return all;
}

static void chunks(void **state)
{
    (void)state;
    check_chunks(0, CHUNK, 5, 0, 1);
    check_chunks(0, 12 * CHUNK + 17, 7, 0, 13); /* longer at 1,000,000; the last one is not full */
    check_chunks(7 * CHUNK, 3 * CHUNK, 7, 0, 3);
    check_chunks(912345, 3 * CHUNK, 7, 0, 3); /* longer within a chunk */
    check_chunks(99999, CHUNK, 9, 0, 1);
    check_chunks(1, 25 * CHUNK, 7, 23, 25);
    check_chunks(UINT64_C(9999999923456), 2 * CHUNK, 14, 0, 2);
    check_chunks(UINT64_C(1) << 62, 2 * CHUNK + 1, 19, 0, 3);
}

static void at_random(void **state)
{
    (void)state;
    uint64_t random = SEED;
    print_message("seed %u\n", SEED);
    for (int round = 0; round < 20; round++) {
        uint64_t first = next_random(&random) >> (2 + below(&random, 60));
        uint64_t rows = CHUNK + below(&random, 3 * CHUNK), count = (rows + CHUNK - 1) / CHUNK;
        char text[WIDTH + 4];
        size_t width = (size_t)snprintf(text, sizeof text, "%" PRIu64, first + rows - 1);
        check_chunks(first, rows, width + below(&random, WIDTH + 1 - width), 0, count);
    }
}

/* They are there so that little is written. */
static void small(void **state)
{
    (void)state;
    assert_true(check_chunks(10 * CHUNK, 20 * CHUNK, 7, 0, 20) < 20 * CHUNK * 7 / 50);
    assert_true(check_chunks(1012345, 20 * CHUNK, 7, 0, 20) < 20 * CHUNK * 7 / 50);
}

static void read_by_hdf5(void **state)
{
    (void)state;
    enum { ROWS = 2 * CHUNK + 9, DIGITS = 6 };
    const char *names[] = {"m"}, *path = in_folder("d.h5");
    const double threshold = 0;
    const tgr_decisions_plan plan = {.rows = ROWS,
                                     .models = names,
                                     .model_count = 1,
                                     .thresholds = &threshold,
                                     .threshold_count = 1};
    int16_t *model = calloc(ROWS, sizeof *model);
    char(*index)[DIGITS] = calloc(ROWS, DIGITS);
    tgr_decisions_writer *writer;
    tgr_error error;
    assert_non_null(model);
    assert_non_null(index);
    assert_ok(tgr_decisions_open(path, TGR_DECISIONS_H5, &plan, &writer, &error));
    assert_ok(tgr_decisions_put(writer, NULL, model, NULL, ROWS, &error));
    assert_ok(tgr_decisions_commit(writer, &error));
    tgr_decisions_free(writer);

    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "/obs/_index", H5P_DEFAULT), type = H5Dget_type(dataset);
    assert_int_equal(H5Tget_size(type), DIGITS);
    assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, index) >= 0);
    for (size_t row = 0; row < ROWS; row++) {
        char text[DIGITS + 1] = {0}, expected[WIDTH + 4];
        memcpy(text, index[row], DIGITS);
        snprintf(expected, sizeof expected, "%zu", row);
        assert_string_equal(text, expected);
    }
    H5Tclose(type);
    H5Dclose(dataset);
    H5Fclose(file);
    free(index);
    free(model);

    tgr_decisions_summary summary;
    assert_ok(tgr_decisions_summarise(path, &summary, &error));
    assert_int_equal(summary.rows, ROWS);
    tgr_decisions_summary_free(&summary);
}

/* Every allocation fails once. */
static void short_of_memory(void **state)
{
    (void)state;
    tgr_status status = TGR_ERR_NOMEM;
    for (long after = 0; status != TGR_OK; after++) {
        tgr_row_numbers *numbers = NULL;
        tgr_error error;
        const void *bytes;
        size_t length;
        assert_true(after < 1000);
        tgr_mem_fail_after(after);
        status = tgr_row_numbers_new(123, 2 * CHUNK, 6, &numbers, &error);
        for (uint64_t chunk = 0; status == TGR_OK && chunk < 2; chunk++) {
            status = tgr_row_numbers_chunk(numbers, chunk, &bytes, &length, &error);
        }
        tgr_mem_fail_after(-1);
        assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
        tgr_row_numbers_free(numbers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks),       cmocka_unit_test(at_random),       cmocka_unit_test(small),
        cmocka_unit_test(read_by_hdf5), cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
