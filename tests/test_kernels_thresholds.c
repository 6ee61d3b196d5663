/* test_kernels_thresholds.c - many thresholds in one call, chosen to hurt: where decisions turn,
 * and beside it, equal ones, zeros of both signs, infinities, NaN. Every variant gives the
 * reference's. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/dispatch.h"
#include "kernels/kernels.h"

#define SEED 52127u
#ifndef SHAPES /* an emulator gets fewer */
#define SHAPES 400
#endif

enum { ROWS = 70, MODELS = 60, STEPS = 130 };

static uint64_t random_state = SEED;

static size_t below(size_t limit)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (size_t)((z ^ (z >> 31)) % limit);
}

static double part(void)
{
    return (double)below((size_t)1 << 53) * 0x1p-53;
}

typedef struct world {
    float scores[ROWS * MODELS]; /* by models */
    double flat[MODELS], price_in[MODELS], price_out[MODELS], tokens[ROWS], thresholds[STEPS];
    uint64_t eligible[ROWS];
    tgr_decider decider;
} world;

/* Of few values, so that many tie; or any; now and then one that sums overflow to. */
static float some_score(size_t kind)
{
    static const float odd[] = {0.0f, -0.0f, 1e-42f, 3e38f, -3e38f, INFINITY, -INFINITY, 1.0f};
    if (kind == 2 && below(6) == 0) {
        return odd[below(sizeof odd / sizeof odd[0])];
    }
    return kind == 0 ? (float)((int)below(5) - 2) / 4 : (float)(part() - 0.5);
}

/* Equal ones, very different ones, ones that float32 cannot tell apart. */
static double some_cost(size_t kind)
{
    static const double close[] = {0.25, 0.25 + 0x1p-40, 0.25 + 0x1p-52, 0.5, 0x1p-120, 0x1p120};
    return kind == 0   ? (double)(1 + below(4)) / 64
           : kind == 1 ? part()
                       : close[below(sizeof close / sizeof close[0])];
}

/* A threshold at which some row decides another way. */
static double turning_point(const world *w)
{
    size_t models = w->decider.models, row = below(ROWS), a = below(models), b = below(models);
    float behind = w->scores[row * models + a] - w->scores[row * models + b];
    if (w->decider.rule != TGR_RULE_UTILITY) {
        return w->decider.rule == TGR_RULE_SLACK ? fabsf(behind) : behind;
    }
    double cost_a = tgr_ref_cost(&w->decider, row, a), cost_b = tgr_ref_cost(&w->decider, row, b);
    double lambda = fabs((double)behind / (cost_a - cost_b));
    return isfinite(lambda) ? lambda : 0;
}

static double beside(double threshold, tgr_rule rule)
{
    double towards = below(2) ? INFINITY : rule == TGR_RULE_MARGIN ? -INFINITY : 0;
    switch (below(5)) {
    case 0:
        return nextafter(threshold, towards);
    case 1:
        return nextafterf((float)threshold, (float)towards);
    case 2:
        return threshold * (1 + (part() - 0.5) * 0x1p-19);
    default:
        return threshold;
    }
}

static double some_threshold(const world *w, size_t number, bool special)
{
    static const double odd[] = {INFINITY, NAN, 0x1p-140, 0x1p130, 0x1p-1060, -0.0, 0.0};
    if (special && below(10) == 0) {
        double threshold = odd[below(sizeof odd / sizeof odd[0])];
        return w->decider.rule == TGR_RULE_MARGIN && below(2) ? -threshold : threshold;
    }
    if (number > 0 && below(8) == 0) {
        return w->thresholds[below(number)];
    }
    return below(3) == 0 ? part() : beside(turning_point(w), w->decider.rule);
}

