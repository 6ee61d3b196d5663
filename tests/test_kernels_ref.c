/* test_kernels_ref.c - the plain reference against worked examples and the words of each rule. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"

#define SEED   7310u
#define MODELS 4

static uint64_t random_state = SEED;

static uint32_t next_random(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % below;
}

/* One row of given scores, decided once. */
typedef struct outcome {
    int model;
    float margin;
} outcome;

static outcome decide(tgr_decider decider, const float *scores, double threshold)
{
    int16_t model = 99;
    float margin = 99;
    tgr_choice choice = {&model, &margin};
    decider.thresholds = &threshold;
    decider.threshold_count = 1;
    tgr_ref_decide(&decider, scores, decider.models, 0, 1, &choice);
    return (outcome){model, margin};
}

static void scores_follow_the_definition(void **state)
{
    (void)state;
    const float weights[] = {1, 2, 0, 0, /**/ 10, 20, 0, 0, /**/ 0.5f, -0.5f, 0, 0};
    const float bias[] = {100, 200};
    const int64_t indptr[] = {0, 0, 2, 3};
    const uint32_t indices[] = {0, 2, 1};
    const uint8_t small[] = {3, 2, 255};
    const uint16_t medium[] = {3, 2, 65535};
    const float real[] = {3, 0.25f, -1};
    tgr_weights w = {2, 4, weights, bias};
    float scores[6];
    tgr_csr x = {3, indptr, indices, small, TGR_U8, NULL};
    tgr_ref_score(&x, &w, 0, 3, scores, 2);
    const float expected_small[] = {100, 200, 104, 205, 2650, 5300};
    assert_memory_equal(scores, expected_small, sizeof scores);
    x.values = medium;
    x.value_type = TGR_U16;
    tgr_ref_score(&x, &w, 2, 3, scores, 2);
    const float expected_medium[] = {655450, 1310900};
    assert_memory_equal(scores, expected_medium, sizeof expected_medium);
    x.values = real;
    x.value_type = TGR_F32;
    tgr_ref_score(&x, &w, 1, 3, scores, 2);
    const float expected_real[] = {103.125f, 205.875f, 90, 180};
    assert_memory_equal(scores, expected_real, sizeof expected_real);
}

/* 1 + 2^-24 * 1 is lost in float32, but a fused sum keeps what an unfused product would round. */
static void scores_are_fused(void **state)
{
    (void)state;
    const float weight = 1 + 0x1p-12f;
    const float value = 1 + 0x1p-12f;
    const float bias = -1;
    const int64_t indptr[] = {0, 1};
    const uint32_t index = 0;
    tgr_csr x = {1, indptr, &index, &value, TGR_F32, NULL};
    tgr_weights w = {1, 1, &weight, &bias};
    float score;
    tgr_ref_score(&x, &w, 0, 1, &score, 1);
    assert_true(score == 0x1p-11f + 0x1p-24f); /* unfused: 2^-11 */
}

static void margin_compares_with_the_reference(void **state)
{
    (void)state;
    tgr_decider decider = {.rule = TGR_RULE_MARGIN, .models = 3, .reference = 1};
    const float scores[] = {0.25f, 0.5f, 0.375f};
    outcome kept = decide(decider, scores, 0);
    assert_int_equal(kept.model, 1);
    assert_true(kept.margin == -0.125f);
    assert_int_equal(decide(decider, scores, -0.125).model, 2); /* at the threshold: the other */
    assert_int_equal(decide(decider, scores, -0.12).model, 1);
    const float tied[] = {0.5f, 0.5f, 0.5f};
    assert_int_equal(decide(decider, tied, 0).model, 0); /* first in preference order */
    const float zeros[] = {-0.0f, 0.0f, 0.0f};
    assert_int_equal(decide(decider, zeros, 0).model, 0);
    decider.models = 1;
    decider.reference = 0;
    outcome alone = decide(decider, scores, 0);
    assert_int_equal(alone.model, 0);
    assert_true(isnan(alone.margin));
}

static void margin_rounds_its_threshold(void **state)
{
    (void)state;
    tgr_decider decider = {.rule = TGR_RULE_MARGIN, .models = 2, .reference = 1};
    const float scores[] = {0.1f, 0};
    assert_int_equal(decide(decider, scores, 0.1).model, 0); /* 0.1 > (double)0.1f is false */
    assert_int_equal(decide(decider, scores, nextafterf(0.1f, 1)).model, 1);
}

static void utility_pays_for_cost(void **state)
{
    (void)state;
    const double flat[] = {0.001, 0.01, 0.1};
    const float scores[] = {0.5f, 0.75f, 1.0f};
    tgr_decider decider = {.rule = TGR_RULE_UTILITY, .models = 3};
    outcome plain = decide(decider, scores, 0); /* no cost is needed */
    assert_int_equal(plain.model, 2);
    assert_true(plain.margin == 0.25f);
    decider.flat = flat;
    assert_int_equal(decide(decider, scores, 2).model, 2);   /* .498 .73 .8 */
    assert_int_equal(decide(decider, scores, 10).model, 1);  /* .49 .65 0 */
    assert_int_equal(decide(decider, scores, 100).model, 0); /* .4 -.25 -9 */
    outcome priced = decide(decider, scores, 10);
    assert_true(fabsf(priced.margin - 0.16f) < 1e-6f);
}

