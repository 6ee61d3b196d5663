/* test_solve.c - thresholds that meet goals, against the reference rules tried one by one; and the
 * bound of the batch problem against a knapsack filled step by step. */
#include <tagroute/route.h>
#include <tagroute/solve.h>

#include "engine/base/wide.h"
#include "engine/solve/solve.h"
#include "tests/test_simulate_plain.h"
#include "tests/test_simulate_run.h"

__extension__ typedef __int128 wide;

static const tgr_rule rules[] = {TGR_RULE_MARGIN, TGR_RULE_UTILITY, TGR_RULE_SLACK};
static char decisions[300];

/* ---- what decisions amount to, summed plainly ------------------------------------------------ */

typedef struct plain_goal {
    tgr_goal goal;
    bool recorded; /* costs */
    bool by_score;
    size_t model;
} plain_goal;

static double plain_value(const world *w, const plain_goal *goal, const int *chosen)
{
    wide sum = 0;
    uint64_t count = 0;
    for (size_t query = 0; query < w->queries; query++) {
        if (chosen[query] < 0) {
            continue;
        }
        size_t model = (size_t)chosen[query];
        double quality = quality_on(w, query, model, goal->by_score);
        switch (goal->goal.kind) {
        case TGR_GOAL_QUALITY:
            sum += isnan(quality) ? 0 : (wide)(quality * 0x1p64);
            count += !isnan(quality);
            break;
        case TGR_GOAL_SHARE:
            sum += model == goal->model;
            break;
        default:
            sum += goal->recorded ? (wide)(known_cost(w, query, model) * 0x1p64)
                                  : (wide)llrint(expected_cost(w, query, model) * 0x1p40);
        }
    }
    switch (goal->goal.kind) {
    case TGR_GOAL_QUALITY:
        return count == 0 ? NAN : (double)sum * 0x1p-64 / (double)count;
    case TGR_GOAL_SHARE:
        return (double)sum / (double)w->queries;
    default:
        return (double)sum * (goal->recorded ? 0x1p-64 : 0x1p-40);
    }
}

static double value_at(const world *w, tgr_policy policy, double threshold, int fallback,
                       const plain_goal *goal)
{
    int *chosen = some(w->queries, sizeof *chosen);
    decide_all(w, rules[policy], threshold, fallback, chosen, NULL);
    double value = plain_value(w, goal, chosen);
    free(chosen);
    return value;
}

static bool meets(const plain_goal *goal, double value, double target, bool rises)
{
    switch (goal->goal.kind) {
    case TGR_GOAL_QUALITY:
        return value >= target;
    case TGR_GOAL_SHARE:
        return rises ? value >= target : value <= target;
    default:
        return value <= target;
    }
}

/* ---- the threshold --------------------------------------------------------------------------- */

/* Thresholds that between them show every state of the decisions: rising. */
static size_t list_states(const world *w, tgr_policy policy, double *states)
{
    double *at = some(w->queries * w->models * w->models + 2, sizeof *at);
    size_t count = every_crossing(w, rules[policy], at), listed = 0;
    if (policy != TGR_POLICY_MARGIN) {
        states[listed++] = 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && at[i] <= at[i - 1] * (1 + 1e-9) && policy == TGR_POLICY_UTILITY) {
            continue; /* rounding may decide between them */
        }
        if (policy == TGR_POLICY_UTILITY && i > 0) {
            states[listed++] = (at[i - 1] + at[i]) / 2;
        } else if (policy != TGR_POLICY_UTILITY) {
            states[listed++] = at[i];
            states[listed++] = (double)nextafterf((float)at[i], INFINITY);
        }
    }
    if (policy == TGR_POLICY_UTILITY && count > 0) {
        states[listed++] = at[count - 1] * 2;
    }
    free(at);
    return listed;
}

/* No state is between the threshold and the end that they are tried from, next to it, and meets the
 * goal; where amounts only rise or fall, none on that whole side does. */
