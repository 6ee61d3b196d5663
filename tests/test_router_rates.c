/* test_router_rates.c - names of prices, the prices that are in effect, and costs worked out by
 * hand. */
#include "tests/router_support.h"

#include "engine/router/rates.h"
#include "engine/router/row_costs.h"

static void names_say_kind_length_and_tier(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        tgr_rate rate;
    } good[] = {
        {"input_cost_per_token", {TGR_TIER_STANDARD, 0, TGR_RATE_INPUT, 0}},
        {"output_cost_per_token_batches", {TGR_TIER_BATCH, 0, TGR_RATE_OUTPUT, 0}},
        {"cache_read_input_token_cost_flex", {TGR_TIER_FLEX, 0, TGR_RATE_CACHED, 0}},
        {"input_cost_per_token_above_128k_tokens", {TGR_TIER_STANDARD, 128000, TGR_RATE_INPUT, 0}},
        {"cache_read_input_token_cost_above_272k_tokens_priority",
         {TGR_TIER_PRIORITY, 272000, TGR_RATE_CACHED, 0}},
        {"output_cost_per_token_above_4_tokens", {TGR_TIER_STANDARD, 4, TGR_RATE_OUTPUT, 0}},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        tgr_rate rate;
        char name[TGR_RATE_NAME];
        assert_true(tgr_rate_parse(good[i].name, strlen(good[i].name), &rate));
        assert_int_equal(tgr_rate_compare(&rate, &good[i].rate), 0);
        tgr_rate_name(&rate, name);
        assert_string_equal(name, good[i].name);
    }
    static const char *const bad[] = {
        "",
        "input_cost_per_toke",
        "input_cost_per_token_",
        "input_cost_per_token_batch",
        "input_cost_per_token_batches_",
        "input_cost_per_token_above_k_tokens",
        "input_cost_per_token_above_0k_tokens",
        "input_cost_per_token_above_-1k_tokens",
        "input_cost_per_token_above_128k",
        "input_cost_per_token_above_4000001k_tokens",
        "input_cost_per_token_above_99999999999999999999_tokens",
        "input_cost_per_token_batches_above_1k_tokens",
        "output_cost_per_token_per_image",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tgr_rate rate;
        if (tgr_rate_parse(bad[i], strlen(bad[i]), &rate)) {
            fail_msg("%s", bad[i]);
        }
    }
}

static void what_a_longer_prompts_rates_leave_out_stays(void **state)
{
    (void)state;
    static const tgr_rate rates[] = {
        {TGR_TIER_STANDARD, 0, TGR_RATE_INPUT, 1},  {TGR_TIER_STANDARD, 0, TGR_RATE_OUTPUT, 2},
        {TGR_TIER_STANDARD, 5, TGR_RATE_CACHED, 3}, {TGR_TIER_STANDARD, 9, TGR_RATE_INPUT, 4},
        {TGR_TIER_STANDARD, 9, TGR_RATE_OUTPUT, 5}, {TGR_TIER_BATCH, 0, TGR_RATE_OUTPUT, 6},
    };
    tgr_price_step all, steps[TGR_PRICE_STEPS];
    assert_int_equal(tgr_rates_in_effect(rates, 6, TGR_TIER_STANDARD, &all, steps), 2);
    assert_true(all.in == 1 && all.out == 2 && isnan(all.cached));
    assert_true(steps[0].above == 5 && steps[0].in == 1 && steps[0].out == 2);
    assert_true(steps[0].cached == 3);
    assert_true(steps[1].above == 9 && steps[1].in == 4 && steps[1].out == 5);
    assert_true(steps[1].cached == 3);
    assert_int_equal(tgr_rates_in_effect(rates, 6, TGR_TIER_BATCH, &all, steps), 0);
    assert_true(isnan(all.in) && all.out == 6);

    tgr_rate many[2 * TGR_PRICE_STEPS];
    for (uint32_t i = 0; i < 2 * TGR_PRICE_STEPS; i++) {
        many[i] = (tgr_rate){TGR_TIER_FLEX, i, TGR_RATE_INPUT, i};
    }
    assert_int_equal(tgr_rates_in_effect(many, 2 * TGR_PRICE_STEPS, TGR_TIER_FLEX, &all, steps),
                     TGR_PRICE_STEPS);
}

/* One model of 1 USD a prompt token, 8 a completion token, of which it takes 2, and 0.5 a cached
 * one; above 100 of its own tokens, two of one counted, 4 and 16, and nothing for cached ones. */
static tgr_router *stepped_router(void)
{
    tgr_router *router = make_router(1, 1, 7);
    tgr_model *model = &router->models[0];
    model->price_in = 1;
    model->price_out = 8;
    model->price_cached = 0.5;
    model->token_ratio = 2;
    model->mean_completion_tokens = 2;
    model->steps = tgr_mem_alloc(1, sizeof *model->steps);
    model->steps[0] = (tgr_price_step){100, 4, 16, NAN};
    model->step_count = 1;
    return router;
}

static void costs_are_those_worked_out_by_hand(void **state)
{
    (void)state;
    tgr_router *router = stepped_router();
    static const uint16_t order[] = {0};
    static const double flat[] = {77};
    static const double prompt[] = {10, 10, 10, 50, 50.5, 60, NAN, 0};
    static const double cached[] = {NAN, 0, 4, 99, NAN, 30, 5, 5};
    static const double expected[] = {20 + 16,       20 + 16,     12 + 4 + 16, 50 + 16,
                                      8 * 50.5 + 32, 8 * 60 + 32, 77,          16};
    tgr_row_prices prices;
    assert_true(tgr_row_prices_matter(router, false));
    assert_int_equal(tgr_row_prices_open(&prices, router, order, NULL), TGR_OK);
    const tgr_row_costs costs = {&prices, flat, prompt, cached};
    for (size_t row = 0; row < 8; row++) {
        double cost = tgr_row_cost(&costs, row, 0);
        if (cost != expected[row]) {
            fail_msg("row %zu: %g, expected %g", row, cost, expected[row]);
        }
        if (!isnan(prompt[row])) {
            cost = tgr_model_spent(&router->models[0], prompt[row], cached[row], 2);
            assert_true(cost == expected[row]);
        }
    }
    const tgr_row_costs without = {&prices, flat, prompt, NULL};
    assert_true(tgr_row_cost(&without, 2, 0) == 36);
    const tgr_row_costs nothing = {&prices, flat, NULL, NULL};
    assert_true(tgr_row_cost(&nothing, 2, 0) == 77);
    tgr_row_prices_close(&prices);
    tgr_router_free(router);
}

static void kernels_do_where_nothing_goes_by_row(void **state)
{
    (void)state;
    tgr_router *router = stepped_router();
    router->models[0].step_count = 0;
    assert_true(tgr_row_prices_matter(router, true));
    assert_false(tgr_row_prices_matter(router, false));
    assert_true(tgr_row_prices_want(router) != 0);
    router->models[0].price_cached = NAN;
    assert_false(tgr_row_prices_matter(router, true));
    assert_int_equal(tgr_row_prices_want(router), 0);
    router->models[0].price_cached = 1;
    router->models[0].mean_completion_tokens = NAN;
    assert_false(tgr_row_prices_matter(router, true));
    router->models[0].assumed_completion_tokens = 3;
    assert_true(tgr_row_prices_matter(router, true));
    tgr_router_free(router);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_say_kind_length_and_tier),
        cmocka_unit_test(what_a_longer_prompts_rates_leave_out_stays),
        cmocka_unit_test(costs_are_those_worked_out_by_hand),
        cmocka_unit_test(kernels_do_where_nothing_goes_by_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
