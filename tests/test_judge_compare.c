/* test_judge_compare.c - a paired test against the same draws made plainly. */
#include <tagroute/compare.h>

#include "tests/test_simulate_plain.h"
#include "tests/test_simulate_run.h"

enum { QUERIES = 400, REPLICATES = 150, GROUPS = 1024 };

static uint64_t mix(uint64_t seed, uint64_t counter)
{
    uint64_t z = seed + counter * 0x9e3779b97f4a7c15u;
    for (int round = 0; round < 2; round++) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
    }
    return z;
}

/* How often a query counts in a replicate: the Poisson variable of mean 1 that a number between 0
 * and 1 stands for. */
static double times_of(uint64_t seed, size_t replicate, size_t query)
{
    double drawn = (double)(mix(~seed, replicate * GROUPS + query) >> 11) / 9007199254740992.0;
    double chance = exp(-1), below = chance;
    int times = 0;
    while (drawn >= below && times < 20) {
        chance /= ++times;
        below += chance;
    }
    return times;
}

typedef struct replicate {
    double cost, score;
} replicate;

static replicate run_replicate(const world *w, const int *chosen, uint64_t seed, size_t number)
{
    double all = 0, cost = 0, score = 0, scored = 0;
    for (size_t query = 0; query < w->queries; query++) {
        double times = times_of(seed, number, query);
        size_t model = (size_t)chosen[query];
        double own = known_score(w, query, model);
        all += times;
        cost += times * known_cost(w, query, model);
        score += isnan(own) ? 0 : times * own;
        scored += isnan(own) ? 0 : times;
    }
    return (replicate){cost * (double)w->queries / all, score / scored};
}

static double at_part(const double *sorted, double part)
{
    double place = part * (REPLICATES - 1);
    size_t below = (size_t)place;
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

static void check_figure(const tgr_compared *got, const char *name, double first, double second,
                         double *differences)
{
    double up = 0, down = 0;
    for (size_t i = 0; i < REPLICATES; i++) {
        up += differences[i] >= 0;
        down += differences[i] <= 0;
    }
    qsort(differences, REPLICATES, sizeof *differences, compare_rising);
    assert_string_equal(got->figure, name);
    assert_same(got->first, first, "first");
    assert_same(got->second, second, "second");
    assert_about(got->difference, second - first, 1e-12, "difference");
    assert_about(got->low, at_part(differences, 0.025), 1e-12, "low");
    assert_about(got->high, at_part(differences, 0.975), 1e-12, "high");
    assert_same(got->p, fmin(1, 2 * (fmin(up, down) + 1) / (REPLICATES + 1)), "p");
}

static void test_paired(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 4; round++) {
        random_state = world_seed = 800 + round;
        const world_kind kind = {.scores = true, .costs = true, .prices = true};
        world *w = world_new(QUERIES, 3, 0);
        world_fill(w, &kind);
        write_files(w, false);
        double thresholds[2] = {0.1, round == 0 ? 0.1 : 0.3};
        tgr_simulation *both[2];
        int *chosen[2];
        for (size_t i = 0; i < 2; i++) {
            setting set = {.policy = round > 1 && i == 1 ? TGR_POLICY_SLACK : TGR_POLICY_MARGIN,
                           .thresholds = &thresholds[i],
                           .threshold_count = 1,
                           .fallback = -1,
                           .threads = 1 + (int)round,
                           .bootstrap = REPLICATES,
                           .seed = 5 + round};
            both[i] = simulate(w, &set);
            chosen[i] = some(w->queries, sizeof *chosen[i]);
            decide_all(w, set.policy == TGR_POLICY_SLACK ? TGR_RULE_SLACK : TGR_RULE_MARGIN,
                       thresholds[i], -1, chosen[i], NULL);
        }
        double cost[REPLICATES], score[REPLICATES];
        for (size_t i = 0; i < REPLICATES; i++) {
            replicate a = run_replicate(w, chosen[0], 5 + round, i);
            replicate b = run_replicate(w, chosen[1], 5 + round, i);
            cost[i] = b.cost - a.cost;
            score[i] = b.score - a.score;
        }
        tgr_comparison *got;
        tgr_error error;
        assert_int_equal(tgr_simulations_compare(both[0], both[1], &got, &error), TGR_OK);
        assert_int_equal(got->replicates, REPLICATES);
        assert_int_equal(got->count, 13);
        if (round == 0) { /* the same decisions: nothing differs in any replicate */
            for (size_t i = 0; i < got->count; i++) {
                assert_true(isnan(got->figures[i].p) || got->figures[i].p == 1);
                assert_true(isnan(got->figures[i].low) || got->figures[i].low == 0);
            }
        } else {
            check_figure(&got->figures[0], "cost", both[0]->curve[0].cost, both[1]->curve[0].cost,
                         cost);
            check_figure(&got->figures[2], "mean_score", both[0]->curve[0].mean_score,
                         both[1]->curve[0].mean_score, score);
        }
        tgr_comparison_free(got);
        for (size_t i = 0; i < 2; i++) {
            tgr_simulation_free(both[i]);
            free(chosen[i]);
        }
        world_free(w);
    }
}

static void refuses(const tgr_simulation *a, const tgr_simulation *b, const char *sentence)
{
    tgr_comparison *got;
    tgr_error error;
    assert_int_equal(tgr_simulations_compare(a, b, &got, &error), TGR_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, sentence));
    assert_null(got);
}

static void test_unlike_pairs(void **state)
{
    (void)state;
    random_state = world_seed = 900;
    const world_kind kind = {.scores = true, .outcomes = true};
    world *w = world_new(50, 2, 0);
    world_fill(w, &kind);
    write_files(w, false);
    setting set = {.fallback = -1, .bootstrap = 20, .seed = 1};
    tgr_simulation *one = simulate(w, &set);
    set.seed = 2;
    tgr_simulation *other_seed = simulate(w, &set);
    set.bootstrap = 0;
    tgr_simulation *none = simulate(w, &set);
    set = (setting){.fallback = -1, .bootstrap = 20, .seed = 1, .quality = TGR_QUALITY_ACCEPT};
    tgr_simulation *accepted = simulate(w, &set);
    refuses(one, other_seed, "the same replicates and seed");
    refuses(one, none, "the same replicates and seed");
    refuses(one, accepted, "by the same measure of quality");
    for (long n = 0; n < 4; n++) {
        tgr_comparison *got;
        tgr_error error;
        tgr_mem_fail_after(n);
        tgr_status status = tgr_simulations_compare(one, one, &got, &error);
        tgr_mem_fail_after(-1);
        assert_int_equal(status, n < 3 ? TGR_ERR_NOMEM : TGR_OK);
        tgr_comparison_free(got);
    }
    tgr_simulation_free(one);
    tgr_simulation_free(other_seed);
    tgr_simulation_free(none);
    tgr_simulation_free(accepted);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paired),
        cmocka_unit_test(test_unlike_pairs),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
