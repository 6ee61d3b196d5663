/* test_pass.c - walks over query files: the same batches whether they are read ahead or not, at any
 * number of threads and any memory; failures in their order; walks that are broken off. */
#include "tests/test_store_support.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "engine/pass.h"

#define ROWS 300000 /* more than a batch, so that there is something to read ahead */

static sample *written;

static int write_file(void **state)
{
    tgr_error error;
    static sample made;
    if (make_folder(state) != 0) {
        return -1;
    }
    made = sample_make(&(sample_shape){.rows = ROWS, .tags = 40, .models = 2, .categories = 3});
    made.plan.has_text = false;
    written = &made;
    assert_ok(sample_write(&made, in_folder("a.h5"), 50000, &error));
    sample other = sample_make(
        &(sample_shape){.rows = 100, .tags = 40, .models = 2, .categories = 3, .bare = true});
    assert_ok(sample_write(&other, in_folder("b.h5"), 100, &error));
    sample_free(&other);
    return 0;
}

static int remove_file(void **state)
{
    sample_free(written);
    return remove_folder(state);
}

typedef struct heard {
    int warnings;
    char last[300];
} heard;

static void on_message(void *user, tgr_level level, const char *sentence)
{
    heard *to = user;
    to->warnings += level == TGR_WARNING;
    snprintf(to->last, sizeof to->last, "%s", sentence);
}

/* Compares each batch with what was written. Returns the queries; *batches how many batches. */
static uint64_t walk(tgr_pass *pass, const tgr_run *run, unsigned want, int *batches)
{
    tgr_error error;
    uint64_t queries = 0, next = 0;
    *batches = 0;
    for (;;) {
        tgr_batch *batch;
        size_t file;
        assert_ok(tgr_pass_next(pass, want, "walking", run, &batch, &file, &error));
        if (!batch) {
            return queries;
        }
        ++*batches;
        queries += batch->rows;
        if (file != 0) {
            continue;
        }
        size_t taken = 0;
        for (uint64_t row = batch->first_row; taken < batch->rows; row++) {
            assert_true(row < ROWS);
            if (pass->split && written->codes[1][row] != 0) {
                continue;
            }
            assert_true(row >= next);
            next = row + 1;
            int64_t begin = written->indptr[row], length = written->indptr[row + 1] - begin;
            int64_t at = batch->x.indptr[taken];
            assert_int_equal(batch->x.indptr[taken + 1] - at, length);
            assert_memory_equal(batch->x.indices + at, written->indices + begin,
                                (size_t)length * 4);
            if (want & TGR_WANT_OUTCOME) {
                assert_memory_equal(batch->outcome + taken * 2, written->outcome + row * 2, 2);
            }
            if (want & TGR_WANT_IDS) {
                uint64_t id = written->ids.offsets[row];
                size_t bytes = (size_t)(written->ids.offsets[row + 1] - id);
                assert_int_equal(batch->ids.offsets[taken + 1] - batch->ids.offsets[taken], bytes);
                assert_memory_equal(batch->ids.bytes + batch->ids.offsets[taken],
                                    written->ids.bytes + id, bytes);
            }
            taken++;
        }
    }
}

static void same_batches(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 7};
    static const uint64_t memories[] = {0, 1 << 20, 40 << 20};
    const char *const inputs[] = {in_folder("a.h5"), in_folder("b.h5")};
    uint64_t train = 0;
    for (uint64_t row = 0; row < ROWS; row++) {
        train += written->codes[1][row] == 0;
    }
    for (size_t i = 0; i < 9; i++) {
        tgr_error error;
        tgr_pass pass;
        heard said = {0};
        tgr_run run = {.size = sizeof run,
                       .threads = threads[i % 3],
                       .memory = memories[i / 3],
                       .message = on_message,
                       .user = &said};
        const char *split = i % 2 ? "train" : NULL;
        uint64_t expected = split ? train : ROWS + 100, queries;
        int batches;
        long live = tgr_mem_live();
        assert_ok(tgr_pass_open(&pass, inputs, 2, split, &error));
        assert_ok(tgr_pass_count(&pass, &run, &queries, &error));
        assert_int_equal(queries, expected);
        assert_int_equal(walk(&pass, &run, TGR_WANT_OUTCOME | TGR_WANT_IDS, &batches), expected);
        assert_true(batches > (memories[i / 3] == 1 << 20 ? 100 : 1));
        /* Again, and the other way, from the start. */
        assert_int_equal(walk(&pass, &run, 0, &batches), expected);
        assert_int_equal(said.warnings, split ? 1 : 0);
        if (split) {
            assert_non_null(strstr(said.last, "b.h5 has no split 'train'"));
        }
        tgr_pass_close(&pass);
        assert_int_equal(tgr_mem_live(), live);
    }
}

/* An old caller's structure ends before `memory`, whatever stands behind it. */
static void older_structures_are_taken(void **state)
{
    (void)state;
    const char *const inputs[] = {in_folder("a.h5")};
    tgr_error error;
    tgr_pass pass;
    int few, many;
    tgr_run run = {.size = sizeof run, .threads = 8, .memory = 1 << 20}; /* many: large batches */
    assert_ok(tgr_pass_open(&pass, inputs, 1, NULL, &error));
    assert_int_equal(walk(&pass, &run, 0, &many), ROWS);
    run.size = offsetof(tgr_run, memory);
    assert_int_equal(walk(&pass, &run, 0, &few), ROWS);
    assert_true(few * 10 < many);
    tgr_pass_close(&pass);
}