static void utility_ties_go_to_the_higher_score(void **state)
{
    (void)state;
    const double flat[] = {0, 0.25, 0.25};
    const float scores[] = {0.5f, 0.75f, 0.75f};
    tgr_decider decider = {.rule = TGR_RULE_UTILITY, .models = 3, .flat = flat};
    outcome tied = decide(decider, scores, 1); /* all at 0.5 */
    assert_int_equal(tied.model, 1);
    assert_true(tied.margin == 0);
}

static void slack_takes_the_cheapest_near_the_top(void **state)
{
    (void)state;
    const double flat[] = {0.25, 0.125, 0.5};
    const float scores[] = {0.875f, 0.5f, 1.0f};
    tgr_decider decider = {.rule = TGR_RULE_SLACK, .models = 3, .flat = flat};
    outcome strict = decide(decider, scores, 0);
    assert_int_equal(strict.model, 2);
    assert_true(strict.margin == 0);
    outcome loose = decide(decider, scores, 0.125);
    assert_int_equal(loose.model, 0);
    assert_true(loose.margin == 0.125f);
    assert_int_equal(decide(decider, scores, 0.5).model, 1);
    const double same[] = {0.25, 0.25, 0.25};
    decider.flat = same;
    assert_int_equal(decide(decider, scores, 1).model, 2); /* equal cost: the higher score */
    const float level[] = {1, 1, 1};
    assert_int_equal(decide(decider, level, 1).model, 0);
}

static void costs_follow_tokens_where_known(void **state)
{
    (void)state;
    const double flat[] = {0.5, NAN}, in[] = {0.25, NAN}, out[] = {2, NAN};
    const double tokens[] = {8, NAN};
    tgr_decider decider = {
        .models = 2, .flat = flat, .price_in = in, .price_out = out, .prompt_tokens = tokens};
    assert_true(tgr_ref_cost(&decider, 0, 0) == 4);
    assert_true(tgr_ref_cost(&decider, 1, 0) == 0.5);
    assert_true(isnan(tgr_ref_cost(&decider, 0, 1)));
    decider.prompt_tokens = NULL;
    assert_true(tgr_ref_cost(&decider, 0, 0) == 0.5);
    decider.flat = NULL;
    assert_true(isnan(tgr_ref_cost(&decider, 0, 0)));
}

static void ineligible_models_are_out(void **state)
{
    (void)state;
    const double flat[] = {0.25, 0.125, 0.5};
    const float scores[] = {0.875f, 0.5f, 1.0f};
    uint64_t mask = 0x3; /* not model 2 */
    tgr_decider decider = {.rule = TGR_RULE_MARGIN,
                           .models = 3,
                           .reference = 2,
                           .flat = flat,
                           .eligible = &mask,
                           .mask_words = 1};
    outcome without_reference = decide(decider, scores, 5);
    assert_int_equal(without_reference.model, 0);
    assert_true(isnan(without_reference.margin));
    mask = 0x4;
    assert_int_equal(decide(decider, scores, -5).model, 2);
    decider.rule = TGR_RULE_UTILITY;
    mask = 0x3;
    assert_int_equal(decide(decider, scores, 0).model, 0);
    decider.rule = TGR_RULE_SLACK;
    assert_int_equal(decide(decider, scores, 0).model, 0);
    const tgr_rule rules[] = {TGR_RULE_MARGIN, TGR_RULE_UTILITY, TGR_RULE_SLACK};
    for (int i = 0; i < 3; i++) {
        decider.rule = rules[i];
        mask = 0;
        outcome none = decide(decider, scores, 0);
        assert_int_equal(none.model, TGR_UNDECIDED);
        assert_true(isnan(none.margin));
        mask = 0x2;
        assert_int_equal(decide(decider, scores, 0).model, 1);
    }
}

static void masks_reach_past_one_word(void **state)
{
    (void)state;
    enum { MANY = 300 };
    static float scores[MANY];
    static uint64_t mask[(MANY + 63) / 64];
    for (int i = 0; i < MANY; i++) {
        scores[i] = (float)i;
    }
    tgr_decider decider = {
        .rule = TGR_RULE_UTILITY, .models = MANY, .eligible = mask, .mask_words = (MANY + 63) / 64};
    mask[2] = 1u << 3;
    assert_int_equal(decide(decider, scores, 0).model, 131);
    mask[4] = (uint64_t)1 << 43;
    assert_int_equal(decide(decider, scores, 0).model, 299);
}

