/* merged.c - the threshold that meets a goal on a log of which only sums by bins are known. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/simulate/partial.h"
#include "engine/solve/goal.h"

typedef struct merged {
    const tgr_goal *goal;
    const tgr_simulating *work;
    tgr_aim aim;
    tgr_quality quality;
    tgr_population population;
    tgr_decided *at, *chosen; /* sums where it stands; and at the threshold found */
    double threshold, nearest;
    bool found;
    tgr_solution solution;
    tgr_result *result; /* of the threshold found alone */
} merged;

/* ---- sums at the edges of groups ------------------------------------------------------------- */

static tgr_amount amount_of(const merged *m, const tgr_decided *sums)
{
    const tgr_tally *tally = &sums->tally;
    switch (m->goal->kind) {
    case TGR_GOAL_QUALITY:
        return m->quality == TGR_QUALITY_SCORE
                   ? (tgr_amount){tally->score, tally->scored}
                   : (tgr_amount){(tgr_sum)tally->accepted, tally->judged};
    case TGR_GOAL_SHARE:
        return (tgr_amount){(tgr_sum)sums->chosen[m->aim.model], tally->decided};
    default:
        return (tgr_amount){tally->cost, tally->decided};
    }
}

static void add_group(merged *m, tgr_page *page, size_t number)
{
    size_t models = m->work->router->model_count;
    for (size_t i = number * TGR_GROUP_BINS; i < (number + 1) * TGR_GROUP_BINS; i++) {
        tgr_bin_apply(page, i, &m->at->tally);
    }
    tgr_group_apply(tgr_page_group(page, models, number), models, m->at);
}

static bool is_usable(const merged *m, double threshold)
{
    return m->work->options.policy == TGR_POLICY_UTILITY || (double)(float)threshold == threshold;
}

/* Keeps the sums at a threshold if that is the one: the first from the end that is tried first. */
static void look_at(merged *m, double threshold)
{
    bool costed = m->at->tally.costed == m->at->tally.decided;
    bool of_cost = m->goal->kind == TGR_GOAL_BUDGET || m->goal->kind == TGR_GOAL_COST_PER_QUERY;
    tgr_amount amount = amount_of(m, m->at);
    double value = of_cost && !costed ? NAN : tgr_aim_value(&m->aim, amount, m->population.size);
    if (tgr_aim_is_nearer(&m->aim, value, m->nearest)) {
        m->nearest = value;
    }
    if (isnan(value) || !is_usable(m, threshold) || !tgr_aim_is_met(&m->aim, amount) ||
        (m->found && !m->aim.from_top)) {
        return;
    }
    size_t models = m->work->router->model_count;
    m->found = true;
    m->threshold = threshold;
    m->chosen->tally = m->at->tally;
    memcpy(m->chosen->chosen, m->at->chosen, models * sizeof *m->chosen->chosen);
}

static void start(merged *m)
{
    size_t models = m->work->router->model_count;
    const tgr_decided *first = m->work->observers.each[0].counts;
    m->at->tally = first->tally;
    memcpy(m->at->chosen, first->chosen, models * sizeof *m->at->chosen);
}

/* From the lowest threshold up; look: at every edge, else the sums at the highest are left. */
static void walk(merged *m, bool look)
{
    const tgr_bins *bins = m->work->gathering.bins;
    bool margin = m->work->options.policy == TGR_POLICY_MARGIN, any = false;
    start(m);
    for (size_t group = 0; group < (size_t)TGR_PAGES * TGR_PAGE_GROUPS; group++) {
        tgr_page *page = bins->pages[group / TGR_PAGE_GROUPS];
        size_t number = group % TGR_PAGE_GROUPS;
        if (page == NULL || tgr_page_group(page, bins->models, number)->moves == 0) {
            continue;
        }
        if (look && !any) {
            double below = group == 0 ? -FLT_MAX : tgr_bin_edge(group * TGR_GROUP_BINS - 1);
            look_at(m, margin ? fmax(below, -FLT_MAX) : 0);
        }
        any = true;
        add_group(m, page, number);
        if (look) {
            look_at(m, fmin(tgr_bin_edge((group + 1) * TGR_GROUP_BINS - 1), FLT_MAX));
        }
    }
    if (look && !any) {
        look_at(m, 0);
    }
}

