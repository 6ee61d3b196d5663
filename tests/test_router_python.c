/* test_router_python.c - router files between us and Python's msgpack, both ways. */
#include "tests/router_support.h"

#include <sys/wait.h>

#ifndef TGR_PYTHON
#define TGR_PYTHON "/usr/bin/python3"
#endif
#define SKIPPED 77

static char printed[4096]; /* by the script */

/* The script's exit status; what it printed is kept. */
static int run_script(void)
{
    if (access(TGR_PYTHON, X_OK) != 0) {
        printf("skipped: no " TGR_PYTHON "\n");
        return SKIPPED;
    }
    FILE *script = popen(TGR_PYTHON " '" TGR_PYTHON_SCRIPT "' ours theirs", "r");
    if (script == NULL) {
        return 1;
    }
    printed[fread(printed, 1, sizeof printed - 1, script)] = '\0';
    int status = pclose(script);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static tgr_router *make_ours(void)
{
    static const char *const vision[] = {"vision"};
    tgr_router *router = make_router(2, 3, 11);
    router->models[0].price_in = 3e-5;
    router->models[1].max_input_tokens = 8192;
    set_supports(&router->models[1], vision, 1);
    router->quantile_count = 1;
    router->quantiles[0].share = 0.1;
    router->quantiles[0].threshold = -0.25;
    assert_int_equal(tgr_router_update_digest(router, NULL), TGR_OK);
    return router;
}

static void python_reads_ours(void **state)
{
    (void)state;
    tgr_router *router = make_ours();
    char wanted[256];
    snprintf(wanted, sizeof wanted, "2 3 1 paper given\nm0 m1 t0 t1 t2\n%.9g %.9g %.9g %.17g\n",
             router->weights[0], router->weights[5], router->bias[1], router->counts[0]);
    assert_string_equal(printed, wanted);
    tgr_router_free(router);
}

static void we_read_pythons(void **state)
{
    (void)state;
    tgr_router *router = make_ours(), *read;
    tgr_error error;
    if (tgr_router_load("theirs", &read, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    assert_string_equal(read->digest, router->digest);
    assert_memory_equal(read->weights, router->weights, 6 * sizeof *read->weights);
    assert_true(read->models[0].price_in == 3e-5);
    assert_string_equal(read->models[1].supports[0], "vision");
    assert_int_equal(read->unknown_pairs, 0);
    tgr_router_free(read);

    if (tgr_router_load("theirs.noted", &read, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(read->unknown_pairs, 1);
    assert_string_not_equal(read->digest, router->digest);
    tgr_router_free(read);
    tgr_router_free(router);
}

static int write_ours(void)
{
    tgr_router *router = make_ours();
    tgr_status status = tgr_router_save(router, "ours", NULL);
    tgr_router_free(router);
    return status != TGR_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(python_reads_ours),
        cmocka_unit_test(we_read_pythons),
    };
    if (enter_folder(NULL) != 0 || write_ours() != 0) {
        return 1;
    }
    int status = run_script();
    if (status == SKIPPED) {
        printf("skipped: %s\n", printed);
    } else if (status != 0) {
        printf("the script failed with status %d\n%s\n", status, printed);
    } else {
        status = cmocka_run_group_tests(tests, NULL, NULL);
    }
    return leave_folder(NULL) != 0 ? 1 : status;
}