static void world_fill(world *w, size_t models, tgr_rule rule)
{
    size_t scores = below(3), costs = below(3), count = 8 + below(STEPS - 8);
    bool special = below(4) == 0;
    w->decider = (tgr_decider){.rule = rule,
                               .models = models,
                               .reference = below(models),
                               .thresholds = w->thresholds,
                               .threshold_count = below(3) == 0 ? 64 * (1 + below(2)) : count,
                               .flat = w->flat,
                               .mask_words = 1};
    for (size_t i = 0; i < ROWS * models; i++) {
        w->scores[i] = some_score(scores);
    }
    for (size_t k = 0; k < models; k++) {
        w->flat[k] = some_cost(costs);
        w->price_in[k] = below(6) == 0 ? NAN : some_cost(costs) / 16;
        w->price_out[k] = some_cost(costs);
    }
    for (size_t row = 0; row < ROWS; row++) {
        w->tokens[row] = below(9) == 0 ? NAN : (double)below(64);
        w->eligible[row] = below(9) == 0 ? 0 : below((size_t)1 << models % 64);
    }
    if (below(3) == 0) {
        w->decider.price_in = w->price_in;
        w->decider.price_out = w->price_out;
        w->decider.prompt_tokens = w->tokens;
    }
    w->decider.eligible = below(3) == 0 ? w->eligible : NULL;
    for (size_t i = 0; i < w->decider.threshold_count; i++) {
        w->thresholds[i] = some_threshold(w, i, special);
    }
}

/* Decides copies of the scores by one variant; `shift` numbers lie before the first choice. */
static void compare(const tgr_kernels *kernels, const world *w, const int16_t *expected,
                    size_t shift)
{
    size_t models = w->decider.models, stride = tgr_weights_stride(models);
    size_t count = w->decider.threshold_count;
    float bias[MODELS] = {0}, *scores = aligned_alloc(64, ROWS * stride * sizeof(float));
    size_t bytes = (ROWS * STEPS + 64) * sizeof(int16_t);
    int16_t *room = aligned_alloc(64, (bytes + 63) / 64 * 64);
    void *scratch = aligned_alloc(64, (tgr_kernels_scratch(models) + 63) / 64 * 64);
    for (size_t i = 0; i < ROWS * stride; i++) {
        size_t model = i % stride;
        scores[i] = model < models ? w->scores[i / stride * models + model] : NAN;
    }
    memset(room, 0x55, bytes);
    tgr_weights weights = {models, stride, NULL, bias};
    tgr_choice choice = {room + shift, NULL};
    kernels->decide(&weights, &w->decider, scores, 0, ROWS, scratch, &choice);
    for (size_t i = 0; i < ROWS * count; i++) {
        if (choice.model[i] != expected[i]) {
            print_message("%s, rule %d, %zu models, row %zu, threshold %.17g%s%s\n", kernels->isa,
                          (int)w->decider.rule, models, i / count, w->thresholds[i % count],
                          w->decider.eligible ? ", masked" : "",
                          w->decider.price_in ? ", tokens" : "");
        }
        assert_int_equal(choice.model[i], expected[i]);
    }
    assert_int_equal(choice.model[ROWS * count], 0x5555);
    free(scores);
    free(room);
    free(scratch);
}

static void hostile_thresholds_are_decided_as_by_the_reference(void **state)
{
    (void)state;
    static const size_t models[] = {1, 2, 3, 4, 5, 6, 7, 8, 11, 17, 48, 49, 60};
    world *w = malloc(sizeof *w);
    int16_t *expected = malloc(ROWS * STEPS * sizeof *expected);
    for (unsigned number = 0; number < SHAPES; number++) {
        size_t k = models[number % (sizeof models / sizeof models[0])];
        world_fill(w, k, (tgr_rule)(number / 2 % 3));
        tgr_choice choice = {expected, NULL};
        tgr_ref_decide(&w->decider, w->scores, k, 0, ROWS, &choice);
        const tgr_kernels *kernels;
        bool runs_here;
        for (unsigned i = 0; (kernels = tgr_kernels_built(i, &runs_here)) != NULL; i++) {
            if (runs_here) {
                compare(kernels, w, expected, below(2) * below(32));
            }
        }
    }
    free(w);
    free(expected);
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_thresholds_are_decided_as_by_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
