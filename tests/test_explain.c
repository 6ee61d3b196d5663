/* test_explain.c - explanations of random queries against the reference kernels: sums to the bit,
 * thresholds to the last digit, and tags whose loss moves queries, found by taking them away. */
#include <float.h>

#include <tagroute/explain.h>

#include "engine/simulate/order.h"
#include "tests/test_simulate_run.h"

static const char *model_text(int model)
{
    static char text[16];
    snprintf(text, sizeof text, "m%d", model);
    return text;
}

typedef struct asking {
    tgr_policy policy;
    double threshold;
    int fallback, why_not;
    uint64_t row;
    long fail;            /* the allocation that fails; -1: none */
    const tgr_rows *rows; /* NULL: the query is the file's */
} asking;

static tgr_status try_explain(const world *w, const asking *ask, tgr_explanation **explanation,
                              tgr_error *error)
{
    char fallback[16], why_not[16];
    tgr_explain_options options;
    tgr_explain_options_init(&options);
    options.input = ask->rows == NULL ? paths[0] : NULL;
    options.rows = ask->rows;
    options.row = ask->row;
    options.policy = ask->policy;
    options.threshold = ask->threshold;
    if (ask->fallback >= 0) {
        options.fallback = strcpy(fallback, model_text(ask->fallback));
    }
    if (ask->why_not >= 0) {
        options.why_not = strcpy(why_not, model_text(ask->why_not));
    }
    tgr_router *router = world_router(w);
    tgr_mem_fail_after(ask->fail);
    tgr_status status = tgr_explain(router, &options, explanation, NULL, error);
    tgr_mem_fail_after(-1);
    tgr_router_free(router);
    return status;
}

static tgr_explanation *explain(const world *w, const asking *ask)
{
    tgr_explanation *explanation;
    tgr_error error;
    if (try_explain(w, ask, &explanation, &error) != TGR_OK) {
        fail_msg("seed %u, row %d: %s", world_seed, (int)ask->row, error.message);
    }
    return explanation;
}

/* Every sum by fmaf from the bias on, tag by tag in column order, and nothing but these tags. */
static void check_sums(const world *w, size_t query, const tgr_explanation *told)
{
    size_t next = 0;
    for (size_t model = 0; model < w->models; model++) {
        float sum = w->bias[model];
        assert_true(told->models[model].bias == sum);
        next = 0;
        for (size_t tag = 0; tag < TAGS; tag++) {
            float value = w->x[query * TAGS + tag];
            if (value == 0) {
                continue;
            }
            const tgr_explained_tag *part = &told->tags[next++];
            float weight = tag + 1 < TAGS ? w->weights[tag][model] : 0;
            assert_int_equal(atoi(part->tag + 1), tag);
            assert_true(part->known == (tag + 1 < TAGS));
            assert_true(part->value == value && part->weights[model] == weight);
            assert_true(part->contributions[model] == (double)value * weight);
            sum = fmaf(value, weight, sum);
            assert_true(part->scores[model] == sum);
        }
        assert_true(told->models[model].score == sum);
    }
    assert_int_equal(told->tag_count, next);
}

static void check_models(const world *w, size_t query, const tgr_explanation *told)
{
    for (size_t model = 0; model < w->models; model++) {
        double cost = expected_cost(w, query, model), got = told->models[model].cost;
        assert_true(cost == got || (isnan(cost) && isnan(got)));
        assert_true((told->models[model].out == 0) == may_serve(w, query, model));
        int32_t deny = w->deny[query];
        bool denied = deny >= 0 && w->lists[deny][model];
        assert_true(((told->models[model].out & TGR_OUT_DENIED) != 0) == denied);
    }
}

/* What the rule makes of one query at one threshold. */
static int decide_one(const world *w, size_t query, const asking *ask, double threshold)
{
    static const tgr_rule rules[] = {TGR_RULE_MARGIN, TGR_RULE_UTILITY, TGR_RULE_SLACK};
    world one = *w;
    int chosen;
    one.queries = 1;
    one.x = w->x + query * TAGS;
    one.allow = w->allow + query;
    one.deny = w->deny + query;
    one.prompt_tokens = w->prompt_tokens + query;
    decide_all(&one, rules[ask->policy], threshold, ask->fallback, &chosen, NULL);
    return chosen;
}

