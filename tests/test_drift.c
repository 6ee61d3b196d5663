/* test_drift.c - measuring drift fails cleanly wherever memory runs short. */
#include <tagroute/drift.h>

#include "tests/test_simulate_run.h"

static tgr_status measure(const tgr_router *router, tgr_error *error)
{
    const tgr_run run = {.size = sizeof run, .threads = 1};
    tgr_drift_options options;
    tgr_drift *drift = NULL;
    tgr_drift_options_init(&options);
    options.first = paths[0];
    options.second = paths[1];
    options.router = router;
    tgr_status status = tgr_drift_measure(&options, &drift, &run, error);
    assert_true((drift != NULL) == (status == TGR_OK));
    if (status == TGR_OK) {
        char *text = NULL;
        assert_int_equal(drift->first.queries + drift->second.queries, 40);
        status = tgr_drift_json(drift, &text, error);
        tgr_free(text);
    }
    tgr_drift_free(drift);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    random_state = world_seed = 6100;
    world *w = world_new(40, 3, 0);
    world_fill(w, &(world_kind){.scores = true});
    write_files(w, true);
    tgr_router *router = world_router(w);
    tgr_status status = TGR_ERR_NOMEM;
    tgr_error error;
    long fail = 0;
    for (; status != TGR_OK; fail += 1 + fail / 40) {
        long live = tgr_mem_live();
        tgr_mem_fail_after(fail);
        status = measure(router, &error);
        tgr_mem_fail_after(-1);
        if (status != TGR_OK && status != TGR_ERR_NOMEM) {
            fail_msg("%ld: %s", fail, error.message);
        }
        assert_int_equal(tgr_mem_live(), live);
    }
    assert_true(fail > 50);
    tgr_router_free(router);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
