/* test_store_hostile.c - query files that are not as they should be: each is refused with a
 * sentence, and nothing is read out of bounds. */
#define _GNU_SOURCE /* memmem */
#include "tests/test_store_support.h"

#include <hdf5.h>
#include <signal.h>
#include <sys/wait.h>

#define PATH in_folder("bad.h5")

static void write_good(bool compress, sample *from)
{
    tgr_error error;
    *from = sample_make(&(sample_shape){.rows = 200, .tags = 50, .models = 3, .categories = 5});
    from->plan.compress = compress;
    assert_ok(sample_write(from, PATH, 1000, &error));
}

/* Opens, verifies and reads everything; the first failure is returned. */
static tgr_status read_whole(const char *path, tgr_error *error)
{
    tgr_query_file *file;
    tgr_batch batch = {0};
    long live = tgr_mem_live();
    error->message[0] = 0;
    tgr_status status = tgr_query_open(path, &file, error);
    if (status == TGR_OK) {
        status = tgr_query_verify(file, error);
    }
    for (uint64_t row = 0; status == TGR_OK && row < file->rows; row += batch.rows) {
        status = tgr_query_read(file, row, 64, 1000, WANT_ALL, &batch, error);
        assert_true(status != TGR_OK || batch.rows > 0);
    }
    tgr_batch_free(&batch);
    tgr_query_close(file);
    assert_int_equal(tgr_mem_live(), live);
    return status;
}

static void expect_refused(const char *path, const char *word)
{
    tgr_error error;
    tgr_status status = read_whole(path, &error);
    if (status != TGR_ERR_INPUT || !strstr(error.message, word)) {
        print_error("expected a refusal with '%s', got %s: %s\n", word, tgr_status_name(status),
                    error.message);
        fail();
    }
    assert_null(strchr(error.message, '\n'));
    assert_true(error.message[strlen(error.message) - 1] != '.');
}

/* ---- edits with HDF5 ------------------------------------------------------------------- */

static hid_t edit(void)
{
    hid_t file = H5Fopen(PATH, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file > 0);
    return file;
}

static void close_edit(hid_t file)
{
    assert_true(H5Fclose(file) >= 0);
    assert_int_equal(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_FILE | H5F_OBJ_DATASET | H5F_OBJ_GROUP |
                                                       H5F_OBJ_ATTR),
                     0);
}

/* Puts one dataset in place of another. */
static void replace(const char *name, hid_t type, int rank, hsize_t rows, hsize_t columns,
                    hid_t creation, const void *values)
{
    hid_t file = edit();
    hsize_t shape[2] = {rows, columns};
    H5Ldelete(file, name, H5P_DEFAULT);
    hid_t space = H5Screate_simple(rank, shape, NULL);
    hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(dataset > 0);
    if (values) {
        assert_true(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    }
    H5Dclose(dataset);
    H5Sclose(space);
    close_edit(file);
}

/* Overwrites one element and leaves the checksum as it is, or drops it. */
static void poke(const char *name, hsize_t at, hid_t type, const void *value, bool drop_checksum)
{
    hid_t file = edit();
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    hsize_t one = 1;
    hid_t memory = H5Screate_simple(1, &one, NULL);
    hsize_t at2[2] = {at, 0}, count2[2] = {1, 1};
    assert_true(H5Sselect_hyperslab(space, H5S_SELECT_SET, at2, NULL, count2, NULL) >= 0);
    assert_true(H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, value) >= 0);
    if (drop_checksum) {
        assert_true(H5Adelete(dataset, "xxh3") >= 0);
    }
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(dataset);
    close_edit(file);
}

static void set_shape(const int64_t shape[2])
{
    hid_t file = edit();
    hid_t group = H5Gopen2(file, "X", H5P_DEFAULT);
    hid_t attribute = H5Aopen(group, "shape", H5P_DEFAULT);
    assert_true(H5Awrite(attribute, H5T_NATIVE_INT64, shape) >= 0);
    H5Aclose(attribute);
    H5Gclose(group);
    close_edit(file);
}

/* ---- the tests ------------------------------------------------------------------------- */

