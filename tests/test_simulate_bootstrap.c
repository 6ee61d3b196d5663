/* test_simulate_bootstrap.c - intervals as wide as theory says, around what they are of, and the
 * same for any number of threads. */
#include "tests/test_simulate_plain.h"
#include "tests/test_simulate_run.h"

static tgr_simulation *resample(const world *w, const setting *set, size_t replicates,
                                uint64_t seed)
{
    setting own = *set;
    own.bootstrap = replicates;
    own.seed = seed;
    return simulate(w, &own);
}

static world *some_world(size_t queries, size_t models)
{
    const world_kind kind = {.scores = true, .costs = true, .prices = true};
    world *w = world_new(queries, models, 0);
    world_fill(w, &kind);
    write_files(w, false);
    return w;
}

/* The standard deviation of a decision's value over the queries. */
static double spread(const world *w, const int *chosen, bool cost)
{
    double sum = 0, squares = 0, n = (double)w->queries;
    for (size_t query = 0; query < w->queries; query++) {
        size_t model = (size_t)chosen[query];
        double value = cost ? known_cost(w, query, model) : known_score(w, query, model);
        sum += value;
        squares += value * value;
    }
    return sqrt(squares / n - sum / n * (sum / n));
}

static void check_width(double low, double high, double value, double error, const char *what)
{
    double width = (high - low) / (2 * 1.96 * error);
    if (!(low <= value && value <= high && width > 0.8 && width < 1.2)) {
        fail_msg("seed %u: %s: %.17g to %.17g, around %.17g, %g of the width of theory", world_seed,
                 what, low, high, value, width);
    }
}

static void test_widths(void **state)
{
    (void)state;
    static const tgr_rule rules[] = {TGR_RULE_MARGIN, TGR_RULE_UTILITY, TGR_RULE_SLACK};
    static const size_t sizes[] = {900, 6000};
    for (size_t i = 0; i < 6; i++) {
        random_state = world_seed = (unsigned)(500 + i);
        world *w = some_world(sizes[i % 2], 3);
        double thresholds[] = {0.5, 0.25};
        setting set = {.policy = (tgr_policy)(i / 2), .fallback = -1, .threads = 2};
        set.thresholds = thresholds;
        set.threshold_count = 2;
        tgr_simulation *got = resample(w, &set, 600, i);
        int *chosen = some(w->queries, sizeof *chosen);
        double root = sqrt((double)w->queries);
        assert_int_equal(got->points, 2);
        for (size_t point = 0; point < 2; point++) {
            const tgr_point *low = &got->intervals->low->curve[point];
            const tgr_point *high = &got->intervals->high->curve[point];
            const tgr_point *at = &got->curve[point];
            decide_all(w, rules[set.policy], thresholds[point], -1, chosen, NULL);
            assert_true(low->threshold == thresholds[point]);
            check_width(low->mean_score, high->mean_score, at->mean_score,
                        spread(w, chosen, false) / root, "score");
            check_width(low->cost, high->cost, at->cost, spread(w, chosen, true) * root, "cost");
            double share = at->share[1];
            if (share > 0.05 && share < 0.95) {
                check_width(low->share[1], high->share[1], share, sqrt(share * (1 - share)) / root,
                            "share");
            }
        }
        free(chosen);
        tgr_simulation_free(got);
        world_free(w);
    }
}

static void check_around(double low, double value, double high, const char *what)
{
    if (!isnan(low) && !(low <= value && value <= high)) {
        fail_msg("seed %u: %s: %.17g is not in %.17g to %.17g", world_seed, what, value, low, high);
    }
}

static void test_metrics(void **state)
{
    (void)state;
    for (size_t models = 2; models < 4; models++) {
        random_state = world_seed = (unsigned)(600 + models);
        world *w = some_world(3000, models);
        for (int policy = 0; policy < 3; policy++) {
            setting set = {.policy = (tgr_policy)policy, .fallback = -1, .threads = 3};
            tgr_simulation *got = resample(w, &set, 40, 7);
            const tgr_metrics *low = &got->intervals->low->metrics;
            const tgr_metrics *high = &got->intervals->high->metrics;
            check_around(low->auc, got->metrics.auc, high->auc, "auc");
            check_around(low->aiq, got->metrics.aiq, high->aiq, "aiq");
            check_around(low->rank, got->metrics.rank, high->rank, "rank");
            check_around(low->uplift, got->metrics.uplift, high->uplift, "uplift");
            assert_true(policy != 0 || low->auc < high->auc);
            assert_in_range(got->points, 2, 21);
            const tgr_baseline *oracle = &got->intervals->low->oracle;
            check_around(oracle->mean_score, got->oracle.mean_score,
                         got->intervals->high->oracle.mean_score, "oracle");
            tgr_simulation_free(got);
        }
        world_free(w);
    }
}

static char *text_of(tgr_simulation *simulation)
{
    char *text;
    tgr_error error;
    assert_int_equal(tgr_simulation_json(simulation, &text, NULL, &error), TGR_OK);
    tgr_simulation_free(simulation);
    return text;
}

static void test_same_for_any_threads(void **state)
{
    (void)state;
    random_state = world_seed = 77;
    world *w = some_world(3000, 4);
    setting set = {.policy = TGR_POLICY_UTILITY, .fallback = -1, .threads = 1};
    char *first = text_of(resample(w, &set, 20, 3)), *other = text_of(resample(w, &set, 20, 4));
    assert_string_not_equal(first, other);
    assert_non_null(strstr(first, "\"intervals\""));
    set.threads = 3;
    char *again = text_of(resample(w, &set, 20, 3));
    assert_string_equal(first, again);
    tgr_free(first);
    tgr_free(again);
    tgr_free(other);
    world_free(w);
}

static void test_refused(void **state)
{
    (void)state;
    random_state = 78;
    world *w = some_world(50, 2);
    setting set = {.fallback = -1, .threads = 1, .bootstrap = 1};
    tgr_simulation *simulation;
    tgr_error error;
    assert_int_equal(run_simulation(w, &set, &simulation, &error), TGR_ERR_ARGUMENT);
    set.bootstrap = 5;
    set.memory = 1000000;
    assert_int_equal(run_simulation(w, &set, &simulation, &error), TGR_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "memory"));
    long live = tgr_mem_live(); /* allocations fail, here and there */
    set.memory = 0;
    tgr_status status = TGR_ERR_NOMEM;
    for (long fail = 0; status != TGR_OK; fail += 1 + fail / 6) {
        status = run_with(w, &set, &simulation, &error, fail);
        assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
        tgr_simulation_free(status == TGR_OK ? simulation : NULL);
        assert_int_equal(tgr_mem_live(), live);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_same_for_any_threads),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