static double neighbour(tgr_policy policy, double threshold, int step)
{
    if (policy == TGR_POLICY_UTILITY) {
        return tgr_double_of_order(tgr_order_of_double(threshold) + (uint64_t)(int64_t)step);
    }
    return tgr_float_of_order(tgr_order_of_float((float)threshold) + (uint32_t)step);
}

/* Both ends of every range go to its model, and the numbers next to them do not. */
static void check_ranges(const world *w, size_t query, const asking *ask,
                         const tgr_explanation *told)
{
    size_t count = told->range_count;
    assert_true(count > 0 && told->range < count);
    assert_true(told->ranges[told->range].model == told->chosen);
    for (size_t i = 0; i < count; i++) {
        const tgr_explained_range *range = &told->ranges[i];
        if (isfinite(range->from) && i > 0) {
            assert_int_equal(decide_one(w, query, ask, range->from), range->model);
            double before = neighbour(ask->policy, range->from, -1);
            assert_true(before == told->ranges[i - 1].to);
            assert_int_equal(decide_one(w, query, ask, before), told->ranges[i - 1].model);
            assert_int_not_equal(told->ranges[i - 1].model, range->model);
        }
        bool here = ask->threshold >= range->from && (float)ask->threshold <= (float)range->to;
        assert_true(here || i != told->range);
        double middle = fmax(range->from, -1e3) / 2 + fmin(range->to, 1e3) / 2;
        if (middle >= range->from && middle <= range->to) {
            assert_int_equal(decide_one(w, query, ask, middle), range->model);
        }
    }
}

/* No threshold at which something could change lies in a range of another model. */
static void check_crossings(const world *w, size_t query, const asking *ask,
                            const tgr_explanation *told, const double *at, size_t count)
{
    size_t range = 0;
    for (size_t i = 0; i < count; i += 1 + count / 40) {
        double threshold = ask->policy == TGR_POLICY_UTILITY ? at[i] * (1 + 1e-9) : (float)at[i];
        while (range + 1 < told->range_count && told->ranges[range + 1].from <= threshold) {
            range++;
        }
        assert_int_equal(decide_one(w, query, ask, threshold), told->ranges[range].model);
    }
}

static void check_why_not(const tgr_explanation *told, const asking *ask)
{
    if (ask->why_not < 0) {
        assert_int_equal(told->asked, -1);
        return;
    }
    bool somewhere = false;
    for (size_t i = 0; i < told->range_count; i++) {
        somewhere |= told->ranges[i].model == ask->why_not;
    }
    assert_int_equal(told->asked, ask->why_not);
    assert_true((told->why_not == TGR_WHY_CHOSEN) == (told->chosen == ask->why_not));
    assert_true((told->why_not_range != NULL) == somewhere);
    if (told->why_not_range != NULL) {
        assert_int_equal(told->why_not_range->model, ask->why_not);
    }
    if (told->why_not == TGR_WHY_OUT) {
        assert_int_not_equal(told->models[ask->why_not].out, 0);
    }
    if (told->why_not >= TGR_WHY_OTHER && told->why_not < TGR_WHY_TIE) {
        assert_true(told->why_not_gap > 0 || told->why_not == TGR_WHY_REFERENCE);
    }
}

static void check_query(const world *w, const asking *ask, const double *at, size_t count)
{
    tgr_explanation *told = explain(w, ask);
    size_t query = (size_t)ask->row;
    assert_int_equal(told->chosen, decide_one(w, query, ask, ask->threshold));
    assert_int_equal(atoi(told->id + 1), query);
    check_sums(w, query, told);
    check_models(w, query, told);
    check_ranges(w, query, ask, told);
    check_crossings(w, query, ask, told, at, count);
    check_why_not(told, ask);
    tgr_explanation_free(told);
}