static void not_files_of_queries(void **state)
{
    (void)state;
    tgr_error error;
    tgr_query_file *file;
    assert_int_equal(tgr_query_open(in_folder("none.h5"), &file, &error), TGR_ERR_IO);
    assert_null(file);
    assert_int_equal(tgr_query_open(folder, &file, &error), TGR_ERR_IO);
    spill(PATH, "", 0);
    expect_refused(PATH, "not an HDF5 file");
    spill(PATH, "{\"id\": 1}\n", 10);
    expect_refused(PATH, "not an HDF5 file");
    unlink(PATH);
    assert_int_equal(mkfifo(PATH, 0600), 0);
    expect_refused(PATH, "not a regular file"); /* and does not wait for a writer */
    unlink(PATH);
    close_edit(H5Fcreate(PATH, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    expect_refused(PATH, "no /X");
}

static void missing_parts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *word;
    } parts[] = {{"X", "no /X"},
                 {"X/data", "lacks"},
                 {"X/indices", "lacks"},
                 {"X/indptr", "lacks"},
                 {"var", "no /var"},
                 {"obs", "no /obs"},
                 {"var/_index", "name the tags"},
                 {"obs/split/codes", "split"},
                 {"obs/split/categories", "split"}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        sample from;
        write_good(false, &from);
        hid_t file = edit();
        assert_true(H5Ldelete(file, parts[i].name, H5P_DEFAULT) >= 0);
        close_edit(file);
        expect_refused(PATH, parts[i].word);
        sample_free(&from);
    }
}

static void cut_off(void **state)
{
    (void)state;
    sample from;
    write_good(false, &from);
    size_t length;
    char *bytes = slurp(PATH, &length);
    for (size_t kept = 8; kept < length; kept += 1 + length / 15) {
        tgr_error error;
        spill(PATH, bytes, kept);
        assert_int_equal(read_whole(PATH, &error), TGR_ERR_INPUT);
    }
    free(bytes);
    sample_free(&from);
}

static void shapes_that_do_not_match(void **state)
{
    (void)state;
    static const struct {
        int64_t shape[2];
        const char *word;
    } shapes[] = {{{199, 50}, "rows"},
                  {{201, 50}, "rows"},
                  {{200, 49}, "rows"},
                  {{200, 51}, "rows"},
                  {{-1, 50}, "out of bounds"},
                  {{200, -1}, "out of bounds"},
                  {{INT64_MAX, 50}, "out of bounds"},
                  {{INT64_MAX - 1, 50}, "rows"},
                  {{200, INT64_MAX}, "out of bounds"}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        sample from;
        write_good(i % 2, &from);
        set_shape(shapes[i].shape);
        expect_refused(PATH, shapes[i].word);
        sample_free(&from);
    }
}

static void bad_x(void **state)
{
    (void)state;
    const int64_t minus = -1, five = 5, huge = INT64_MAX, fifty = 50;
    static const struct {
        const char *name;
        hsize_t at;
        int value; /* which of the above */
        const char *word;
    } pokes[] = {{"X/indptr", 0, 1, "indptr"},   {"X/indptr", 200, 1, "indptr"},
                 {"X/indptr", 100, 0, "row 99"}, {"X/indptr", 100, 2, "row 99"},
                 {"X/indices", 3, 0, "row 0"},   {"X/indices", 3, 3, "row 0"},
                 {"X/indices", 3, 2, "row 0"}};
    const int64_t *values[] = {&minus, &five, &huge, &fifty};
    for (size_t i = 0; i < sizeof pokes / sizeof pokes[0]; i++) {
        for (int compress = 0; compress < 2; compress++) {
            sample from;
            write_good(compress, &from);
            poke(pokes[i].name, pokes[i].at, H5T_NATIVE_INT64, values[pokes[i].value], true);
            expect_refused(PATH, pokes[i].word);
            sample_free(&from);
        }
    }
}

static void bad_codes_and_cells(void **state)
{
    (void)state;
    const int8_t codes[] = {-2, 2, 127};
    for (size_t i = 0; i < 3; i++) {
        sample from;
        write_good(i % 2, &from);
        poke("obs/split/codes", 150, H5T_NATIVE_INT8, &codes[i], true);
        expect_refused(PATH, "row 150");
        sample_free(&from);
    }
    const float infinite = INFINITY;
    const int8_t outcome = 3;
    sample from;
    write_good(false, &from);
    poke("obsm/score", 7, H5T_NATIVE_FLOAT, &infinite, true);
    expect_refused(PATH, "row 7");
    sample_free(&from);
    write_good(false, &from);
    poke("obsm/outcome", 8, H5T_NATIVE_INT8, &outcome, true);
    expect_refused(PATH, "row 8");
    sample_free(&from);
}

