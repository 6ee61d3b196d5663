/* test_simulate.c - simulations of random worlds against loops in doubles over the reference
 * kernels' decisions. */
#include <float.h>

#include "tests/test_simulate_curve.h"

static bool scores_recorded(const world *w)
{
    for (size_t i = 0; i < w->queries * w->models; i++) {
        if (!isnan(w->score[i])) {
            return true;
        }
    }
    return false;
}

static const tgr_rule rules[] = {TGR_RULE_MARGIN, TGR_RULE_UTILITY, TGR_RULE_SLACK};

static void check_curve(const world *w, const setting *set, const tgr_simulation *got,
                        plain_point *plain)
{
    for (size_t i = 0; i < got->points; i++) {
        const tgr_point *point = &got->curve[i];
        plain[i] = plain_simulate(w, rules[set->policy], point->threshold, set->fallback,
                                  got->quality == TGR_QUALITY_SCORE);
        assert_same(point->cost, plain[i].cost, "cost");
        assert_same(point->accept_rate, plain[i].accept_rate, "accept_rate");
        assert_same(point->mean_score, plain[i].mean_score, "mean_score");
        assert_same(point->coverage, plain[i].coverage, "coverage");
        double total = (double)got->undecided / (double)got->queries;
        for (size_t model = 0; model < w->models; model++) {
            assert_about(point->share[model], plain[i].share[model], 1e-10, "share");
            total += point->share[model];
        }
        assert_about(total, 1, 1e-12, "shares and undecided");
        if (set->thresholds != NULL) {
            assert_true(point->threshold == set->thresholds[i]);
        } else {
            assert_true(i == 0 || point->threshold > got->curve[i - 1].threshold);
        }
    }
}

static void check_baseline(const tgr_baseline *got, const plain_point *expected, const char *what)
{
    assert_same(got->cost, expected->cost, what);
    assert_same(got->accept_rate, expected->accept_rate, what);
    assert_same(got->mean_score, expected->mean_score, what);
    assert_same(got->coverage, expected->coverage, what);
}

/* Cheaper, with unknown costs last. */
static bool costs_less(double a, double b)
{
    return (isnan(a) ? INFINITY : a) < (isnan(b) ? INFINITY : b);
}

static bool may_take(const world *w, size_t query, size_t model, int fallback)
{
    bool any = false;
    for (size_t other = 0; other < w->models; other++) {
        any |= may_serve(w, query, other);
    }
    return any ? may_serve(w, query, model) : (int)model == fallback;
}

static void check_oracle(const world *w, const setting *set, const tgr_simulation *got)
{
    bool by_score = got->quality == TGR_QUALITY_SCORE;
    int *chosen = some(w->queries, sizeof *chosen);
    for (size_t query = 0; query < w->queries; query++) {
        chosen[query] = -1;
        double best = -INFINITY;
        for (size_t model = 0; model < w->models; model++) {
            double quality = quality_on(w, query, model, by_score);
            quality = isnan(quality) ? -FLT_MAX : quality;
            bool cheaper =
                quality == best && costs_less(known_cost(w, query, model),
                                              known_cost(w, query, (size_t)chosen[query]));
            if (may_take(w, query, model, set->fallback) && (quality > best || cheaper)) {
                chosen[query] = (int)model;
                best = quality;
            }
        }
    }
    plain_point expected = plain_measure(w, chosen, by_score, set->fallback);
    check_baseline(&got->oracle, &expected, "oracle");
    free(chosen);
}

static void check_random(const world *w, const setting *set, const tgr_simulation *got)
{
    double cost = 0, score = 0, scored = 0, accepted = 0, judged = 0;
    for (size_t query = 0; query < w->queries; query++) {
        double candidates = 0;
        for (size_t model = 0; model < w->models; model++) {
            candidates += may_take(w, query, model, set->fallback);
        }
        for (size_t model = 0; model < w->models; model++) {
            if (may_take(w, query, model, set->fallback)) {
                double own = known_score(w, query, model);
                int outcome = known_outcome(w, query, model);
                cost += known_cost(w, query, model) / candidates;
                score += isnan(own) ? 0 : own / candidates;
                scored += isnan(own) ? 0 : 1 / candidates;
                judged += outcome < 0 ? 0 : 1 / candidates;
                accepted += outcome > 0 ? 1 / candidates : 0;
            }
        }
    }
    plain_point expected = {.cost = cost,
                            .accept_rate = judged > 0 ? accepted / judged : NAN,
                            .mean_score = scored > 0 ? score / scored : NAN};
    expected.coverage = (got->quality == TGR_QUALITY_SCORE ? scored : judged) / (double)w->queries;
    check_baseline(&got->random, &expected, "random");
}

