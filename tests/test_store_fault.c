/* test_store_fault.c - memory that runs out at every point, and disks that do: nothing leaks,
 * nothing is left under the final name. */
#include "tests/test_store_support.h"

#include <hdf5.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "engine/store/decisions.h"
#include "engine/store/kind.h"

static const sample_shape small = {
    .rows = 20, .tags = 6, .models = 2, .categories = 2, .value_type = TGR_U8, .some_tokens = true};

/* Lets an allocation fail and all after it, then a later one, every `step`-th, until none
 * fails; returns how many it took. Reading is not tried with every one: opening a file starts a
 * process of its own, which is slow under sanitizers. */
static long sweep(tgr_status (*operation)(tgr_error *error), long first, long step)
{
    tgr_error error;
    for (long allowed = first;; allowed += step) {
        long live = tgr_mem_live();
        tgr_mem_fail_after(allowed);
        tgr_status status = operation(&error);
        tgr_mem_fail_after(-1);
        assert_int_equal(tgr_mem_live(), live);
        if (status == TGR_OK) {
            return allowed;
        }
        if (status != TGR_ERR_NOMEM) {
            print_error("after %ld allocations: %s: %s\n", allowed, tgr_status_name(status),
                        error.message);
        }
        assert_int_equal(status, TGR_ERR_NOMEM);
        assert_true(error.message[0] != 0);
        assert_int_equal(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_FILE), 0);
    }
}

static tgr_status open_and_read(tgr_error *error)
{
    tgr_query_file *file;
    tgr_batch batch = {0};
    tgr_status status = tgr_query_open(in_folder("a.h5"), &file, error);
    if (status == TGR_OK) {
        status = tgr_query_read(file, 0, 200, 5000, WANT_ALL, &batch, error);
    }
    if (status == TGR_OK) {
        status = tgr_query_verify(file, error);
    }
    tgr_batch_free(&batch);
    tgr_query_close(file);
    return status;
}

static const sample *to_write;

static tgr_status write_it(tgr_error *error)
{
    tgr_status status = sample_write(to_write, in_folder("b.h5"), 50, error);
    assert_int_equal(access(in_folder("b.h5"), F_OK) == 0, status == TGR_OK);
    return status;
}

static void memory_while_reading(void **state)
{
    (void)state;
    for (int compress = 0; compress < 2; compress++) {
        tgr_error error;
        sample from = sample_make(&small);
        from.plan.compress = compress;
        assert_ok(sample_write(&from, in_folder("a.h5"), 50, &error));
        assert_true(sweep(open_and_read, compress, 7) > 30);
        sample_free(&from);
    }
}

static void memory_while_writing(void **state)
{
    (void)state;
    sample from = sample_make(&small);
    to_write = &from;
    assert_true(sweep(write_it, 0, 1) > 20);
    assert_int_equal(folder_entries(NULL), 1);
    sample_free(&from);
}