static void check_is_first(const world *w, const tgr_solution *got, int fallback,
                           const plain_goal *goal, double target, bool rises, bool monotone)
{
    double *states = some(2 * w->queries * w->models * w->models + 4, sizeof *states);
    size_t count = list_states(w, got->policy, states);
    bool margin = got->policy == TGR_POLICY_MARGIN;
    bool from_top = margin == (goal->goal.kind != TGR_GOAL_QUALITY);
    double here = value_at(w, got->policy, got->threshold, fallback, goal);
    for (size_t i = 0; i < count; i++) {
        double state = states[from_top ? i : count - 1 - i];
        if (from_top ? state <= got->threshold : state >= got->threshold) {
            continue;
        }
        double value = value_at(w, got->policy, state, fallback, goal);
        bool met = meets(goal, value, target, rises);
        if (met && value != here) {
            fail_msg("seed %u, %s, goal %d: threshold %.17g meets the goal with %.17g, and so does "
                     "%.17g before it with %.17g",
                     world_seed, tgr_policy_name(got->policy), (int)goal->goal.kind, got->threshold,
                     here, state, value);
        }
        if (!met && !monotone) {
            break;
        }
    }
    free(states);
}

static tgr_status solve(const world *w, tgr_policy policy, const plain_goal *goal, int fallback,
                        bool cut, int threads, bool two_files, tgr_solution *solution,
                        tgr_error *error)
{
    const char *inputs[] = {paths[0], paths[1]};
    char name[24];
    const tgr_run run = {.size = sizeof run, .threads = threads};
    tgr_router *router = world_router(w);
    snprintf(name, sizeof name, "m%d", fallback);
    const tgr_solve_plan plan = {
        .router = router,
        .inputs = inputs,
        .input_count = two_files ? 2 : 1,
        .fallback = fallback < 0 ? NULL : name,
        .policy = policy,
        .goal = &goal->goal,
        .quality = goal->by_score ? TGR_QUALITY_SCORE : TGR_QUALITY_ACCEPT,
        .recorded = goal->recorded,
        .cut = cut,
        .run = &run,
    };
    tgr_status status = tgr_solve(&plan, solution, error);
    tgr_router_free(router);
    return status;
}

/* A goal that lies between what some two thresholds give. */
static plain_goal draw_goal(const world *w, tgr_policy policy, int fallback, char *name)
{
    static const double ends[] = {0, 1e9};
    static const tgr_goal_kind kinds[] = {TGR_GOAL_BUDGET, TGR_GOAL_COST_PER_QUERY,
                                          TGR_GOAL_QUALITY, TGR_GOAL_SHARE};
    plain_goal goal = {.goal.kind = kinds[draw(4)], .recorded = draw(2), .by_score = draw(2)};
    goal.model = draw(w->models);
    snprintf(name, 24, "m%zu", goal.model);
    double low = value_at(w, policy, policy == TGR_POLICY_MARGIN ? -1e9 : ends[0], fallback, &goal);
    double high = value_at(w, policy, ends[1], fallback, &goal);
    goal.goal.value = low + (high - low) * (double)draw(1001) / 1000;
    if (goal.goal.kind == TGR_GOAL_COST_PER_QUERY) {
        goal.goal.value /= (double)w->queries;
    }
    if (goal.goal.kind == TGR_GOAL_SHARE) {
        goal.goal.model = name;
    }
    return goal;
}

static world *draw_world(size_t models, unsigned round)
{
    random_state = world_seed = 31000 + round * 100 + (unsigned)models;
    const world_kind kind = {.scores = true,
                             .outcomes = draw(2) == 0,
                             .costs = draw(2) == 0,
                             .sparse = draw(2) == 0,
                             .lists = round % 2 == 1,
                             .ties = draw(2) == 0,
                             .prices = draw(2) == 0};
    world *w = world_new(60, models, draw(models));
    world_fill(w, &kind);
    return w;
}

static void check_goal(const world *w, tgr_policy policy, int fallback)
{
    char name[24];
    plain_goal goal = draw_goal(w, policy, fallback, name);
    tgr_solution got, again;
    tgr_error error;
    write_files(w, false);
    tgr_status status = solve(w, policy, &goal, fallback, false, 1, false, &got, &error);
    if (isnan(goal.goal.value)) {
        assert_int_equal(status, TGR_ERR_ARGUMENT);
        return;
    }
    if (status != TGR_OK) {
        fail_msg("seed %u: %s", world_seed, error.message);
    }
    double here = value_at(w, policy, got.threshold, fallback, &goal);
    bool share = goal.goal.kind == TGR_GOAL_SHARE;
    double wanted =
        share ? (double)llround(got.target * (double)w->queries) / (double)w->queries : got.target;
    double ends[] = {policy == TGR_POLICY_MARGIN ? 1e9 : 0, 0};
    bool rises = share && value_at(w, policy, ends[0], fallback, &goal) < wanted;
    assert_true(got.reached == here);
    assert_true(meets(&goal, here, wanted, rises));
    bool of_cost = !share && goal.goal.kind != TGR_GOAL_QUALITY;
    check_is_first(w, &got, fallback, &goal, wanted, rises,
                   of_cost && !goal.recorded && policy != TGR_POLICY_MARGIN);
    write_files(w, true);
    assert_int_equal(solve(w, policy, &goal, fallback, false, 3, true, &again, &error), TGR_OK);
    assert_memory_equal(&got, &again, sizeof got);
}