/* Every dataset: one element changed and its checksum left. */
static void changed_data_is_found(void **state)
{
    (void)state;
    static const char *const numbers[] = {"X/indptr",
                                          "X/indices",
                                          "X/data",
                                          "obs/category/codes",
                                          "obs/source/codes",
                                          "obs/position",
                                          "obs/prompt_tokens",
                                          "var/queries",
                                          "var/count",
                                          "obsm/score",
                                          "obsm/cost",
                                          "obsm/outcome",
                                          "obsm/completion_tokens"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sample from;
        tgr_error error;
        write_good(i % 2, &from);
        assert_ok(read_whole(PATH, &error));
        int64_t value = 0;
        hid_t file = edit();
        hid_t dataset = H5Dopen2(file, numbers[i], H5P_DEFAULT);
        hid_t space = H5Dget_space(dataset);
        hsize_t start[2] = {20, 0}, one[2] = {1, 1};
        hid_t memory = H5Screate_simple(1, one, NULL);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, one, NULL);
        assert_true(H5Dread(dataset, H5T_NATIVE_INT64, memory, space, H5P_DEFAULT, &value) >= 0);
        H5Sclose(memory);
        H5Sclose(space);
        H5Dclose(dataset);
        close_edit(file);
        value = value == 1 ? 2 : 1;
        poke(numbers[i], 20, H5T_NATIVE_INT64, &value, false);
        expect_refused(PATH, numbers[i]);
        sample_free(&from);
    }
}

/* A flipped bit anywhere in the data, by hand and not through HDF5. */
static void flipped_bits_are_found(void **state)
{
    (void)state;
    sample from;
    write_good(false, &from);
    size_t length;
    char *bytes = slurp(PATH, &length);
    const char *needles[] = {(const char *)from.indices, "q17\xc3\xa9", "a longer text 7",
                             "t\xc3\xa4g 17", "gpt-4"};
    for (size_t i = 0; i < sizeof needles / sizeof needles[0]; i++) {
        char *at = memmem(bytes, length, needles[i], i == 0 ? 12 : strlen(needles[i]));
        assert_non_null(at);
        *at ^= 4;
        spill(PATH, bytes, length);
        expect_refused(PATH, "");
        *at ^= 4;
    }
    free(bytes);
    sample_free(&from);
}

static void types_and_ranks(void **state)
{
    (void)state;
    static float numbers[60000];
    static int64_t integers[60000];
    const struct {
        const char *name;
        hid_t type;
        int rank;
        hsize_t rows, columns;
        const char *word;
    } cases[] = {
        {"X/indices", H5T_NATIVE_FLOAT, 1, 0, 1, "X"},
        {"X/indptr", H5T_NATIVE_FLOAT, 1, 201, 1, "X"},
        {"X/indptr", H5T_NATIVE_INT64, 2, 201, 1, "X"},
        {"X/data", H5T_NATIVE_INT64, 2, 0, 1, "X"},
        {"X/data", H5T_NATIVE_INT64, 1, 5, 1, "X"},
        {"obs/_index", H5T_NATIVE_INT64, 1, 199, 1, "_index"},
        {"obs/_index", H5T_NATIVE_INT64, 2, 200, 2, "_index"},
        {"var/_index", H5T_NATIVE_INT64, 1, 51, 1, "_index"},
        {"var/_index", H5T_NATIVE_INT64, 1, 50, 1, "twice"},
        {"obsm/score", H5T_NATIVE_FLOAT, 2, 199, 3, "score"},
        {"obsm/score", H5T_NATIVE_FLOAT, 2, 200, 4, "score"},
        {"obsm/score", H5T_NATIVE_FLOAT, 1, 200, 1, "score"},
        {"obs/prompt_tokens", H5T_NATIVE_FLOAT, 1, 201, 1, "prompt_tokens"},
        {"obs/prompt_tokens", H5T_NATIVE_FLOAT, 2, 200, 2, "prompt_tokens"},
        {"obs/split/codes", H5T_NATIVE_FLOAT, 1, 200, 1, "split"},
        {"obs/split/codes", H5T_NATIVE_INT64, 1, 100, 1, "split"},
        {"obs", H5T_NATIVE_INT64, 1, 5, 1, "/obs"},
        {"uns/tagroute/models", H5T_NATIVE_INT64, 1, 2000, 1, "models"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sample from;
        write_good(false, &from);
        hsize_t rows = cases[i].rows ? cases[i].rows : from.plan.nonzeros;
        bool real = cases[i].type == H5T_NATIVE_FLOAT;
        replace(cases[i].name, cases[i].type, cases[i].rank, rows, cases[i].columns, H5P_DEFAULT,
                real ? (const void *)numbers : (const void *)integers);
        expect_refused(PATH, cases[i].word);
        sample_free(&from);
    }
}

/* Shapes that promise terabytes, with next to nothing behind them. */
static void shape_bombs(void **state)
{
    (void)state;
    const hsize_t rows = (hsize_t)1 << 40;
    for (int variant = 0; variant < 4; variant++) {
        sample from;
        write_good(false, &from);
        hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
        hsize_t chunk = variant == 2 ? 1000 : (hsize_t)1 << 28;
        if (variant > 0) {
            H5Pset_chunk(creation, 1, &chunk);
            H5Pset_deflate(creation, 9);
        }
        if (variant == 3) { /* a string of a gibibyte */
            hid_t type = H5Tcopy(H5T_C_S1);
            H5Tset_size(type, (size_t)1 << 30);
            replace("obs/_index", type, 1, 200, 1, H5P_DEFAULT, NULL);
            H5Tclose(type);
            expect_refused(PATH, "/obs/_index");
        } else {
            replace("X/data", H5T_NATIVE_INT64, 1, rows, 1, creation, NULL);
            expect_refused(PATH, "/X/data");
            replace("X/indices", H5T_NATIVE_INT64, 1, rows, 1, creation, NULL);
            expect_refused(PATH, "/X/");
            const int64_t shape[2] = {(int64_t)rows, 50};
            set_shape(shape);
            expect_refused(PATH, "/X/");
        }
        H5Pclose(creation);
        sample_free(&from);
    }
}

static void data_elsewhere(void **state)
{
    (void)state;
    sample from;
    write_good(false, &from);
    hsize_t count = from.plan.nonzeros;
    spill(in_folder("other.bin"), "secret secret secret secret secret", 34);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(creation, in_folder("other.bin"), 0, H5F_UNLIMITED);
    replace("X/data", H5T_NATIVE_UINT8, 1, count, 1, creation, NULL);
    expect_refused(PATH, "other files");
    H5Pclose(creation);

    creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(1, &count, NULL);
    H5Pset_virtual(creation, space, in_folder("other.h5"), "/data", space);
    replace("X/data", H5T_NATIVE_UINT8, 1, count, 1, creation, NULL);
    expect_refused(PATH, "other files");
    H5Sclose(space);
    H5Pclose(creation);
    sample_free(&from);

    const char *const names[] = {
        "X",   "X/data", "obs",        "obs/_index", "obs/split",    "obs/split/codes",
        "var", "obsm",   "obsm/score", "uns",        "uns/tagroute", "uns/tagroute/models"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int external = 0; external < 2; external++) {
            write_good(false, &from);
            assert_int_equal(rename(PATH, in_folder("other.h5")), 0);
            sample_free(&from);
            write_good(false, &from);
            hid_t file = edit();
            H5Lmove(file, names[i], H5L_SAME_LOC, "elsewhere", H5P_DEFAULT, H5P_DEFAULT);
            if (external) {
                H5Lcreate_external(in_folder("other.h5"), names[i], file, names[i], H5P_DEFAULT,
                                   H5P_DEFAULT);
            } else {
                H5Lcreate_soft("/elsewhere", file, names[i], H5P_DEFAULT, H5P_DEFAULT);
            }
            close_edit(file);
            expect_refused(PATH, "link");
            sample_free(&from);
        }
    }
}