static double draw_threshold(tgr_policy policy)
{
    double threshold = (double)draw(2001) / 1000;
    return policy == TGR_POLICY_MARGIN    ? threshold - 1
           : policy == TGR_POLICY_UTILITY ? threshold * (double)draw(200)
                                          : threshold / 2;
}

static void test_random_queries(void **state)
{
    (void)state;
    static const size_t model_counts[] = {1, 2, 3, 5, 9};
    for (unsigned round = 0; round < 15; round++) {
        random_state = world_seed = 7000 + round;
        const world_kind kind = {
            .lists = draw(2) == 0, .ties = draw(2) == 0, .prices = draw(2) == 0};
        world *w = world_new(30, model_counts[round % 5], draw(model_counts[round % 5]));
        world_fill(w, &kind);
        world_write(w, 0, w->queries, paths[0]);
        double *at = some(w->queries * w->models * w->models + 2, sizeof *at);
        for (int policy = 0; policy < 3; policy++) {
            static const tgr_rule rules[] = {TGR_RULE_MARGIN, TGR_RULE_UTILITY, TGR_RULE_SLACK};
            size_t count = every_crossing(w, rules[policy], at);
            for (uint64_t row = 0; row < w->queries; row += 3 + draw(4)) {
                const asking ask = {.policy = (tgr_policy)policy,
                                    .threshold = draw_threshold((tgr_policy)policy),
                                    .fallback = draw(3) == 0 ? (int)draw(w->models) : -1,
                                    .why_not = draw(2) == 0 ? (int)draw(w->models) : -1,
                                    .row = row,
                                    .fail = -1};
                check_query(w, &ask, at, count);
            }
        }
        free(at);
        world_free(w);
    }
}

/* ---- rows in memory -------------------------------------------------------------------------- */

static int64_t indptr[64];
static int32_t columns[64 * TAGS];
static uint8_t counts[64 * TAGS], eligible[64 * 9];

/* The world's queries; of whom they may be served goes as a mask. */
static tgr_rows rows_of(const world *w, const world_names *names)
{
    int64_t count = 0;
    for (size_t query = 0; query < w->queries; query++) {
        for (size_t tag = TAGS; tag-- > 0;) { /* to be sorted */
            columns[count] = (int32_t)tag;
            counts[count] = w->x[query * TAGS + tag];
            count += counts[count] > 0;
        }
        indptr[query + 1] = count;
        for (size_t model = 0; model < w->models; model++) {
            eligible[query * w->models + model] = may_serve(w, query, model);
        }
    }
    return (tgr_rows){.size = sizeof(tgr_rows),
                      .rows = w->queries,
                      .columns = TAGS,
                      .indptr = {indptr, w->queries + 1, TGR_NUMBER_I64},
                      .indices = {columns, (uint64_t)count, TGR_NUMBER_I32},
                      .counts = {counts, (uint64_t)count, TGR_NUMBER_U8},
                      .tags = names->tags,
                      .prompt_tokens = w->prompt_tokens,
                      .eligible = eligible};
}

static void check_row(const world *w, const asking *ask)
{
    tgr_explanation *told = explain(w, ask);
    size_t query = (size_t)ask->row;
    assert_int_equal(told->chosen, decide_one(w, query, ask, ask->threshold));
    assert_null(told->id);
    assert_int_equal(told->row, query);
    check_sums(w, query, told);
    check_ranges(w, query, ask, told);
    for (size_t model = 0; model < w->models; model++) {
        unsigned out = told->models[model].out;
        assert_true((out == 0) == may_serve(w, query, model));
        assert_true(out == 0 || (out & TGR_OUT_NOT_ELIGIBLE) != 0);
    }
    tgr_explanation_free(told);
}

