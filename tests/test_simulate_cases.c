/* test_simulate_cases.c - simulations worked on paper, and those that are refused. */
#include "engine/base/exact.h"
#include "engine/pass.h"
#include "tests/test_simulate_run.h"

/* ---- worked on paper ------------------------------------------------------------------------- */

/* Two models; margins 2, 1, 1, -1; the small one (1 USD) is right on queries 0 and 2, the large one
 * (3 USD) always. */
static world *paper_world(void)
{
    static const float margins[] = {2, 1, 1, -1}, small_scores[] = {1, 0, 1, 0};
    world *w = world_new(4, 2, 1);
    for (size_t query = 0; query < 4; query++) {
        w->x[query * TAGS + query] = 1;
        w->weights[query][0] = margins[query];
        w->score[query * 2] = small_scores[query];
        w->score[query * 2 + 1] = 1;
        w->cost[query * 2] = 1;
        w->cost[query * 2 + 1] = 3;
    }
    return w;
}

static void test_paper(void **state)
{
    (void)state;
    const double threshold = 1;
    world *w = paper_world();
    setting set = {.thresholds = &threshold, .threshold_count = 1, .fallback = -1, .threads = 1};
    write_files(w, false);
    tgr_simulation *got = simulate(w, &set);
    const tgr_metrics *metrics = &got->metrics;
    assert_int_equal(got->quality, TGR_QUALITY_SCORE);
    assert_int_equal(got->best, 0);
    assert_true(got->curve[0].share[0] == 0.75 && got->curve[0].share[1] == 0.25);
    assert_true(got->curve[0].cost == 6 && got->curve[0].mean_score == 0.75);
    assert_true(got->curve[0].accept_rate == 0.75 && got->curve[0].coverage == 1);
    assert_same(metrics->auc, 0.84375, "auc");
    assert_same(metrics->apgr, 0.6875, "apgr");
    assert_same(metrics->pauc, 0, "pauc");
    assert_same(metrics->cpt50, 0.25, "cpt50");
    assert_same(metrics->cpt80, 0.55, "cpt80");
    assert_same(metrics->aiq, 0.84375, "aiq");
    assert_same(metrics->cost_save, 1.0 - 10.0 / 12, "cost_save");
    assert_same(metrics->perf_gain, 0, "perf_gain");
    assert_same(metrics->uplift, -0.25, "uplift");
    assert_same(metrics->rank, 1.25, "rank");
    assert_string_equal(got->best_single.model, "m1");
    assert_true(got->best_single.cost == 12 && got->oracle.cost == 8 && got->random.cost == 8);
    assert_true(got->oracle.mean_score == 1 && got->random.mean_score == 0.75);
    assert_true(got->cost_matched_random.mean_score == 0.625);
    assert_true(got->cost_matched_random.cost == 6);
    tgr_simulation_free(got);
    world_free(w);
}

static void test_grid_spreads(void **state)
{
    (void)state;
    const world_kind kind = {.scores = true};
    random_state = 77;
    world *w = world_new(2000, 3, 0);
    world_fill(w, &kind);
    setting set = {.fallback = -1, .threads = 2};
    write_files(w, false);
    tgr_simulation *got = simulate(w, &set);
    assert_int_equal(got->points, 21);
    for (size_t i = 0; i < got->points; i++) {
        assert_about(got->curve[i].share[0], (double)i / 20, 0.02, "share of the reference");
    }
    assert_true(got->curve[0].share[0] == 0 && got->curve[20].share[0] == 1);
    tgr_simulation_free(got);
    world_free(w);
}

/* Utility and slack: evenly from every query at its best model to every query at its cheapest. */
static void test_grid_of_gaps_spreads(void **state)
{
    (void)state;
    const world_kind kind = {.scores = true};
    random_state = 78;
    world *w = world_new(2000, 2, 0);
    world_fill(w, &kind);
    w->mean_cost[0] = 0.5;
    w->mean_cost[1] = 0.25;
    write_files(w, false);
    for (int policy = TGR_POLICY_UTILITY; policy <= TGR_POLICY_SLACK; policy++) {
        setting set = {.policy = (tgr_policy)policy, .fallback = -1, .threads = 2};
        tgr_simulation *got = simulate(w, &set);
        double dear = got->curve[0].share[0];
        assert_in_range(got->points, 18, 21); /* near quantiles may round to one number */
        assert_true(got->curve[0].threshold == 0 && dear > 0.25);
        for (size_t i = 1; i < got->points; i++) {
            double moved = got->curve[i - 1].share[0] - got->curve[i].share[0];
            assert_true(moved > 0 && moved < 0.15 * dear); /* a lump of like queries */
        }
        assert_true(got->curve[got->points - 1].share[1] == 1);
        tgr_simulation_free(got);
    }
    world_free(w);
}