/* Unsorted rows, columns of strings: the ways that tagroute's own files do not take. */
static void memory_while_reading_foreign(void **state)
{
    (void)state;
    tgr_error error;
    sample from = sample_make(&small);
    for (int layout = 0; layout < 2; layout++) {
        assert_ok(sample_write(&from, in_folder("a.h5"), 50, &error));
        hid_t file = H5Fopen(in_folder("a.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
        assert_true(file > 0);
        /* Another index, of numbers, and the first row's columns turned round. */
        assert_true(H5Ldelete(file, "obs/_index", H5P_DEFAULT) >= 0);
        hsize_t rows = small.rows;
        hid_t space = H5Screate_simple(1, &rows, NULL);
        hid_t index = H5Dcreate2(file, "obs/_index", H5T_NATIVE_INT64, space, H5P_DEFAULT,
                                 H5P_DEFAULT, H5P_DEFAULT);
        assert_true(
            H5Dwrite(index, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, from.position) >= 0);
        H5Dclose(index);
        assert_true(H5Ldelete(file, "obs/split", H5P_DEFAULT) >= 0);
        index = H5Dcreate2(file, "obs/split", H5T_NATIVE_INT64, space, H5P_DEFAULT, H5P_DEFAULT,
                           H5P_DEFAULT);
        assert_true(
            H5Dwrite(index, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, from.position) >= 0);
        H5Dclose(index);
        H5Sclose(space);
        if (layout == 0) {
            hid_t indices = H5Dopen2(file, "X/indices", H5P_DEFAULT);
            int32_t *turned = malloc(from.plan.nonzeros * sizeof(int32_t));
            assert_non_null(turned);
            for (uint64_t i = 0; i < from.plan.nonzeros; i++) {
                turned[i] = (int32_t)from.indices[from.plan.nonzeros - 1 - i];
            }
            assert_true(
                H5Dwrite(indices, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, turned) >= 0);
            assert_true(H5Adelete(indices, "xxh3") >= 0);
            H5Dclose(indices);
            free(turned);
        } else { /* dense */
            assert_true(H5Ldelete(file, "X", H5P_DEFAULT) >= 0);
            hsize_t shape[2] = {small.rows, small.tags};
            float *dense = calloc(shape[0] * shape[1], sizeof(float));
            assert_non_null(dense);
            dense[50] = 3;
            space = H5Screate_simple(2, shape, NULL);
            hid_t x = H5Dcreate2(file, "X", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT,
                                 H5P_DEFAULT);
            assert_true(H5Dwrite(x, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, dense) >= 0);
            H5Dclose(x);
            H5Sclose(space);
            free(dense);
        }
        H5Fclose(file);
        assert_true(sweep(open_and_read, layout, 7) > 30);
    }
    sample_free(&from);
}

/* ---- disks ----------------------------------------------------------------------------- */

static tgr_decisions_plan decisions_plan(void)
{
    static const double thresholds[] = {0.5};
    static const char *const digests[] = {"q"};
    return (tgr_decisions_plan){.rows = 30000,
                                .models = sample_models,
                                .model_count = 2,
                                .reference = "gpt-4",
                                .thresholds = thresholds,
                                .threshold_count = 1,
                                .margins = true,
                                .router_digest = "r",
                                .query_digests = digests,
                                .query_count = 1};
}

static tgr_status write_decisions(const char *path, tgr_error *error)
{
    static const int16_t model[30000];
    static const float margin[30000];
    tgr_decisions_plan plan = decisions_plan();
    tgr_decisions_writer *writer;
    tgr_status status = tgr_decisions_open(path, TGR_DECISIONS_AUTO, &plan, &writer, error);
    if (status == TGR_OK) {
        status = tgr_decisions_put(writer, NULL, model, margin, 30000, error);
    }
    if (status == TGR_OK) {
        status = tgr_decisions_commit(writer, error);
    }
    tgr_decisions_free(writer);
    return status;
}

static tgr_status write_h5(tgr_error *error)
{
    return write_decisions(in_folder("short.h5"), error);
}

static tgr_status write_lines(tgr_error *error)
{
    return write_decisions(in_folder("short.jsonl"), error);
}

static void memory_for_decisions(void **state)
{
    (void)state;
    assert_true(sweep(write_h5, 0, 1) > 5);
    assert_true(sweep(write_lines, 0, 1) > 5);
}

static tgr_status write_queries(const char *path, tgr_error *error)
{
    return sample_write(to_write, path, 500, error);
}

static tgr_status write_compressed(const char *path, tgr_error *error)
{
    sample from = *to_write;
    from.plan.compress = true;
    return sample_write(&from, path, 500, error);
}

/* In a child that may write files of `limit` bytes only: the write must fail as one of the world,
 * saying why, and the program must still end. Returns whether it succeeded. */
static bool write_limited(tgr_status (*write_file)(const char *, tgr_error *), const char *path,
                          rlim_t limit)
{
    pid_t child = fork();
    if (child == 0) {
        tgr_error error;
        struct rlimit size = {limit, limit};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &size);
        tgr_status status = write_file(path, &error);
        bool explained = status == TGR_OK || strstr(error.message, "File too large") != NULL;
        if (!explained) {
            print_error("%s: %s\n", tgr_status_name(status), error.message);
        }
        H5close(); /* what happens at the end of every program that uses HDF5 */
        _exit(status == TGR_OK ? 0 : status == TGR_ERR_IO && explained ? 1 : 2);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
    assert_true(WEXITSTATUS(ended) < 2);
    return WEXITSTATUS(ended) == 0;
}

static void full_disks(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        tgr_status (*write_file)(const char *, tgr_error *);
    } writers[] = {{"a.h5", write_queries},
                   {"b.h5", write_compressed},
                   {"c.h5", write_decisions},
                   {"d.jsonl", write_decisions},
                   {"e.msgpack", write_decisions}};
    sample from =
        sample_make(&(sample_shape){.rows = 3000, .tags = 90, .models = 3, .categories = 9});
    to_write = &from;
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        char *path = strdup(in_folder(writers[i].name));
        assert_true(write_limited(writers[i].write_file, path, RLIM_INFINITY));
        struct stat whole;
        assert_int_equal(stat(path, &whole), 0);
        spill(path, "what was there before", 21);
        for (rlim_t part = 0; part < 8; part++) {
            assert_false(
                write_limited(writers[i].write_file, path, (rlim_t)whole.st_size * part / 8));
            size_t length;
            char *bytes = slurp(path, &length);
            assert_int_equal(length, 21);
            assert_memory_equal(bytes, "what was there before", 21);
            free(bytes);
            assert_int_equal(folder_entries(NULL), 1);
        }
        unlink(path);
        free(path);
    }
    sample_free(&from);
}

static void places_that_cannot_be_written(void **state)
{
    (void)state;
    tgr_error error;
    sample from = sample_make(&small);
    assert_int_equal(sample_write(&from, in_folder("none/a.h5"), 50, &error), TGR_ERR_IO);
    assert_int_equal(write_decisions(in_folder("none/a.h5"), &error), TGR_ERR_IO);
    assert_int_equal(write_decisions(in_folder("none/a.jsonl"), &error), TGR_ERR_IO);
    assert_int_equal(sample_write(&from, folder, 50, &error), TGR_ERR_ARGUMENT);
    assert_int_equal(folder_entries(NULL), 0);
    sample_free(&from);
}

int main(void)
{
    printf("seed %u\n", SEED);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(memory_while_reading), TEST(memory_while_writing), TEST(memory_while_reading_foreign),
        TEST(memory_for_decisions), TEST(full_disks),           TEST(places_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