/* Random bytes overwritten anywhere: refused or read, never more. */
static void scribbled(void **state)
{
    (void)state;
    sample from;
    write_good(false, &from);
    size_t length;
    uint64_t random = SEED;
    char *bytes = slurp(PATH, &length), *copy = malloc(length);
    assert_non_null(copy);
    for (int round = 0; round < 25; round++) {
        memcpy(copy, bytes, length);
        for (int i = 0; i < 3; i++) {
            /* Half of the time among the data, where nothing of HDF5's own stands. */
            copy[below(&random, length)] = (char)next_random(&random);
        }
        spill(PATH, copy, length);
        pid_t child = fork(); /* libhdf5 itself may not survive every such file */
        if (child == 0) {
            signal(SIGSEGV, SIG_DFL);
            tgr_error error;
            tgr_query_file *file;
            tgr_batch batch = {0};
            if (tgr_query_open(PATH, &file, &error) == TGR_OK) {
                (void)tgr_query_read(file, 0, 1000, 100000, WANT_ALL, &batch, &error);
            }
            _exit(0);
        }
        int ended;
        assert_int_equal(waitpid(child, &ended, 0), child);
        assert_true(WIFEXITED(ended));
        assert_int_equal(WEXITSTATUS(ended), 0);
    }
    free(bytes);
    free(copy);
    sample_free(&from);
}

static void newer_and_other_formats(void **state)
{
    (void)state;
    sample from;
    write_good(false, &from);
    const int64_t two = 2;
    hid_t file = edit();
    hid_t dataset = H5Dopen2(file, "uns/tagroute/version", H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &two);
    H5Dclose(dataset);
    close_edit(file);
    expect_refused(PATH, "newer tagroute");
    sample_free(&from);
}

int main(void)
{
    printf("seed %u\n", SEED);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(not_files_of_queries),
        TEST(missing_parts),
        TEST(cut_off),
        TEST(shapes_that_do_not_match),
        TEST(bad_x),
        TEST(bad_codes_and_cells),
        TEST(changed_data_is_found),
        TEST(flipped_bits_are_found),
        TEST(types_and_ranks),
        TEST(shape_bombs),
        TEST(data_elsewhere),
        TEST(scribbled),
        TEST(newer_and_other_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