static void test_all_margins_equal(void **state)
{
    (void)state;
    world *w = world_new(10, 2, 1);
    for (size_t i = 0; i < 20; i++) {
        w->score[i] = i % 2 == 0 ? 0.25f : 0.75f;
    }
    w->x[0] = 1; /* weights are 0: -0 and 0 margins alike */
    w->weights[0][0] = -0.0f;
    setting set = {.fallback = -1, .threads = 1};
    write_files(w, false);
    tgr_simulation *got = simulate(w, &set);
    assert_int_equal(got->points, 2);
    assert_true(got->curve[0].threshold == 0 && got->curve[0].share[0] == 1);
    assert_true(got->curve[1].threshold > 0 && got->curve[1].share[1] == 1);
    assert_same(got->metrics.auc, 0.5, "auc");
    assert_same(got->metrics.apgr, 0.5, "apgr");
    assert_same(got->metrics.cpt80, 0.8, "cpt80");
    assert_true(isnan(got->metrics.aiq) && isnan(got->curve[0].cost));
    tgr_simulation_free(got);
    world_free(w);
}

static void test_nothing_judged(void **state)
{
    (void)state;
    const world_kind kind = {.costs = true};
    random_state = 5;
    world *w = world_new(30, 3, 1);
    world_fill(w, &kind);
    setting set = {.fallback = -1, .threads = 1};
    write_files(w, false);
    tgr_simulation *got = simulate(w, &set);
    assert_int_equal(got->quality, TGR_QUALITY_ACCEPT);
    assert_int_equal(got->best, got->points);
    for (size_t i = 0; i < got->points; i++) {
        assert_true(isnan(got->curve[i].accept_rate) && isnan(got->curve[i].mean_score));
        assert_true(got->curve[i].coverage == 0 && got->curve[i].cost > 0);
    }
    const tgr_metrics *m = &got->metrics;
    const double all[] = {m->auc, m->apgr,      m->pauc,      m->cpt50,  m->cpt80,
                          m->aiq, m->cost_save, m->perf_gain, m->uplift, m->rank};
    for (size_t i = 0; i < 10; i++) {
        assert_true(isnan(all[i]));
    }
    assert_null(got->best_single.model);
    assert_true(isnan(got->cost_matched_random.cost) && got->oracle.cost > 0);
    tgr_simulation_free(got);
    world_free(w);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void check_refused(const tgr_simulate_options *options, tgr_status expected,
                          const char *words)
{
    world *w = paper_world();
    tgr_router *router = world_router(w);
    tgr_simulation *simulation;
    tgr_error error;
    assert_int_equal(tgr_simulate(router, options, &simulation, NULL, &error), expected);
    assert_null(simulation);
    assert_non_null(strstr(error.message, words));
    tgr_router_free(router);
    world_free(w);
}

static void test_refused(void **state)
{
    (void)state;
    world *w = paper_world();
    world_write(w, 0, 4, paths[0]);
    world_free(w);
    const char *inputs[] = {paths[0]};
    const double bad[] = {NAN}, negative[] = {-1};
    tgr_simulate_options good;
    tgr_simulate_options_init(&good);
    good.inputs = inputs;
    good.input_count = 1;
    tgr_simulate_options options = good;
    options.size = 0;
    check_refused(&options, TGR_ERR_ARGUMENT, "size");
    options.size = sizeof options + 1;
    check_refused(&options, TGR_ERR_ARGUMENT, "size");
    options = good;
    options.grid = 1;
    check_refused(&options, TGR_ERR_ARGUMENT, "grid");
    options = good;
    options.thresholds = bad;
    check_refused(&options, TGR_ERR_ARGUMENT, "together");
    options.threshold_count = 1;
    check_refused(&options, TGR_ERR_ARGUMENT, "");
    options.thresholds = negative;
    options.policy = TGR_POLICY_SLACK;
    check_refused(&options, TGR_ERR_ARGUMENT, "");
    options = good;
    options.policy = (tgr_policy)9;
    check_refused(&options, TGR_ERR_ARGUMENT, "policy");
    options = good;
    options.quality = (tgr_quality)9;
    check_refused(&options, TGR_ERR_ARGUMENT, "quality");
    options = good;
    options.fallback = "m7";
    check_refused(&options, TGR_ERR_ARGUMENT, "m7");
    options = good;
    options.split = "test";
    check_refused(&options, TGR_ERR_ARGUMENT, "test");
    options = good;
    options.policy = TGR_POLICY_UTILITY; /* no model has an expected cost */
    check_refused(&options, TGR_ERR_ARGUMENT, "cost");
    options = good;
    options.input_count = 0;
    check_refused(&options, TGR_ERR_ARGUMENT, "query file");
}

static void test_too_large(void **state)
{
    (void)state;
    world *w = paper_world();
    setting set = {.fallback = -1, .threads = 2};
    tgr_simulation *simulation;
    tgr_error error;
    w->score[3] = 1e20f;
    write_files(w, false);
    assert_int_equal(run_simulation(w, &set, &simulation, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "'m1'"));
    w->score[3] = TGR_EXACT_LIMIT; /* as large as may be */
    write_files(w, false);
    tgr_simulation_free(simulate(w, &set));
    world_free(w);
}

static void test_cancelled(void **state)
{
    (void)state;
    world *w = paper_world();
    world_write(w, 0, 4, paths[0]);
    const char *inputs[] = {paths[0]};
    const volatile sig_atomic_t cancel = 1;
    const tgr_run run = {.size = sizeof run, .threads = 1, .cancel = &cancel};
    tgr_simulate_options options;
    tgr_simulate_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    tgr_router *router = world_router(w);
    tgr_simulation *simulation;
    tgr_error error;
    assert_int_equal(tgr_simulate(router, &options, &simulation, &run, &error), TGR_ERR_CANCELLED);
    tgr_router_free(router);
    world_free(w);
}

/* How many allocations opening a file takes; by halving, since opening is slow. */
static long allocations_to_open(const char *const *inputs)
{
    long few = 0, enough = 4096;
    while (few < enough) {
        long middle = (few + enough) / 2;
        tgr_pass pass;
        tgr_error error;
        tgr_mem_fail_after(middle);
        tgr_status status = tgr_pass_open(&pass, inputs, 1, NULL, &error);
        tgr_mem_fail_after(-1);
        if (status == TGR_OK) {
            tgr_pass_close(&pass);
            enough = middle;
        } else {
            few = middle + 1;
        }
    }
    return enough;
}

#ifdef __SANITIZE_ADDRESS__
#define STEP 3 /* every third: opening a file forks, which takes twenty times as long */
#else
#define STEP 1
#endif

/* From the opened file on, each allocation in turn fails; nothing leaks. */
static void check_memory(bool weighted)
{
    static const tgr_policy policies[] = {TGR_POLICY_MARGIN, TGR_POLICY_SLACK};
    world *w = paper_world();
    w->mean_cost[0] = 1;
    w->mean_cost[1] = 3;
    if (weighted) {
        world_weigh(w);
    }
    write_files(w, false);
    const char *inputs[] = {paths[0]};
    const tgr_run run = {.size = sizeof run, .threads = 2};
    tgr_router *router = world_router(w);
    long live = tgr_mem_live(), opening = allocations_to_open(inputs);
    for (size_t i = weighted ? 1 : 0; i < 2; i++) {
        tgr_simulate_options options;
        tgr_simulate_options_init(&options);
        options.inputs = inputs;
        options.input_count = 1;
        options.policy = policies[i];
        tgr_status status = TGR_ERR_NOMEM;
        for (long fail = opening; status != TGR_OK; fail += STEP) {
            tgr_simulation *simulation;
            tgr_error error;
            tgr_mem_fail_after(fail);
            status = tgr_simulate(router, &options, &simulation, &run, &error);
            tgr_mem_fail_after(-1);
            assert_true(status == TGR_OK ? fail > opening + 20 : status == TGR_ERR_NOMEM);
            assert_true((simulation == NULL) == (status != TGR_OK));
            tgr_simulation_free(simulation);
            assert_int_equal(tgr_mem_live(), live);
        }
    }
    tgr_router_free(router);
    world_free(w);
}

static void test_memory(void **state)
{
    (void)state;
    check_memory(false);
    check_memory(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paper),
        cmocka_unit_test(test_grid_spreads),
        cmocka_unit_test(test_grid_of_gaps_spreads),
        cmocka_unit_test(test_all_margins_equal),
        cmocka_unit_test(test_nothing_judged),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
