/* test_upkeep.c - what is done to routers fails cleanly wherever memory runs short, and a router
 * read back from its file is the one that was changed in memory. */
#include <tagroute/upkeep.h>

#include "tests/test_simulate_run.h"

typedef struct step {
    const char *name;
    tgr_status (*run)(tgr_router *router, tgr_error *error);
    size_t models; /* afterwards */
} step;

static world *made;
static const char *inputs[1];

static tgr_status add(tgr_router *router, tgr_error *error)
{
    tgr_add_model_options options;
    tgr_add_model_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    options.model = "m2";
    options.parameter = 3;
    const tgr_run run = {.size = sizeof run, .threads = 1};
    return tgr_router_add_model(router, &options, NULL, NULL, &run, error);
}

static tgr_status drop(tgr_router *router, tgr_error *error)
{
    return tgr_router_drop_model(router, "m1", error);
}

static tgr_status rename_one(tgr_router *router, tgr_error *error)
{
    return tgr_router_rename_model(router, "m1", "another name", error);
}

static tgr_status refer(tgr_router *router, tgr_error *error)
{
    return tgr_router_set_reference(router, "m1", error);
}

static tgr_status measure(tgr_router *router, tgr_error *error)
{
    const tgr_run run = {.size = sizeof run, .threads = 1};
    return tgr_router_measure(router, inputs, 1, NULL, &run, error);
}

/* A router of the world's first two models, or its first and third. */
static tgr_router *router_of(bool third)
{
    world two = *made;
    two.models = 2;
    two.reference = 0;
    tgr_router *router = world_router(&two);
    tgr_mem_free(router->scorer);
    router->scorer = tgr_mem_string("ridge");
    router->count = TGR_COUNT_BINARY;
    for (size_t tag = 0; tag < tgr_router_tags(router); tag++) {
        router->counts[tag] = (double)(TAGS - tag);
    }
    if (third) {
        tgr_mem_free(router->models[1].name);
        router->models[1].name = tgr_mem_string("m2");
    }
    tgr_error error;
    assert_int_equal(tgr_router_update_digest(router, &error), TGR_OK);
    return router;
}

static tgr_router *other_router; /* made anew each time, before memory runs short */

static tgr_status merge(tgr_router *router, tgr_error *error)
{
    return tgr_router_merge_models(router, other_router, NULL, error);
}

static tgr_status diff(tgr_router *router, tgr_error *error)
{
    tgr_diff_options options;
    tgr_diff *found = NULL;
    tgr_diff_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    const tgr_run run = {.size = sizeof run, .threads = 1};
    tgr_status status = tgr_router_diff(router, other_router, &options, &found, &run, error);
    assert_true((found != NULL) == (status == TGR_OK));
    if (status == TGR_OK) {
        char *text = NULL;
        status = tgr_diff_json(found, &text, error);
        tgr_free(text);
    }
    tgr_diff_free(found);
    return status;
}

static void check_file(const tgr_router *router)
{
    char path[320];
    tgr_router *again = NULL;
    tgr_error error;
    snprintf(path, sizeof path, "%s/router", folder);
    if (tgr_router_save(router, path, &error) != TGR_OK ||
        tgr_router_load(path, &again, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    assert_string_equal(tgr_router_digest(again), tgr_router_digest(router));
    tgr_router_free(again);
    unlink(path);
}

static void test_memory(void **state)
{
    (void)state;
    static const step steps[] = {{"add", add, 3},           {"drop", drop, 1},
                                 {"rename", rename_one, 2}, {"refer", refer, 2},
                                 {"measure", measure, 2},   {"merge", merge, 3},
                                 {"diff", diff, 2}};
    random_state = world_seed = 6000;
    const world_kind kind = {.scores = true, .prices = true};
    made = world_new(40, 3, 0);
    world_fill(made, &kind);
    world_write(made, 0, made->queries, paths[0]);
    inputs[0] = paths[0];
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        tgr_status status = TGR_ERR_NOMEM;
        tgr_error error;
        for (long fail = 0; status != TGR_OK; fail += 1 + fail / 25) {
            long live = tgr_mem_live();
            tgr_router *router = router_of(false);
            other_router = router_of(true);
            tgr_mem_fail_after(fail);
            status = steps[i].run(router, &error);
            tgr_mem_fail_after(-1);
            if (status != TGR_OK && status != TGR_ERR_NOMEM) {
                fail_msg("%s, %ld: %s", steps[i].name, fail, error.message);
            }
            if (status == TGR_OK) {
                assert_int_equal(tgr_router_models(router), steps[i].models);
                check_file(router);
            }
            tgr_router_free(router);
            tgr_router_free(other_router);
            assert_int_equal(tgr_mem_live(), live);
        }
    }
    world_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
