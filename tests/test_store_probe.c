/* test_store_probe.c - what children say of a file, and that nothing else of the process decides
 * it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#endif
#include "tests/test_store_support.h"

#include <hdf5.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "engine/base/error.h"
#include "engine/store/probe.h"

#define PATH    in_folder("good.h5")
#define OTHER   in_folder("other.h5")
#define THREADS 3
#ifdef __SANITIZE_ADDRESS__
#define OPENED 50 /* a fork takes twenty times as long */
#else
#define OPENED 150
#endif

static void write_good(const char *path, bool compress)
{
    tgr_error error;
    sample made =
        sample_make(&(sample_shape){.rows = 50, .tags = 20, .models = 2, .categories = 5});
    made.plan.compress = compress;
    assert_ok(sample_write(&made, path, 1000, &error));
    sample_free(&made);
}

/* ---- verdicts -------------------------------------------------------------------------- */

static tgr_status say_yes(void *data, tgr_error *error)
{
    (void)data;
    (void)error;
    return TGR_OK;
}

static tgr_status say_no(void *data, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT, "no, says %s", (const char *)data);
}

static tgr_status want_memory(void *data, tgr_error *error)
{
    (void)data;
    return tgr_fail_memory(error, "a child");
}

static tgr_status want_too_much(void *data, tgr_error *error)
{
    (void)data;
    void *much = mmap(NULL, (size_t)3 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return much == MAP_FAILED ? say_no("a limit", error) : TGR_OK;
}

static tgr_status crash(void *data, tgr_error *error)
{
    (void)data;
    (void)error;
    raise(SIGSEGV);
    return TGR_OK;
}

static tgr_status vanish(void *data, tgr_error *error)
{
    (void)data;
    (void)error;
    _exit(0);
}

static tgr_status be_killed(void *data, tgr_error *error)
{
    (void)data;
    (void)error;
    kill(getpid(), SIGKILL);
    return TGR_OK;
}

static void verdicts(void **state)
{
    (void)state;
    static const struct {
        tgr_status (*work)(void *data, tgr_error *error);
        tgr_status status;
        const char *word;
    } cases[] = {{say_yes, TGR_OK, ""},
                 {say_no, TGR_ERR_INPUT, "no, says somebody"},
                 {want_memory, TGR_OK, ""}, /* the caller sees for itself */
                 {want_too_much, TGR_ERR_INPUT, "no, says a limit"},
                 {crash, TGR_ERR_INPUT, "damaged"},
                 {vanish, TGR_ERR_INPUT, "damaged"},
                 {be_killed, TGR_ERR_IO, "try again"}};
    write_good(PATH, false);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tgr_error error = {0};
        char name[] = "somebody";
        tgr_status status = tgr_probe(PATH, cases[i].work, name, &error);
        if (status != cases[i].status || !strstr(error.message, cases[i].word)) {
            fail_msg("case %zu: %s: %s", i, tgr_status_name(status), error.message);
        }
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    }
}

/* ---- how many children ----------------------------------------------------------------- */

static atomic_int *born; /* seen by all children */

static tgr_status sleep_at_first(void *data, tgr_error *error)
{
    (void)data;
    (void)error;
    while (atomic_fetch_add(born, 1) == 0) {
        pause();
    }
    return say_no((char[]){"the second"}, error);
}

static tgr_status loop(void *data, tgr_error *error)
{
    (void)data;
    (void)error;
    atomic_fetch_add(born, 1);
    while (atomic_load(born) > 0) {
    }
    return TGR_OK;
}

static tgr_status be_born_and_crash(void *data, tgr_error *error)
{
    atomic_fetch_add(born, 1);
    return crash(data, error);
}

#ifdef __SANITIZE_ADDRESS__
#define TRIES 2 /* a lock of the sanitizer's own may be all that was wrong */
#else
#define TRIES 1
#endif

