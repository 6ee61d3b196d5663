/* test_simulate_exact.c - a thousand thresholds at once, on and next to crossings and anywhere
 * else, against each decision of the reference rules summed in integers; and bins against moves. */
#include "tests/test_simulate_plain.h"
#include "tests/test_simulate_run.h"

enum { THRESHOLDS = 1000 };

static const tgr_rule rules[] = {TGR_RULE_MARGIN, TGR_RULE_UTILITY, TGR_RULE_SLACK};

__extension__ typedef __int128 wide;

/* On crossings, a few roundings beside them, between them, and far out. */
static void draw_thresholds(const world *w, tgr_rule rule, double *thresholds)
{
    double *at = some(w->queries * w->models * w->models + 2, sizeof *at);
    size_t count = every_crossing(w, rule, at);
    for (size_t i = 0; i < THRESHOLDS; i++) {
        double value = count > 0 ? at[draw(count)] : 0;
        for (uint64_t steps = draw(6); steps > 2; steps--) {
            value = rule == TGR_RULE_UTILITY ? nextafter(value, draw(2) ? INFINITY : -INFINITY)
                                             : nextafterf((float)value, draw(2) ? 9e9f : -9e9f);
        }
        value *= draw(3) == 0 ? (double)draw(2000) / 1000 : 1;
        value = draw(50) == 0 ? 0 : value;
        value = draw(50) == 0 ? 1e-20 * (double)draw(1000000) : value;
        value = draw(50) == 0 ? 1e9 * (double)draw(1000000) : value;
        thresholds[i] = rule == TGR_RULE_MARGIN ? value : fabs(value);
    }
    free(at);
}

static void check_point(const world *w, const tgr_point *point, const int *chosen, size_t stride)
{
    wide cost = 0, score = 0;
    uint64_t counts[MODELS] = {0}, scored = 0, judged = 0, accepted = 0, measured = 0;
    bool costed = true;
    for (size_t query = 0; query < w->queries; query++) {
        int model = chosen[query * stride];
        if (model < 0) {
            continue;
        }
        double own_cost = known_cost(w, query, (size_t)model);
        double own_score = known_score(w, query, (size_t)model);
        int outcome = known_outcome(w, query, (size_t)model);
        counts[model]++;
        costed &= !isnan(own_cost);
        cost += isnan(own_cost) ? 0 : (wide)(own_cost * 0x1p64);
        score += isnan(own_score) ? 0 : (wide)(own_score * 0x1p64);
        scored += !isnan(own_score);
        judged += outcome >= 0;
        accepted += outcome > 0;
        measured += !isnan(own_score);
    }
    double queries = (double)w->queries;
    for (size_t model = 0; model < w->models; model++) {
        assert_true(point->share[model] == (double)counts[model] / queries);
    }
    assert_true(costed ? point->cost == (double)cost * 0x1p-64 : isnan(point->cost));
    assert_true(scored ? point->mean_score == (double)score * 0x1p-64 / (double)scored
                       : isnan(point->mean_score));
    assert_true(judged ? point->accept_rate == (double)accepted / (double)judged
                       : isnan(point->accept_rate));
    assert_true(point->coverage == (double)measured / queries);
}

static void check_thresholds(const world *w, tgr_policy policy, const double *thresholds,
                             size_t count, const tgr_simulation *got, int fallback)
{
    int *chosen = some(w->queries * count, sizeof *chosen);
    decide_many(w, rules[policy], thresholds, count, fallback, chosen, NULL);
    assert_int_equal(got->points, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(got->curve[i].threshold == thresholds[i]);
        check_point(w, &got->curve[i], chosen + i, count);
    }
    free(chosen);
}

static world *draw_world(size_t models, unsigned round)
{
    random_state = world_seed = 7000 + round * 100 + (unsigned)models;
    const world_kind kind = {.scores = true,
                             .outcomes = draw(2) == 0,
                             .costs = draw(2) == 0,
                             .sparse = draw(2) == 0,
                             .lists = round % 2 == 1,
                             .ties = draw(2) == 0,
                             .prices = draw(2) == 0};
    world *w = world_new(120, models, draw(models));
    world_fill(w, &kind);
    write_files(w, false);
    return w;
}