static void test_rows_in_memory(void **state)
{
    (void)state;
    static const size_t model_counts[] = {2, 5, 9};
    for (unsigned round = 0; round < 9; round++) {
        random_state = world_seed = 7500 + round;
        const world_kind kind = {.lists = true, .ties = draw(2) == 0, .prices = draw(2) == 0};
        world *w = world_new(30, model_counts[round / 3], draw(2));
        world_names names;
        world_fill(w, &kind);
        name_all(w, &names);
        const tgr_rows rows = rows_of(w, &names);
        asking ask = {.policy = (tgr_policy)(round % 3), .fallback = -1, .why_not = -1, .fail = -1};
        ask.rows = &rows;
        ask.threshold = draw_threshold(ask.policy);
        for (ask.row = 0; ask.row < w->queries; ask.row += 1 + draw(3)) {
            check_row(w, &ask);
        }
        tgr_explanation *told;
        tgr_error error;
        ask.row = w->queries;
        assert_int_equal(try_explain(w, &ask, &told, &error), TGR_ERR_ARGUMENT);
        ask.row = 3;
        long live = tgr_mem_live();
        for (ask.fail = 0; try_explain(w, &ask, &told, &error) != TGR_OK; ask.fail++) {
            assert_int_equal(error.status, TGR_ERR_NOMEM);
            assert_int_equal(tgr_mem_live(), live);
        }
        tgr_explanation_free(told);
        assert_true(ask.fail > 10);
        world_free(w);
    }
}

/* ---- top ------------------------------------------------------------------------------------- */

static tgr_status try_top(const world *w, const tgr_top_options *options, int threads, long fail,
                          tgr_top **top, tgr_error *error)
{
    const tgr_run run = {.size = sizeof run, .threads = threads};
    tgr_router *router = world_router(w);
    tgr_mem_fail_after(fail);
    tgr_status status = tgr_explain_top(router, options, top, &run, error);
    tgr_mem_fail_after(-1);
    tgr_router_free(router);
    return status;
}

typedef struct plain_tag {
    uint64_t queries, moved, away, towards;
    __int128 cost;
} plain_tag;

/* In units of 2^-40, as sums of money are. */
static __int128 cost_units(const world *w, size_t query, int with, int without)
{
    double first = with < 0 ? 0 : expected_cost(w, query, (size_t)with);
    double second = without < 0 ? 0 : expected_cost(w, query, (size_t)without);
    return (__int128)nearbyint((first - second) * 0x1p40);
}

static void take_away(world *w, const asking *ask, size_t tag, plain_tag *plain)
{
    *plain = (plain_tag){0};
    for (size_t query = 0; query < w->queries; query++) {
        uint8_t *cell = &w->x[query * TAGS + tag], value = *cell;
        if (value == 0) {
            continue;
        }
        int with = decide_one(w, query, ask, ask->threshold);
        *cell = 0;
        int without = decide_one(w, query, ask, ask->threshold);
        *cell = value;
        plain->queries++;
        plain->moved += with != without;
        plain->away += with != without && without == (int)w->reference;
        plain->towards += with != without && with == (int)w->reference;
        plain->cost += with == without ? 0 : cost_units(w, query, with, without);
    }
}

static void check_top(world *w, const asking *ask, const tgr_top *top, bool by_money)
{
    size_t moving = 0, met = 0;
    double last = INFINITY;
    for (size_t tag = 0; tag + 1 < TAGS; tag++) {
        plain_tag plain;
        take_away(w, ask, tag, &plain);
        met += plain.queries > 0;
        moving += plain.moved > 0;
        const tgr_top_tag *found = NULL;
        for (size_t i = 0; i < top->count; i++) {
            found = atoi(top->list[i].tag + 1) == (int)tag ? &top->list[i] : found;
        }
        assert_true((found != NULL) == (plain.moved > 0));
        if (found != NULL) {
            assert_true(found->queries == plain.queries && found->moved == plain.moved);
            assert_true(found->away == plain.away && found->towards == plain.towards);
            assert_true(found->cost == (double)plain.cost * 0x1p-40);
        }
    }
    assert_int_equal(top->tags, met);
    assert_int_equal(top->moving, moving);
    for (size_t i = 0; i < top->count; i++) {
        double key = by_money ? fabs(top->list[i].cost) : (double)top->list[i].moved;
        assert_true(key <= last);
        last = key;
    }
}