static void test_thresholds(void **state)
{
    (void)state;
    static const size_t model_counts[] = {2, 5, 9};
    for (size_t i = 0; i < 3; i++) {
        for (unsigned round = 0; round < 4; round++) {
            world *w = draw_world(model_counts[i], round);
            for (int policy = 0; policy < 3; policy++) {
                check_goal(w, (tgr_policy)policy, draw(3) == 0 ? (int)draw(w->models) : -1);
            }
            world_free(w);
        }
    }
}

/* ---- route: the cut, and the bound ----------------------------------------------------------- */

/* Decisions as the contract has them: the first queries at the threshold of the cut. */
static void decide_with_cut(const world *w, const tgr_solution *solution, int *chosen, int *other)
{
    decide_all(w, rules[solution->policy], solution->threshold, -1, chosen, NULL);
    if (!solution->cut) {
        memcpy(other, chosen, w->queries * sizeof *other);
        return;
    }
    decide_all(w, rules[solution->policy], solution->cut_threshold, -1, other, NULL);
    memcpy(chosen, other, solution->cut_rows * sizeof *chosen);
}

static tgr_status route(const world *w, tgr_policy policy, const plain_goal *goal, int threads,
                        tgr_route_report *report, tgr_error *error)
{
    const char *inputs[] = {paths[0]};
    const tgr_run run = {.size = sizeof run, .threads = threads};
    tgr_route_options options;
    tgr_route_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    options.output = decisions;
    options.policy = policy;
    options.goal = goal->goal;
    options.block_rows = 7;
    static int turn; /* instruction sets take turns */
    tgr_wide_limit((tgr_wide)(turn++ % 3));
    tgr_router *router = world_router(w);
    tgr_status status = tgr_route(router, &options, report, &run, error);
    tgr_router_free(router);
    return status;
}

typedef struct step {
    double cost, score;
} step;

static int steepest_first(const void *a, const void *b)
{
    const step *x = a, *y = b;
    double left = x->score * y->cost, right = y->score * x->cost;
    return (left < right) - (left > right);
}

/* The steps of a query from its cheapest model up the hull of costs and scores. */
static size_t add_steps(const world *w, const plain_view *view, size_t query, step *steps,
                        step *start)
{
    float scores[MODELS];
    score_query(w, view, query, scores);
    size_t at = SIZE_MAX, count = 0;
    for (size_t place = 0; place < w->models; place++) {
        double cost = expected_cost(w, query, view->order[place]);
        double best = at == SIZE_MAX ? INFINITY : expected_cost(w, query, view->order[at]);
        if (may_serve(w, query, view->order[place]) &&
            (cost < best || (cost == best && scores[place] > scores[at]))) {
            at = place;
        }
    }
    *start = (step){0, 0};
    if (at == SIZE_MAX) {
        return 0;
    }
    *start = (step){expected_cost(w, query, view->order[at]), scores[at]};
    for (;;) {
        size_t next = SIZE_MAX;
        step best = {0, 0};
        for (size_t place = 0; place < w->models; place++) {
            step to = {expected_cost(w, query, view->order[place]) -
                           expected_cost(w, query, view->order[at]),
                       (double)scores[place] - scores[at]};
            if (!may_serve(w, query, view->order[place]) || !(to.cost > 0) || !(to.score > 0)) {
                continue;
            }
            double left = to.score * best.cost, right = best.score * to.cost;
            if (next == SIZE_MAX || left > right || (left == right && to.cost > best.cost)) {
                next = place;
                best = to;
            }
        }
        if (next == SIZE_MAX) {
            return count;
        }
        steps[count++] = best;
        at = next;
    }
}