static void test_thousand_thresholds(void **state)
{
    (void)state;
    static const size_t model_counts[] = {2, 5, 9, 50};
    double *thresholds = some(THRESHOLDS, sizeof *thresholds);
    for (size_t i = 0; i < 4; i++) {
        for (unsigned round = 0; round < (model_counts[i] > 9 ? 2 : 6); round++) {
            world *w = draw_world(model_counts[i], round);
            for (int policy = 0; policy < 3; policy++) {
                draw_thresholds(w, rules[policy], thresholds);
                setting set = {.policy = (tgr_policy)policy,
                               .thresholds = thresholds,
                               .threshold_count = THRESHOLDS,
                               .quality = TGR_QUALITY_SCORE,
                               .fallback = draw(3) == 0 ? (int)draw(w->models) : -1,
                               .threads = 1 + (int)draw(3),
                               .binned = draw(2) == 0};
                tgr_simulation *got = simulate(w, &set);
                check_thresholds(w, set.policy, thresholds, THRESHOLDS, got, set.fallback);
                tgr_simulation_free(got);
            }
            world_free(w);
        }
    }
    free(thresholds);
}

/* Points shown from bins are decisions of the rule, and metrics are as far off as they say. */
static void check_bound(double got, double exact, double bound, const char *what)
{
    if (isnan(got) != isnan(exact) || isnan(got) != isnan(bound) ||
        (!isnan(got) && !(fabs(got - exact) <= bound + 1e-12))) {
        fail_msg("seed %u: %s: %.17g, exactly %.17g, bound %.17g", world_seed, what, got, exact,
                 bound);
    }
}

static void check_bounds(const tgr_simulation *binned, const tgr_simulation *exact)
{
    const tgr_metrics *a = &binned->metrics, *b = &exact->metrics, *c = &binned->error_bound;
    check_bound(a->auc, b->auc, c->auc, "auc");
    check_bound(a->apgr, b->apgr, c->apgr, "apgr");
    check_bound(a->pauc, b->pauc, c->pauc, "pauc");
    check_bound(a->aiq, b->aiq, c->aiq, "aiq");
    check_bound(a->cost_save, b->cost_save, c->cost_save, "cost_save");
    check_bound(a->perf_gain, b->perf_gain, c->perf_gain, "perf_gain");
    if (!isnan(a->cpt50) && !isnan(c->cpt50)) {
        check_bound(a->cpt50, b->cpt50, c->cpt50, "cpt50");
    }
    if (!isnan(a->cpt80) && !isnan(c->cpt80)) {
        check_bound(a->cpt80, b->cpt80, c->cpt80, "cpt80");
    }
}

static void test_bins(void **state)
{
    (void)state;
    static const size_t model_counts[] = {2, 3, 5, 9};
    size_t overflows = 0;
    for (unsigned round = 0; round < 12; round++) {
        random_state = world_seed = 9000 + round;
        const world_kind kind = {.scores = true,
                                 .costs = true,
                                 .sparse = round % 3 == 0,
                                 .lists = round % 5 == 1,
                                 .prices = round % 2 == 1};
        world *w = world_new(2000, model_counts[round % 4], 0);
        world_fill(w, &kind);
        write_files(w, false);
        for (int policy = 0; policy < 3; policy++) {
            setting set = {.policy = (tgr_policy)policy, .fallback = -1, .threads = 3};
            tgr_simulation *exact = simulate(w, &set);
            set.memory = 64 * 300; /* a few hundred moves */
            tgr_simulation *binned = simulate(w, &set);
            set.memory = 0;
            set.binned = true;
            set.threads = 1;
            tgr_simulation *again = simulate(w, &set);
            assert_true(again->binned && !exact->binned);
            overflows += binned->binned;
            if (!binned->binned) { /* hardly any query moves */
                tgr_simulation_free(binned);
                binned = simulate(w, &set);
            }
            double *shown = some(binned->points, sizeof *shown);
            for (size_t i = 0; i < binned->points; i++) {
                shown[i] = binned->curve[i].threshold;
                assert_true(again->curve[i].threshold == shown[i]);
                assert_true(again->curve[i].cost == binned->curve[i].cost);
            }
            assert_in_range(binned->points, 1, 21);
            check_thresholds(w, set.policy, shown, binned->points, binned, -1);
            check_bounds(binned, exact);
            assert_true(isnan(binned->metrics.auc) || binned->metrics.auc == again->metrics.auc);
            free(shown);
            tgr_simulation_free(exact);
            tgr_simulation_free(binned);
            tgr_simulation_free(again);
        }
        world_free(w);
    }
    assert_true(overflows > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thousand_thresholds),
        cmocka_unit_test(test_bins),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