static void test_top(void **state)
{
    (void)state;
    const char *inputs[] = {paths[0], paths[1]};
    for (unsigned round = 0; round < 9; round++) {
        random_state = world_seed = 8000 + round;
        const world_kind kind = {
            .lists = draw(2) == 0, .ties = draw(2) == 0, .prices = draw(2) == 0};
        world *w = world_new(60, 2 + draw(4), 0);
        world_fill(w, &kind);
        const asking ask = {.policy = (tgr_policy)(round % 3),
                            .threshold = draw_threshold((tgr_policy)(round % 3)),
                            .fallback = draw(2) == 0 ? 1 : -1};
        bool two = round % 2 == 0;
        write_files(w, two);
        tgr_top_options options;
        tgr_top_options_init(&options);
        options.inputs = inputs;
        options.input_count = two ? 2 : 1;
        options.policy = ask.policy;
        options.threshold = ask.threshold;
        options.fallback = ask.fallback < 0 ? NULL : "m1";
        options.by_money = round % 4 == 1;
        tgr_top *top;
        tgr_error error;
        if (try_top(w, &options, 1 + (int)round % 3, -1, &top, &error) != TGR_OK) {
            fail_msg("seed %u: %s", world_seed, error.message);
        }
        assert_int_equal(top->queries, w->queries);
        check_top(w, &ask, top, options.by_money);
        tgr_top_free(top);
        world_free(w);
    }
}

/* ---- failures -------------------------------------------------------------------------------- */

static void test_memory(void **state)
{
    (void)state;
    random_state = world_seed = 9000;
    const world_kind kind = {.lists = true, .prices = true};
    world *w = world_new(20, 4, 1);
    world_fill(w, &kind);
    world_write(w, 0, w->queries, paths[0]);
    const char *inputs[] = {paths[0]};
    tgr_top_options options;
    tgr_top_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    asking ask = {.policy = TGR_POLICY_UTILITY, .threshold = 10, .fallback = 0, .why_not = 2};
    tgr_error error;
    for (int what = 0; what < 2; what++) {
        tgr_status status = TGR_ERR_NOMEM;
        for (ask.fail = 0; status != TGR_OK; ask.fail += 1 + ask.fail / 40) {
            long live = tgr_mem_live();
            tgr_explanation *explanation = NULL;
            tgr_top *top = NULL;
            status = what == 0 ? try_explain(w, &ask, &explanation, &error)
                               : try_top(w, &options, 1, ask.fail, &top, &error);
            assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
            tgr_explanation_free(explanation);
            tgr_top_free(top);
            assert_int_equal(tgr_mem_live(), live);
        }
        assert_true(ask.fail > 20);
    }
    world_free(w);
}

static void test_mistakes(void **state)
{
    (void)state;
    random_state = world_seed = 9100;
    const world_kind kind = {.prices = false};
    world *w = world_new(5, 2, 1);
    world_fill(w, &kind);
    world_write(w, 0, w->queries, paths[0]);
    tgr_explanation *explanation;
    tgr_error error;
    asking ask = {.row = 5, .fallback = -1, .why_not = -1, .fail = -1};
    assert_int_equal(try_explain(w, &ask, &explanation, &error), TGR_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "has no row 5; its 5 rows count from 0"));
    ask = (asking){.fallback = -1, .why_not = 7, .fail = -1};
    assert_int_equal(try_explain(w, &ask, &explanation, &error), TGR_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "m7"));
    w->mean_cost[0] = NAN;
    ask = (asking){.policy = TGR_POLICY_SLACK, .fallback = -1, .why_not = -1, .fail = -1};
    assert_int_equal(try_explain(w, &ask, &explanation, &error), TGR_ERR_ARGUMENT);
    ask.policy = TGR_POLICY_UTILITY; /* lambda 0 needs no cost, and no other can be looked at */
    explanation = explain(w, &ask);
    assert_int_equal(explanation->range_count, 1);
    assert_true(explanation->ranges[0].from == 0 && explanation->ranges[0].to == 0);
    tgr_explanation_free(explanation);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_queries),
        cmocka_unit_test(test_rows_in_memory),
        cmocka_unit_test(test_top),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