/* One that sleeps, as if on a lock, has a successor; one that crashes or runs on has none. */
static void successors(void **state)
{
    (void)state;
    static const struct {
        tgr_status (*work)(void *data, tgr_error *error);
        int children;
        const char *word;
    } cases[] = {{sleep_at_first, 2, "the second"},
                 {be_born_and_crash, TRIES, "damaged"},
                 {loop, TRIES, "far more time"}};
    born = mmap(NULL, sizeof *born, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(born != MAP_FAILED);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tgr_error error = {0};
        atomic_store(born, 0);
        assert_int_equal(tgr_probe(PATH, cases[i].work, NULL, &error), TGR_ERR_INPUT);
        assert_non_null(strstr(error.message, cases[i].word));
        assert_int_equal(atomic_load(born), cases[i].children);
    }
    munmap(born, sizeof *born);
}

/* ---- a pipe that somebody else holds open ---------------------------------------------- */

static tgr_status leave_a_holder(void *data, tgr_error *error)
{
    pid_t *holder = data;
    pid_t made = fork();
    if (made == 0) {
        alarm(60);
        pause();
        _exit(0);
    }
    *holder = made;
    return crash(NULL, error);
}

static void held_pipes(void **state)
{
    (void)state;
    tgr_error error = {0};
    pid_t *holder =
        mmap(NULL, sizeof *holder, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(holder != MAP_FAILED);
    assert_int_equal(tgr_probe(PATH, leave_a_holder, holder, &error), TGR_ERR_INPUT);
    assert_true(*holder > 0);
    assert_int_equal(kill(*holder, SIGKILL), 0); /* it was not waited for */
    munmap(holder, sizeof *holder);
}

/* ---- other threads --------------------------------------------------------------------- */

static atomic_int stopping, turns;

/* Is inside HDF5 all the time: holds its lock, or waits for it. */
static void *be_inside(void *path)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG); /* HDF5 wants one for all who have it open */
    while (!atomic_load(&stopping)) {
        H5Fclose(H5Fopen(path, H5F_ACC_RDONLY, access));
        atomic_fetch_add(&turns, 1);
    }
    H5Pclose(access);
    return NULL;
}

/* Reads packed blocks all the time. */
static void *read_often(void *path)
{
    tgr_query_file *file;
    tgr_batch batch = {0};
    tgr_status status = tgr_query_open(path, &file, NULL);
    while (status == TGR_OK && !atomic_load(&stopping)) {
        status = tgr_query_read(file, 0, 1000, 100000, WANT_ALL, &batch, NULL);
        atomic_fetch_add(&turns, 1);
    }
    tgr_batch_free(&batch);
    tgr_query_close(file);
    return status == TGR_OK ? NULL : path;
}

static void threads_inside_hdf5(void **state)
{
    (void)state;
    hbool_t safe = false;
    pthread_t threads[THREADS];
    H5is_library_threadsafe(&safe);
    if (!safe) {
        skip();
    }
    static char other[512];
    snprintf(other, sizeof other, "%s", OTHER);
    write_good(other, true);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, i == 0 ? read_often : be_inside, other),
                         0);
    }
    while (atomic_load(&turns) < THREADS) {
        usleep(1000);
    }
    for (int i = 0; i < OPENED; i++) {
        tgr_query_file *file;
        tgr_error error = {0};
        tgr_status status = tgr_query_open(PATH, &file, &error);
        if (status != TGR_OK) {
            atomic_store(&stopping, 1);
            fail_msg("%d: %s: %s", i, tgr_status_name(status), error.message);
        }
        assert_int_equal(file->rows, 50);
        tgr_query_close(file);
    }
    atomic_store(&stopping, 1);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

/* Several threads open files at once, each with children of its own. */
static void *open_often(void *path)
{
    for (int i = 0; i < OPENED / 10; i++) {
        tgr_error error = {0};
        char name[] = "a child";
        tgr_status yes = tgr_probe(path, say_yes, NULL, &error);
        tgr_status no = tgr_probe(path, say_no, name, &error);
        tgr_status died = tgr_probe(path, crash, NULL, &error);
        if (yes != TGR_OK || no != TGR_ERR_INPUT || died != TGR_ERR_INPUT) {
            return path;
        }
    }
    return NULL;
}

static void probes_at_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    static char path[512];
    snprintf(path, sizeof path, "%s", PATH);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, open_often, path), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),       cmocka_unit_test(successors),
        cmocka_unit_test(held_pipes),     cmocka_unit_test(threads_inside_hdf5),
        cmocka_unit_test(probes_at_once),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