/* The linear relaxation of the knapsack: the steepest steps first, the last one in part. */
static double plain_bound(const world *w, double limit)
{
    plain_view view;
    view_world(w, &view);
    step *steps = some(w->queries * w->models, sizeof *steps), start;
    size_t count = 0;
    double score = 0;
    for (size_t query = 0; query < w->queries; query++) {
        count += add_steps(w, &view, query, steps + count, &start);
        limit -= start.cost;
        score += start.score;
    }
    qsort(steps, count, sizeof *steps, steepest_first);
    for (size_t i = 0; i < count && limit > 0; i++) {
        double part = steps[i].cost < limit ? 1 : limit / steps[i].cost;
        score += part * steps[i].score;
        limit -= part * steps[i].cost;
    }
    free(steps);
    return score;
}

static void check_bound(const world *w, const tgr_solution *got, const int *chosen)
{
    plain_view view;
    view_world(w, &view);
    double score = 0, decided = 0, largest = 0;
    for (size_t query = 0; query < w->queries; query++) {
        float scores[MODELS];
        score_query(w, &view, query, scores);
        float low = INFINITY, high = -INFINITY;
        for (size_t place = 0; place < w->models; place++) {
            low = fminf(low, scores[place]);
            high = fmaxf(high, scores[place]);
        }
        largest = fmax(largest, (double)high - low);
        if (chosen[query] >= 0) {
            score += scores[view.place_of[chosen[query]]];
            decided++;
        }
    }
    double bound = plain_bound(w, got->expected_cost) / decided;
    assert_about(got->predicted_score, score / decided, 1e-12, "predicted score");
    if (!(got->best_score >= bound - 1e-12)) {
        fail_msg("seed %u, %s: bound %.17g is below %.17g", world_seed,
                 tgr_policy_name(got->policy), got->best_score, bound);
    }
    assert_about(got->best_score, bound, 1e-6, "bound");
    assert_true(got->best_score >= got->predicted_score);
    if (got->policy == TGR_POLICY_UTILITY) { /* one query at most is in part */
        assert_true(got->best_score - got->predicted_score <= largest / decided);
    }
}

/* Up to which query the decisions may be those of the other threshold, one by one. */
static void check_cut(const world *w, const tgr_solution *got, const plain_goal *goal,
                      const int *chosen, const int *other)
{
    int *more = some(w->queries, sizeof *more);
    memcpy(more, chosen, w->queries * sizeof *more);
    for (size_t query = (size_t)got->cut_rows; got->cut && query < w->queries; query++) {
        if (more[query] != other[query]) {
            more[query] = other[query];
            assert_false(meets(goal, plain_value(w, goal, more), got->target, false));
            break;
        }
    }
    free(more);
}

static void check_route(const world *w, tgr_policy policy)
{
    plain_goal goal = {.goal = {TGR_GOAL_BUDGET, 0, NULL}};
    double low = value_at(w, policy, policy == TGR_POLICY_MARGIN ? -1e9 : 0, -1, &goal);
    double high = value_at(w, policy, 1e9, -1, &goal);
    goal.goal.value = low + (high - low) * (double)draw(1001) / 1000;
    tgr_route_report report;
    tgr_error error;
    if (route(w, policy, &goal, 1 + (int)draw(3), &report, &error) != TGR_OK) {
        fail_msg("seed %u: %s", world_seed, error.message);
    }
    int *chosen = some(w->queries, sizeof *chosen), *other = some(w->queries, sizeof *other);
    uint64_t counts[MODELS] = {0};
    decide_with_cut(w, &report.solution, chosen, other);
    for (size_t query = 0; query < w->queries; query++) {
        counts[chosen[query] < 0 ? MODELS - 1 : chosen[query]]++;
    }
    for (size_t model = 0; model < w->models; model++) {
        assert_int_equal(report.chosen[model], counts[model]);
    }
    assert_true(report.cost[0] == plain_value(w, &goal, chosen));
    assert_true(report.cost[0] <= goal.goal.value);
    assert_true(report.solution.reached == report.cost[0]);
    check_cut(w, &report.solution, &goal, chosen, other);
    check_bound(w, &report.solution, chosen);
    free(chosen);
    free(other);
    tgr_route_report_free(&report);
}

static void test_routes(void **state)
{
    (void)state;
    static const size_t model_counts[] = {2, 5, 20};
    for (size_t i = 0; i < 3; i++) {
        for (unsigned round = 0; round < 4; round++) {
            random_state = world_seed = 52000 + round * 100 + (unsigned)model_counts[i];
            const world_kind kind = {.prices = draw(2) == 0, .ties = round % 3 == 0};
            world *w = world_new(150, model_counts[i], draw(model_counts[i]));
            world_fill(w, &kind);
            write_files(w, false);
            for (int policy = 0; policy < 3; policy++) {
                check_route(w, (tgr_policy)policy);
            }
            world_free(w);
        }
    }
}

