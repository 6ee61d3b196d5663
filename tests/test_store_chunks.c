/* test_store_chunks.c - chunks decoded outside HDF5: every pipeline of filters gives what HDF5
 * gives, masks are honoured, and chunks that are not as they should be are refused. */
#include "tests/test_store_support.h"

#include <hdf5.h>
#include <zlib.h>

#include "engine/store/blocks.h"

#define PATH in_folder("a.h5")
#define ROWS 10007
#define PART 1000 /* rows of a chunk */

static int32_t values[ROWS];

static void make_values(void)
{
    uint64_t random = SEED;
    for (int i = 0; i < ROWS; i++) {
        values[i] = (int32_t)below(&random, 1 + (uint64_t)i);
    }
}

/* s: shuffle, d: deflate, f: fletcher32, n: n-bit, which only HDF5 undoes. */
static void write_with(const char *filters, bool fill, hsize_t part)
{
    const hsize_t rows = ROWS;
    hid_t file = H5Fcreate(PATH, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &rows, NULL);
    H5Pset_chunk(creation, 1, &part);
    for (const char *at = filters; *at; at++) {
        herr_t set = *at == 's'   ? H5Pset_shuffle(creation)
                     : *at == 'd' ? H5Pset_deflate(creation, 6)
                     : *at == 'f' ? H5Pset_fletcher32(creation)
                                  : H5Pset_nbit(creation);
        assert_true(set >= 0);
    }
    hid_t dataset = H5Dcreate2(file, "a", H5T_STD_I32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(dataset > 0);
    if (fill) {
        assert_true(H5Dwrite(dataset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >=
                    0);
    }
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(creation);
    H5Fclose(file);
}

/* Puts the bytes of a chunk as they are to be stored. */
static void put_chunk(hsize_t row, uint32_t mask, const void *bytes, size_t length)
{
    hid_t file = H5Fopen(PATH, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "a", H5P_DEFAULT);
    assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, &row, length, bytes) >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
}

static size_t get_chunk(hsize_t row, void *bytes)
{
    hsize_t length;
    uint32_t mask;
    hid_t file = H5Fopen(PATH, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "a", H5P_DEFAULT);
    assert_true(H5Dget_chunk_storage_size(dataset, &row, &length) >= 0);
    assert_true(H5Dread_chunk(dataset, H5P_DEFAULT, &row, &mask, bytes) >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
    return (size_t)length;
}

/* Reads all rows in ranges of random lengths. */
static tgr_status read_all(int threads, uint64_t ahead, int32_t *read, bool *decoded,
                           tgr_error *error)
{
    tgr_h5_file file;
    tgr_array array = {0};
    uint64_t random = SEED;
    long live = tgr_mem_live();
    tgr_status status = tgr_h5_open(PATH, &file, error);
    if (status == TGR_OK) {
        tgr_block_readers_set(file.readers, threads, ahead);
        status = tgr_array_open(&file, file.id, "a", &array, error);
    }
    *decoded = status == TGR_OK && array.state->chunked;
    for (uint64_t row = 0; status == TGR_OK && row < array.rows;) {
        uint64_t now = 1 + below(&random, 40000) / (1 + below(&random, 100));
        now = now < array.rows - row ? now : array.rows - row;
        status = tgr_array_read_raw(&array, row, now, read + row, error);
        row += now;
    }
    tgr_array_close(&array);
    tgr_h5_file_close(&file);
    assert_int_equal(tgr_mem_live(), live);
    return status;
}

static void expect_values(bool outside)
{
    static const int threads[] = {1, 2, 7};
    static int32_t read[ROWS];
    static const uint64_t ahead[] = {0, 1 << 16, 1 << 22};
    for (size_t i = 0; i < 9; i++) {
        bool decoded;
        tgr_error error;
        memset(read, 0xee, sizeof read);
        assert_ok(read_all(threads[i % 3], ahead[i / 3], read, &decoded, &error));
        assert_int_equal(decoded, outside);
        assert_memory_equal(read, values, sizeof values);
    }
}

static void expect_refused(const char *word)
{
    static int32_t read[ROWS];
    for (int threads = 1; threads < 8; threads += 6) {
        bool decoded;
        tgr_error error;
        assert_int_equal(read_all(threads, 1 << 16, read, &decoded, &error), TGR_ERR_INPUT);
        if (!strstr(error.message, word) || !strstr(error.message, PATH)) {
            print_error("expected '%s', got: %s\n", word, error.message);
            fail();
        }
    }
}

/* ---- the tests ------------------------------------------------------------------------- */

static void every_pipeline(void **state)
{
    (void)state;
    static const char *const known[] = {"",   "s",  "d",   "f",   "sd",  "ds",  "sf",  "fs",
                                        "df", "fd", "sdf", "sfd", "fsd", "dsf", "dfs", "fds"};
    static const hsize_t parts[] = {PART, 1, 333, ROWS - 1};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        for (size_t part = 0; part < 4; part++) {
            if (parts[part] > 1 || i < 2) {
                write_with(known[i], true, parts[part]);
                expect_values(true);
            }
        }
    }
    write_with("n", true, PART);
    expect_values(false);
    write_with("nd", true, PART);
    expect_values(false);
}

static void masks_are_honoured(void **state)
{
    (void)state;
    uint8_t shuffled[PART * 4];
    for (size_t i = 0; i < sizeof shuffled; i++) {
        shuffled[i % 4 * PART + i / 4] = ((const uint8_t *)(values + 2 * PART))[i];
    }
    write_with("sd", true, PART);
    put_chunk(2 * PART, 2, shuffled, sizeof shuffled);   /* not deflated */
    put_chunk(3 * PART, 3, values + 3 * PART, PART * 4); /* nothing done at all */
    uint8_t deflated[PART * 8];
    uLongf length = sizeof deflated;
    assert_int_equal(compress2(deflated, &length, (const Bytef *)(values + 4 * PART), PART * 4, 9),
                     Z_OK);
    put_chunk(4 * PART, 1, deflated, length); /* not shuffled */
    expect_values(true);
}

static void chunks_that_are_not_there(void **state)
{
    (void)state;
    write_with("sd", false, PART);
    put_chunk(PART, 3, values + PART, PART * 4);
    static int32_t read[ROWS];
    bool decoded;
    tgr_error error;
    assert_ok(read_all(2, 1 << 16, read, &decoded, &error));
    assert_true(decoded);
    for (int i = 0; i < ROWS; i++) {
        assert_int_equal(read[i], i / PART == 1 ? values[i] : 0);
    }
}

static void chunks_of_a_wrong_size(void **state)
{
    (void)state;
    static uint8_t large[PART * 4 * 3], deflated[PART * 8];
    /* Deflated from less and from more than a chunk. */
    for (int difference = -4; difference <= 4; difference += 8) {
        uLongf length = sizeof deflated;
        assert_int_equal(compress2(deflated, &length, large, (uLong)(PART * 4 + difference), 9),
                         Z_OK);
        write_with("d", true, PART);
        put_chunk(5 * PART, 0, deflated, length);
        expect_refused("from row 5000 on");
    }
    /* As it is, too short and too long. */
    write_with("d", true, PART);
    put_chunk(5 * PART, 1, large, PART * 4 - 1);
    expect_refused("of another size");
    write_with("d", true, PART);
    put_chunk(5 * PART, 1, large, PART * 4 + 1);
    expect_refused("of another size");
    write_with("d", true, PART);
    put_chunk(5 * PART, 1, large, sizeof large);
    expect_refused("larger than a chunk");
    write_with("f", true, PART);
    put_chunk(5 * PART, 0, large, 3);
    expect_refused("Fletcher-32");
    write_with("s", true, PART);
    put_chunk(5 * PART, 0, large, PART * 4 + 2);
    expect_refused("of another size");
}

static void damaged_chunks(void **state)
{
    (void)state;
    static uint8_t stored[PART * 8];
    static const char *const filters[] = {"sdf", "f", "fd"};
    uint64_t random = SEED;
    for (size_t i = 0; i < 3; i++) {
        for (int round = 0; round < 10; round++) {
            write_with(filters[i], true, PART);
            size_t length = get_chunk(7 * PART, stored);
            stored[below(&random, length)] ^= (uint8_t)(1u << below(&random, 8));
            put_chunk(7 * PART, 0, stored, length);
            /* In what was deflated last, deflate's own checksum may be the first to see it. */
            expect_refused("from row 7000 on");
        }
    }
    /* Cut off, and not deflate's at all. */
    write_with("d", true, PART);
    size_t length = get_chunk(7 * PART, stored);
    for (size_t kept = 1; kept < length; kept += 1 + length / 9) {
        write_with("d", true, PART);
        put_chunk(7 * PART, 0, stored, kept);
        expect_refused("cannot be inflated");
    }
    memset(stored, 0xff, sizeof stored);
    put_chunk(7 * PART, 0, stored, 100);
    expect_refused("cannot be inflated");
}

/* Of ranges that follow each other, the second has the chunks behind it decoded, and no more of
 * them than fit; what is not asked for is not told. */
static void chunks_are_decoded_ahead(void **state)
{
    (void)state;
    static uint8_t garbage[100];
    static int32_t read[2 * PART];
    tgr_h5_file file;
    tgr_array array;
    tgr_error error;
    memset(garbage, 0xff, sizeof garbage);
    write_with("sd", true, PART);
    put_chunk(3 * PART, 0, garbage, sizeof garbage);
    assert_ok(tgr_h5_open(PATH, &file, &error));
    tgr_block_readers_set(file.readers, 2, 2 * PART * 4);
    assert_ok(tgr_array_open(&file, file.id, "a", &array, &error));
    tgr_ahead *ahead = tgr_block_readers_ahead(file.readers);
    assert_ok(tgr_array_read_raw(&array, 0, PART + 10, read, &error));
    assert_null(tgr_slot_for(ahead, &array, 2 * PART, false, 0, 0));
    assert_ok(tgr_array_read_raw(&array, PART + 10, 10, read, &error));
    assert_memory_equal(read, values + PART + 10, 10 * sizeof *read);
    for (uint64_t chunk = 0; chunk < ROWS / PART; chunk++) {
        tgr_slot *slot = tgr_slot_for(ahead, &array, chunk * PART, false, 0, 0);
        assert_int_equal(slot != NULL, chunk >= 1 && chunk <= 3);
    }
    assert_ok(tgr_array_read_raw(&array, PART + 20, 2 * PART - 20, read, &error));
    assert_int_equal(tgr_array_read_raw(&array, 3 * PART, 1, read, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "from row 3000 on"));
    tgr_array_close(&array);
    tgr_h5_file_close(&file);
}

static void unknown_filters_are_refused(void **state)
{
    (void)state;
    const hsize_t rows = ROWS, part = PART;
    static const H5Z_filter_t filters[] = {260, 32015};
    static const char *const words[] = {"is not one that is read", "is not installed here"};
    for (int i = 0; i < 2; i++) {
        if (H5Zfilter_avail(filters[i]) > 0) {
            continue;
        }
        hid_t file = H5Fcreate(PATH, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &rows, NULL);
        H5Pset_chunk(creation, 1, &part);
        assert_true(H5Pset_filter(creation, filters[i], H5Z_FLAG_OPTIONAL, 0, NULL) >= 0);
        hid_t dataset =
            H5Dcreate2(file, "a", H5T_STD_I32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
        assert_true(dataset > 0);
        H5Dclose(dataset);
        H5Sclose(space);
        H5Pclose(creation);
        H5Fclose(file);
        put_chunk(0, 0, values, PART * 4);
        expect_refused(words[i]);
    }
}

int main(void)
{
    printf("seed %u\n", SEED);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    make_values();
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(every_pipeline),
        TEST(masks_are_honoured),
        TEST(chunks_that_are_not_there),
        TEST(chunks_of_a_wrong_size),
        TEST(damaged_chunks),
        TEST(chunks_are_decoded_ahead),
        TEST(unknown_filters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