/* The words of each rule, as a property of the choice, on random rows full of ties. */
static void check_choice(const tgr_decider *decider, const float *s, double threshold, outcome got)
{
    bool may[MODELS];
    int allowed = 0;
    for (int k = 0; k < MODELS; k++) {
        may[k] = (decider->eligible[0] >> k & 1) != 0;
        allowed += may[k];
    }
    if (allowed == 0) {
        assert_int_equal(got.model, TGR_UNDECIDED);
        return;
    }
    assert_true(got.model >= 0 && may[got.model]);
    int c = got.model, reference = (int)decider->reference;
    float top = -INFINITY;
    for (int k = 0; k < MODELS; k++) {
        top = may[k] && s[k] > top ? s[k] : top;
    }
    for (int k = 0; k < MODELS; k++) {
        if (!may[k] || k == c) {
            continue;
        }
        double ck = decider->flat[k], cc = decider->flat[c];
        if (decider->rule == TGR_RULE_UTILITY) {
            double uk = fma(-threshold, ck, s[k]), uc = fma(-threshold, cc, s[c]);
            assert_true(uc > uk || (uc == uk && (s[c] > s[k] || (s[c] == s[k] && c < k))));
        } else if (decider->rule == TGR_RULE_SLACK && top - s[k] <= (float)threshold) {
            assert_true(cc < ck || (cc == ck && (s[c] > s[k] || (s[c] == s[k] && c < k))));
        } else if (decider->rule == TGR_RULE_MARGIN && c != reference && k != reference) {
            assert_true(s[c] > s[k] || (s[c] == s[k] && c < k));
        } else if (decider->rule == TGR_RULE_MARGIN && c == reference) {
            assert_true(s[k] - s[c] < (float)threshold);
        }
    }
    if (decider->rule == TGR_RULE_MARGIN && c != reference && may[reference]) {
        assert_true(s[c] - s[reference] >= (float)threshold);
    }
    if (decider->rule == TGR_RULE_SLACK) {
        assert_true(top - s[c] <= (float)threshold && got.margin == top - s[c]);
    }
}

static void rules_hold_on_random_rows(void **state)
{
    (void)state;
    for (int trial = 0; trial < 20000; trial++) {
        float scores[MODELS];
        double flat[MODELS];
        for (int k = 0; k < MODELS; k++) {
            scores[k] = (float)next_random(4) / 4;
            flat[k] = (double)next_random(3) / 8;
        }
        uint64_t mask = next_random(1u << MODELS);
        tgr_decider decider = {.rule = (tgr_rule)next_random(3),
                               .models = MODELS,
                               .reference = next_random(MODELS),
                               .flat = flat,
                               .eligible = &mask,
                               .mask_words = 1};
        double threshold = (double)next_random(5) / 4;
        check_choice(&decider, scores, threshold, decide(decider, scores, threshold));
    }
}

/* Many thresholds in one call are many calls. */
static void thresholds_are_decided_together(void **state)
{
    (void)state;
    enum { ROWS = 50, THRESHOLDS = 7 };
    float scores[ROWS * MODELS];
    double flat[MODELS] = {0.5, 0.25, 0.125, 0.25};
    double thresholds[THRESHOLDS];
    for (size_t i = 0; i < ROWS * MODELS; i++) {
        scores[i] = (float)next_random(16) / 8;
    }
    for (size_t i = 0; i < THRESHOLDS; i++) {
        thresholds[i] = (double)i / 4;
    }
    for (int rule = 0; rule < 3; rule++) {
        tgr_decider decider = {.rule = (tgr_rule)rule,
                               .models = MODELS,
                               .reference = 2,
                               .flat = flat,
                               .thresholds = thresholds,
                               .threshold_count = THRESHOLDS};
        int16_t model[ROWS * THRESHOLDS];
        float margin[ROWS * THRESHOLDS];
        tgr_choice choice = {model, margin};
        tgr_ref_decide(&decider, scores, MODELS, 0, ROWS, &choice);
        for (size_t row = 0; row < ROWS; row++) {
            for (size_t i = 0; i < THRESHOLDS; i++) {
                outcome one = decide(decider, scores + row * MODELS, thresholds[i]);
                assert_int_equal(model[row * THRESHOLDS + i], one.model);
                assert_memory_equal(&margin[row * THRESHOLDS + i], &one.margin, sizeof(float));
            }
        }
    }
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_follow_the_definition),
        cmocka_unit_test(scores_are_fused),
        cmocka_unit_test(margin_compares_with_the_reference),
        cmocka_unit_test(margin_rounds_its_threshold),
        cmocka_unit_test(utility_pays_for_cost),
        cmocka_unit_test(utility_ties_go_to_the_higher_score),
        cmocka_unit_test(slack_takes_the_cheapest_near_the_top),
        cmocka_unit_test(costs_follow_tokens_where_known),
        cmocka_unit_test(ineligible_models_are_out),
        cmocka_unit_test(masks_reach_past_one_word),
        cmocka_unit_test(rules_hold_on_random_rows),
        cmocka_unit_test(thresholds_are_decided_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