static size_t check_alone(const world *w, const tgr_simulation *got, plain_point *alone)
{
    bool by_score = got->quality == TGR_QUALITY_SCORE;
    size_t best = w->models;
    for (size_t model = 0; model < w->models; model++) {
        alone[model] = plain_alone(w, model, by_score);
        check_baseline(&got->alone[model], &alone[model], "alone");
        assert_string_equal(got->alone[model].model, got->model_names[model]);
        double quality = quality_at(&alone[model], by_score);
        double base = best == w->models ? -INFINITY : quality_at(&alone[best], by_score);
        /* the engine's own figures decide ties, which rounding in doubles may break */
        if (best < w->models && fabs(quality - base) < 1e-13) {
            const tgr_baseline *a = &got->alone[model], *b = &got->alone[best];
            quality = by_score ? a->mean_score : a->accept_rate;
            base = by_score ? b->mean_score : b->accept_rate;
        }
        if (quality > base ||
            (quality == base && costs_less(got->alone[model].cost, got->alone[best].cost))) {
            best = model;
        }
    }
    if (best == w->models) {
        assert_null(got->best_single.model);
        assert_true(isnan(got->best_single.cost) && isnan(got->best_single.accept_rate));
    } else {
        assert_string_equal(got->best_single.model, got->model_names[best]);
        check_baseline(&got->best_single, &alone[best], "best_single");
    }
    return best;
}

static void check_shuffled(const world *w, const tgr_simulation *got)
{
    const tgr_point *point = &got->curve[got->best];
    double score = 0, scored = 0, accepted = 0, judged = 0;
    for (size_t query = 0; query < w->queries; query++) {
        for (size_t model = 0; model < w->models; model++) {
            double own = known_score(w, query, model), share = point->share[model];
            int outcome = known_outcome(w, query, model);
            score += isnan(own) ? 0 : own * share;
            scored += isnan(own) ? 0 : share;
            judged += outcome < 0 ? 0 : share;
            accepted += outcome > 0 ? share : 0;
        }
    }
    assert_same(got->cost_matched_random.cost, point->cost, "shuffled cost");
    assert_same(got->cost_matched_random.mean_score, scored > 0 ? score / scored : NAN,
                "shuffled score");
    assert_same(got->cost_matched_random.accept_rate, judged > 0 ? accepted / judged : NAN,
                "shuffled accept rate");
}

/* The best of the shown points, and what is measured there. */
static void check_best(const world *w, const tgr_simulation *got, const plain_point *plain)
{
    bool by_score = got->quality == TGR_QUALITY_SCORE;
    size_t best = got->points == 1 ? 0 : got->points;
    for (size_t i = 0; i < got->points && got->points > 1; i++) {
        const tgr_point *a = &got->curve[i];
        double quality = by_score ? a->mean_score : a->accept_rate;
        if (isnan(quality)) {
            continue;
        }
        const tgr_point *b = best == got->points ? a : &got->curve[best];
        double base = by_score ? b->mean_score : b->accept_rate;
        if (a == b || quality > base || (quality == base && costs_less(a->cost, b->cost))) {
            best = i;
        }
    }
    if (got->points > 1 || !isnan(got->metrics.rank)) {
        assert_int_equal(got->best, best);
    }
    if (got->best < got->points) {
        assert_same(got->metrics.rank, plain[got->best].rank, "rank");
        double base = got->best_single.accept_rate;
        assert_about(got->metrics.uplift, base > 0 ? plain[got->best].accept_rate / base - 1 : NAN,
                     1e-12, "uplift");
        check_shuffled(w, got);
    }
}