/* ---- simulate, and merged parts of it -------------------------------------------------------- */

static world *judged_world(void)
{
    random_state = world_seed = 77;
    const world_kind kind = {.scores = true, .outcomes = true, .costs = true};
    world *w = world_new(300, 5, 4);
    world_fill(w, &kind);
    write_files(w, false);
    return w;
}

static tgr_status simulate_to(const world *w, const tgr_goal *goal, size_t bootstrap, long fail,
                              tgr_simulation **simulation, tgr_error *error)
{
    const char *inputs[] = {paths[0]};
    const tgr_run run = {.size = sizeof run, .threads = 2};
    tgr_simulate_options options;
    tgr_simulate_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    options.policy = TGR_POLICY_UTILITY;
    options.bootstrap = bootstrap;
    tgr_router *router = world_router(w);
    tgr_mem_fail_after(fail);
    tgr_status status = tgr_simulate_goal(router, &options, goal, simulation, &run, error);
    tgr_mem_fail_after(-1);
    tgr_router_free(router);
    return status;
}

static void test_simulated_point(void **state)
{
    (void)state;
    world *w = judged_world();
    const tgr_goal goal = {TGR_GOAL_QUALITY, 1.01, "m4"};
    plain_goal plain = {.goal = goal, .by_score = true, .recorded = true};
    tgr_simulation *got;
    tgr_error error;
    if (simulate_to(w, &goal, 20, -1, &got, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    const tgr_solution *solution = got->solution;
    plain_point alone = plain_alone(w, 4, true);
    plain_point there = plain_simulate(w, TGR_RULE_UTILITY, solution->threshold, -1, true);
    assert_same(solution->target, 1.01 * alone.mean_score, "target");
    assert_same(solution->point->mean_score, there.mean_score, "mean score");
    assert_same(solution->point->cost, there.cost, "cost");
    assert_true(solution->reached ==
                value_at(w, TGR_POLICY_UTILITY, solution->threshold, -1, &plain));
    assert_true(solution->point->mean_score == solution->reached);
    assert_string_equal(solution->goal.model, "m4");
    assert_true(solution->low->cost <= there.cost && there.cost <= solution->high->cost);
    tgr_simulation_free(got);
    world_free(w);
}

static void test_short_memory(void **state)
{
    (void)state;
    world *w = judged_world();
    const tgr_goal goal = {TGR_GOAL_BUDGET, 0.5, NULL};
    tgr_status status = TGR_ERR_NOMEM;
    for (long fail = 0; status != TGR_OK; fail += 1 + fail / 12) {
        tgr_simulation *got;
        tgr_error error;
        long live = tgr_mem_live();
        status = simulate_to(w, &goal, 0, fail, &got, &error);
        if (status == TGR_OK) {
            tgr_simulation_free(got);
        } else {
            assert_int_equal(status, TGR_ERR_NOMEM);
            assert_null(got);
        }
        assert_int_equal(tgr_mem_live(), live);
    }
    world_free(w);
}

static void test_merged(void **state)
{
    (void)state;
    world *w = judged_world();
    char parts[3][320];
    const char *inputs[3];
    const tgr_goal goals[] = {
        {TGR_GOAL_BUDGET, 0.5, NULL}, {TGR_GOAL_QUALITY, 0.9, "m4"}, {TGR_GOAL_SHARE, 0.1, "m4"}};
    for (int policy = 0; policy < 3; policy++) {
        for (size_t i = 0; i < 3; i++) {
            snprintf(parts[i], sizeof parts[i], "%s/part%zu", folder, i);
            inputs[i] = parts[i];
            setting set = {.policy = (tgr_policy)policy,
                           .fallback = -1,
                           .threads = 1,
                           .shard = i,
                           .shards = 3,
                           .partial = parts[i]};
            tgr_simulation_free(simulate(w, &set));
        }
        for (size_t i = 0; i < 3; i++) {
            tgr_simulation *got;
            tgr_error error;
            if (tgr_simulate_merge_goal(inputs, 3, &goals[i], &got, NULL, &error) != TGR_OK) {
                fail_msg("%s", error.message);
            }
            const tgr_solution *solution = got->solution;
            plain_point there = plain_simulate(w, rules[policy], solution->threshold, -1, true);
            assert_same(solution->point->cost, there.cost, "cost");
            assert_same(solution->point->mean_score, there.mean_score, "mean score");
            assert_same(solution->point->share[4], there.share[4], "share");
            assert_true(goals[i].kind != TGR_GOAL_BUDGET || there.cost <= 0.5);
            assert_true(goals[i].kind != TGR_GOAL_QUALITY || there.mean_score >= solution->target);
            tgr_simulation_free(got);
        }
        for (size_t i = 0; i < 3; i++) {
            unlink(parts[i]);
        }
    }
    world_free(w);
}

/* ---- goals that cannot be, and policy files -------------------------------------------------- */

static void test_refused(void **state)
{
    (void)state;
    world *w = judged_world();
    const struct {
        tgr_goal goal;
        tgr_status status;
        const char *says;
    } cases[] = {
        {{TGR_GOAL_BUDGET, 1e-9, NULL}, TGR_ERR_UNREACHABLE, "the cheapest costs $"},
        {{TGR_GOAL_BUDGET, -1, NULL}, TGR_ERR_ARGUMENT, "at least 0"},
        {{TGR_GOAL_BUDGET, NAN, NULL}, TGR_ERR_ARGUMENT, "at least 0"},
        {{TGR_GOAL_QUALITY, 1e6, NULL}, TGR_ERR_UNREACHABLE, "the highest found is"},
        {{TGR_GOAL_QUALITY, 1, "m9"}, TGR_ERR_ARGUMENT, "m9"},
        {{TGR_GOAL_SHARE, 1.5, "m1"}, TGR_ERR_ARGUMENT, "at most 1"},
        {{TGR_GOAL_SHARE, 0.5, NULL}, TGR_ERR_ARGUMENT, "needs a model"},
        {{TGR_GOAL_SHARE, 1, "m2"}, TGR_ERR_UNREACHABLE, "the nearest is"},
        {{(tgr_goal_kind)9, 1, NULL}, TGR_ERR_ARGUMENT, "no goal"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tgr_simulation *got;
        tgr_error error;
        assert_int_equal(simulate_to(w, &cases[i].goal, 0, -1, &got, &error), cases[i].status);
        if (strstr(error.message, cases[i].says) == NULL) {
            fail_msg("%s", error.message);
        }
    }
    world_free(w);
}

static void test_policy_files(void **state)
{
    (void)state;
    world *w = judged_world();
    tgr_router *router = world_router(w);
    tgr_saved_policy saved = {.policy = TGR_POLICY_UTILITY, .threshold = 0.1 + 0.2}, read;
    tgr_error error;
    snprintf(saved.router_digest, sizeof saved.router_digest, "%s", tgr_router_digest(router));
    assert_int_equal(tgr_policy_save(&saved, decisions, &error), TGR_OK);
    assert_int_equal(tgr_policy_load(decisions, router, &read, &error), TGR_OK);
    assert_true(read.policy == saved.policy && read.threshold == saved.threshold);
    w->price_in[0] = 1;
    tgr_router *other = world_router(w);
    assert_int_equal(tgr_policy_load(decisions, other, &read, &error), TGR_ERR_ARGUMENT);
    assert_int_equal(tgr_policy_load(decisions, NULL, &read, &error), TGR_OK);
    FILE *file = fopen(decisions, "rb");
    char bytes[512];
    size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t cut = 0; cut < length; cut++) {
        file = fopen(decisions, "wb");
        fwrite(bytes, 1, cut, file);
        fclose(file);
        assert_int_equal(tgr_policy_load(decisions, router, &read, &error), TGR_ERR_INPUT);
    }
    saved.threshold = -1;
    assert_int_equal(tgr_policy_save(&saved, decisions, &error), TGR_ERR_ARGUMENT);
    tgr_router_free(router);
    tgr_router_free(other);
    world_free(w);
}

static int open_folder(void **state)
{
    int made = make_folder(state);
    snprintf(decisions, sizeof decisions, "%s/decisions.jsonl", folder);
    return made;
}

static int close_folder(void **state)
{
    unlink(decisions);
    return remove_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thresholds),      cmocka_unit_test(test_routes),
        cmocka_unit_test(test_simulated_point), cmocka_unit_test(test_short_memory),
        cmocka_unit_test(test_merged),          cmocka_unit_test(test_refused),
        cmocka_unit_test(test_policy_files),
    };
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