/* ---- the solution ---------------------------------------------------------------------------- */

static tgr_amount amount_alone(const merged *m)
{
    if (m->aim.model == SIZE_MAX || m->goal->kind != TGR_GOAL_QUALITY) {
        return (tgr_amount){0};
    }
    const tgr_decided alone = {m->work->observers.each[0].baselines.alone[m->aim.model], NULL};
    return amount_of(m, &alone);
}

static tgr_status keep(merged *m, tgr_error *error)
{
    const tgr_simulating *work = m->work;
    tgr_amount amount = amount_of(m, m->chosen);
    m->solution = (tgr_solution){
        .goal = *m->goal,
        .target = m->aim.target,
        .policy = work->options.policy,
        .quality = m->quality,
        .threshold = m->threshold,
        .reached = tgr_aim_value(&m->aim, amount, m->population.size),
        .queries = work->decide.queries,
        .measured =
            tgr_measured(m->goal->kind == TGR_GOAL_QUALITY ? amount.count : m->population.size,
                         m->population.unit),
        .cut_threshold = NAN,
        .expected_cost = NAN,
        .predicted_score = NAN,
        .best_score = NAN,
    };
    m->result = tgr_result_new(work->router, work->options.policy, 1, error);
    if (m->result == NULL) {
        return TGR_ERR_NOMEM;
    }
    m->result->simulation.queries = work->decide.queries;
    m->result->population = m->population;
    tgr_result_set_weights(m->result, &work->observers.each[0].stand);
    m->result->simulation.quality = m->quality;
    tgr_result_set_point(m->result, 0, m->threshold, m->chosen);
    return TGR_OK;
}

static tgr_status solve(void *user, const tgr_simulating *work, tgr_error *error)
{
    merged *m = user;
    tgr_status status = TGR_OK;
    size_t models = work->router->model_count;
    m->work = work;
    m->nearest = NAN;
    m->quality = tgr_simulating_measure(work);
    m->population = tgr_simulating_population(work);
    TGR_TRY(tgr_aim_open(&m->aim, m->goal, work->options.policy, work->router, error));
    m->aim.unit = m->goal->kind == TGR_GOAL_SHARE ||
                          (m->goal->kind == TGR_GOAL_QUALITY && m->quality == TGR_QUALITY_ACCEPT)
                      ? 1
                  : m->goal->kind == TGR_GOAL_QUALITY ? 0x1p-64 / m->population.unit
                                                      : 0x1p-64;
    m->at = tgr_decided_new(1, models);
    m->chosen = tgr_decided_new(1, models);
    if (m->at == NULL || m->chosen == NULL) {
        status = tgr_fail_memory(error, "the solution");
        goto done;
    }
    start(m);
    if (m->aim.from_top) {
        walk(m, false);
    }
    tgr_aim_settle(&m->aim, &m->population, amount_of(m, m->at), amount_alone(m));
    walk(m, true);
    if (!m->found && isnan(m->nearest) && m->goal->kind != TGR_GOAL_QUALITY) {
        status = tgr_fail(error, TGR_ERR_ARGUMENT,
                          "the goal needs costs, and some are not known; simulate the shards with "
                          "prices (--prices, --price or --cost)");
    } else {
        status = m->found ? keep(m, error) : tgr_aim_fail(&m->aim, m->nearest, error);
    }
done:
    return status;
}

tgr_status tgr_simulate_merge_goal(const char *const *inputs, size_t input_count,
                                   const tgr_goal *goal, tgr_simulation **simulation,
                                   const tgr_run *run, tgr_error *error)
{
    merged m = {.goal = goal};
    tgr_status status =
        tgr_simulate_merge_look(inputs, input_count, solve, &m, simulation, run, error);
    if (status == TGR_OK) {
        status = tgr_result_set_solution(*simulation, &m.solution, &m.result->simulation, error);
        m.result = NULL;
    }
    if (status != TGR_OK) {
        tgr_simulation_free(*simulation);
        *simulation = NULL;
    }
    if (m.result != NULL) {
        tgr_simulation_free(&m.result->simulation);
    }
    tgr_mem_free(m.at);
    tgr_mem_free(m.chosen);
    return status;
}