static void check_world(const world *w, const setting *set, bool ties)
{
    tgr_simulation *got = simulate(w, set);
    assert_int_equal(got->queries, w->queries);
    assert_int_equal(got->models, w->models);
    assert_int_equal(got->reference, w->reference);
    tgr_quality automatic = scores_recorded(w) ? TGR_QUALITY_SCORE : TGR_QUALITY_ACCEPT;
    assert_int_equal(got->quality, set->quality == TGR_QUALITY_AUTO ? automatic : set->quality);
    if (set->thresholds != NULL) {
        assert_int_equal(got->points, set->threshold_count);
    }
    plain_point *plain = some(got->points, sizeof *plain), alone[MODELS];
    check_curve(w, set, got, plain);
    size_t best = check_alone(w, got, alone);
    check_oracle(w, set, got);
    check_random(w, set, got);
    check_best(w, got, plain);
    check_metrics(w, set, got, alone, best, ties);
    free(plain);
    tgr_simulation_free(got);
}

/* ---- sweeps ---------------------------------------------------------------------------------- */

static const double margin_thresholds[] = {0, 0.25, -0.25, 1, -3, 100, 0.25, -0.1, 0.3333};
static const double slack_thresholds[] = {0.5, 0, 0.25, 3, 100};
static const double utility_thresholds[] = {0, 10, 1000, 100, 1e9};

/* All policies, with and without asked thresholds, on the files written last. */
static void check_settings(const world *w, const world_kind *kind, bool two_files)
{
    static const double *const lists[] = {margin_thresholds, utility_thresholds, slack_thresholds};
    static const size_t counts[] = {9, 5, 5};
    for (int i = 0; i < 6; i++) {
        tgr_policy policy = (tgr_policy)(i / 2);
        if (kind->unknown_costs && policy != TGR_POLICY_MARGIN) {
            continue;
        }
        setting set = {
            .policy = policy,
            .thresholds = i % 2 == 0 ? lists[policy] : NULL,
            .threshold_count = i % 2 == 1     ? 0
                               : draw(4) == 0 ? 1
                                              : counts[policy],
            .quality = (tgr_quality)draw(3),
            .fallback = draw(2) == 0 ? (int)draw(w->models) : -1,
            .threads = draw(2) == 0 ? 1 : 3,
            .two_files = two_files,
        };
        check_world(w, &set, kind->ties);
    }
}

static void test_random_worlds(void **state)
{
    (void)state;
    static const size_t model_counts[] = {1, 2, 3, 2, 5, 9};
    for (unsigned round = 0; round < 18; round++) {
        random_state = world_seed = 1000 + round;
        world_kind kind = {
            .scores = draw(4) != 0,
            .outcomes = draw(2) == 0,
            .costs = draw(3) != 0,
            .sparse = draw(2) == 0,
            .lists = draw(2) == 0,
            .ties = draw(2) == 0,
            .prices = draw(2) == 0,
            .unknown_costs = draw(6) == 0,
        };
        size_t models = model_counts[round % 6];
        world *w = world_new(round % 7 == 0 ? 1 + draw(3) : 20 + draw(150), models, draw(models));
        world_fill(w, &kind);
        bool two_files = w->queries > 1 && draw(3) == 0;
        write_files(w, two_files);
        check_settings(w, &kind, two_files);
        world_free(w);
    }
}

static char *simulation_text(const world *w, tgr_policy policy, int threads, bool two_files)
{
    setting set = {.policy = policy, .fallback = -1, .threads = threads, .two_files = two_files};
    tgr_simulation *simulation = simulate(w, &set);
    char *text;
    tgr_error error;
    simulation->origin = (tgr_origin){0}; /* the files' digests do differ */
    assert_int_equal(tgr_simulation_json(simulation, &text, NULL, &error), TGR_OK);
    tgr_simulation_free(simulation);
    return text;
}

/* The same text for any number of threads, and for one file or two. */
static void test_same_for_any_split(void **state)
{
    (void)state;
    const world_kind kind = {.scores = true, .costs = true, .sparse = true, .prices = true};
    random_state = 4242;
    world *w = world_new(3000, 5, 2);
    world_fill(w, &kind);
    char *first[3] = {NULL, NULL, NULL};
    for (int threads = 1; threads <= 3; threads++) {
        for (int files = 1; files <= 2; files++) {
            write_files(w, files == 2);
            for (int policy = 0; policy < 3; policy++) {
                char *text = simulation_text(w, (tgr_policy)policy, threads, files == 2);
                if (first[policy] == NULL) {
                    first[policy] = text;
                    continue;
                }
                assert_string_equal(text, first[policy]);
                tgr_free(text);
            }
        }
    }
    for (int policy = 0; policy < 3; policy++) {
        tgr_free(first[policy]);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_for_any_split),
        cmocka_unit_test(test_random_worlds),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