/* Breaks a walk off after some batches: by closing, by wanting something else, by cancelling. */
static void walks_are_broken_off(void **state)
{
    (void)state;
    const char *const inputs[] = {in_folder("a.h5")};
    for (int after = 0; after < 6; after++) {
        for (int how = 0; how < 3; how++) {
            tgr_error error;
            tgr_pass pass;
            volatile sig_atomic_t cancel = 0;
            tgr_run run = {.size = sizeof run, .threads = 1, .memory = 16 << 20, .cancel = &cancel};
            tgr_batch *batch;
            size_t file;
            uint64_t queries = 0;
            long live = tgr_mem_live();
            assert_ok(tgr_pass_open(&pass, inputs, 1, NULL, &error));
            for (int i = 0; i < after; i++) {
                assert_ok(tgr_pass_next(&pass, 0, "a", &run, &batch, &file, &error));
                queries += batch->rows;
            }
            if (how == 1) {
                do {
                    assert_ok(
                        tgr_pass_next(&pass, TGR_WANT_SPLIT, "b", &run, &batch, &file, &error));
                    if (batch) {
                        assert_int_equal(batch->first_row, queries);
                        assert_non_null(batch->split);
                        queries += batch->rows;
                    }
                } while (batch);
                assert_int_equal(queries, ROWS);
            } else if (how == 2) {
                __atomic_store_n(&cancel, 1, __ATOMIC_RELAXED); /* a thread reads it */
                assert_int_equal(tgr_pass_next(&pass, 0, "a", &run, &batch, &file, &error),
                                 TGR_ERR_CANCELLED);
                assert_null(batch);
            }
            tgr_pass_close(&pass);
            assert_int_equal(tgr_mem_live(), live);
        }
    }
}

/* All batches before the damage come first, then the damage, by name; then the walk starts anew. */
static void damage_comes_in_order(void **state)
{
    (void)state;
    const char *path = in_folder("a.h5");
    hid_t file_id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file_id, "X/indices", H5P_DEFAULT);
    uint64_t at = H5Dget_offset(dataset) + (uint64_t)written->plan.nonzeros * 4 - 3;
    H5Dclose(dataset);
    H5Fclose(file_id);
    int fd = open(path, O_RDWR);
    uint8_t byte;
    assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    close(fd);
    for (int threads = 1; threads < 4; threads += 2) {
        tgr_error error;
        tgr_pass pass;
        tgr_run run = {.size = sizeof run, .threads = threads, .memory = 16 << 20};
        tgr_batch *batch;
        size_t file;
        uint64_t queries = 0;
        assert_ok(tgr_pass_open(&pass, &path, 1, NULL, &error));
        for (;;) {
            tgr_status status = tgr_pass_next(&pass, 0, "a", &run, &batch, &file, &error);
            if (status != TGR_OK) {
                assert_int_equal(status, TGR_ERR_INPUT);
                assert_non_null(strstr(error.message, "of /X/indices do not match"));
                break;
            }
            assert_non_null(batch);
            assert_int_equal(batch->first_row, queries);
            queries += batch->rows;
        }
        assert_true(queries > ROWS / 2 && queries < ROWS);
        assert_ok(tgr_pass_next(&pass, 0, "a", &run, &batch, &file, &error));
        assert_int_equal(batch->first_row, 0);
        tgr_pass_close(&pass);
    }
}

/* Where no thread can be had the walk is the same. In a child, which may start none: there is no
 * room for its stack. */
static void without_threads(void **state)
{
    (void)state;
    const char *const inputs[] = {in_folder("a.h5")};
    pid_t child = fork();
    if (child == 0) {
        tgr_error error;
        tgr_pass pass;
        int batches;
        tgr_run run = {.size = sizeof run, .threads = 1, .memory = 16 << 20};
        struct rlimit none = {0, 0};
        assert_ok(tgr_pass_open(&pass, inputs, 1, NULL, &error));
        setrlimit(RLIMIT_NPROC, &none); /* does not bind root, who then walks as usual */
        _exit(walk(&pass, &run, 0, &batches) == ROWS && batches > 1 ? 0 : 1);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
}

static void memory_runs_out(void **state)
{
    (void)state;
    const char *const inputs[] = {in_folder("a.h5")};
    tgr_run run = {.size = sizeof run, .threads = 2, .memory = 40 << 20};
    long live = tgr_mem_live(), failures = 0;
    for (long allowed = 0; allowed < 60; allowed += 3) {
        tgr_error error;
        tgr_pass pass;
        assert_ok(tgr_pass_open(&pass, inputs, 1, NULL, &error));
        tgr_mem_fail_after(allowed);
        tgr_status status = TGR_OK;
        tgr_batch *batch;
        size_t file;
        do {
            status = tgr_pass_next(&pass, TGR_WANT_SCORE, "a", &run, &batch, &file, &error);
        } while (status == TGR_OK && batch);
        tgr_mem_fail_after(-1);
        assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
        failures += status != TGR_OK;
        tgr_pass_close(&pass);
        assert_int_equal(tgr_mem_live(), live);
    }
    assert_true(failures > 3);
}

int main(void)
{
    printf("seed %u\n", SEED);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
#define TEST(name) cmocka_unit_test_setup_teardown(name, write_file, remove_file)
    const struct CMUnitTest tests[] = {
        TEST(same_batches),         TEST(older_structures_are_taken),
        TEST(walks_are_broken_off), TEST(damage_comes_in_order),
        TEST(without_threads),      TEST(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
