/* test_kernels_dense.c - the dense way gives the reference's bits, and notices code that would not.
 */
#include "tests/cmocka_all.h"

#include "kernels/dispatch.h"
#include "kernels/xsmm/dense.h"
#include "tests/dense_problem.h"

#define SHAPES 128

/* Kernels that keep the scores that the dense way hands to `decide`; the rows that it hands to
 * `route` are filled in from the reference. */
static struct kept {
    const float *expected; /* rows x stride: the reference's scores */
    float *scores;         /* likewise: those met */
    size_t dense_rows, sparse_rows;
} kept;

static void keep_decide(const tgr_weights *w, const tgr_decider *decider, float *scores,
                        size_t begin, size_t end, void *scratch, const tgr_choice *choice)
{
    (void)decider, (void)scratch, (void)choice;
    memcpy(kept.scores + begin * w->stride, scores, (end - begin) * w->stride * sizeof *scores);
    kept.dense_rows += end - begin;
}

static void keep_route(const tgr_csr *x, const tgr_weights *w, const tgr_decider *decider,
                       size_t begin, size_t end, void *scratch, const tgr_choice *choice)
{
    (void)x, (void)decider, (void)scratch, (void)choice;
    size_t first = begin * w->stride, last = end * w->stride;
    memcpy(kept.scores + first, kept.expected + first, (last - first) * sizeof *kept.scores);
    kept.sparse_rows += end - begin;
}

static const tgr_kernels keeping = {.isa = "test", .route = keep_route, .decide = keep_decide};

static void compare_scores(const problem *p, const float *expected, tgr_multiply_function *multiply,
                           double least_density, size_t begin, size_t end)
{
    size_t rows = p->shape.rows, stride = p->w.stride, models = p->shape.models;
    size_t bytes = tgr_dense_scratch(p->shape.columns, models);
    float *got = malloc((rows * stride + 1) * sizeof *got);
    memset(got, 0x7f, (rows * stride + 1) * sizeof *got);
    guarded scratch = guarded_new(bytes, 64);
    memset(scratch.bytes, 0xff, bytes); /* all NaN */
    tgr_dense dense;
    tgr_dense_open(&dense, multiply, &keeping, &p->w, p->shape.columns, least_density);
    kept = (struct kept){.expected = expected, .scores = got};
    tgr_dense_route(&dense, &p->x, NULL, begin, end, scratch.bytes, NULL);
    assert_int_equal(kept.dense_rows + kept.sparse_rows, end - begin);
    size_t different = 0;
    for (size_t row = begin; row < end; row++) {
        for (size_t i = row * stride; i < row * stride + models; i++) {
            different += !same_float(got[i], expected[i]);
        }
    }
    assert_int_equal(different, 0);
    guarded_free(&scratch);
    free(got);
}

/* The scores alone, with tiles that are too empty left to a real variant. */
static void compare_scores_alone(const problem *p, const float *expected,
                                 const tgr_kernels *kernels, tgr_multiply_function *multiply,
                                 double least_density, size_t begin, size_t end)
{
    size_t stride = p->w.stride, models = p->shape.models, different = 0;
    size_t bytes = tgr_dense_scratch(p->shape.columns, models);
    guarded got = guarded_new((end - begin) * stride * sizeof(float), 64);
    guarded scratch = guarded_new(bytes, 64);
    memset(scratch.bytes, 0xff, bytes);
    float *scores = (float *)(void *)got.bytes;
    tgr_dense dense;
    tgr_dense_open(&dense, multiply, kernels, &p->w, p->shape.columns, least_density);
    tgr_dense_score(&dense, &p->x, begin, end, scratch.bytes, scores);
    for (size_t row = begin; row < end; row++) {
        for (size_t model = 0; model < models; model++) {
            different +=
                !same_float(scores[(row - begin) * stride + model], expected[row * stride + model]);
        }
    }
    assert_int_equal(different, 0);
    guarded_free(&scratch);
    guarded_free(&got);
}

static float *expected_scores(const problem *p)
{
    float *scores = malloc((p->shape.rows * p->w.stride + 1) * sizeof *scores);
    tgr_ref_score(&p->x, &p->w, 0, p->shape.rows, scores, p->w.stride);
    return scores;
}

static shape some_shape(unsigned number)
{
    static const double densities[] = {0, 0.02, 0.3, 0.7, 0.95, 0.997, 1, 1};
    shape s = {
        .rows = below(4) == 0 ? below(3) * 64 : below(201),
        .columns = 1 + below(below(2) ? 600 : 40),
        .models = 1 + number % 64,
        .type = below(2) ? TGR_F32 : (tgr_value_type)below(3),
        .density = densities[below(sizeof densities / sizeof densities[0])],
        .mixed = below(3) == 0,
        .narrow = below(2) == 0,
        .ties = below(3) == 0,
        .tiny = below(4) > 0 ? 0
                : below(2)   ? 3
                             : 8,
    };
    if (s.columns * s.models > 4000 && s.rows > 70) { /* the reference takes its time */
        s.rows = 64 + below(7);
    }
    return s;
}

static void scores_are_the_reference_bits(void **state)
{
    (void)state;
    static const double least[] = {0, 0, 0.5, 0.9};
    size_t generated = 0;
    for (unsigned number = 0; number < SHAPES; number++) {
        shape s = some_shape(number);
        problem p;
        problem_new(&p, &s);
        float *expected = expected_scores(&p);
        bool runs_here;
        const tgr_kernels *kernels;
        for (unsigned i = 0; (kernels = tgr_kernels_built(i, &runs_here)) != NULL; i++) {
            tgr_multiply multiply;
            if (!runs_here || !tgr_multiply_open(&multiply, kernels->isa, p.w.stride,
                                                 TGR_DENSE_ROWS, s.columns)) {
                continue;
            }
            generated++;
            compare_scores(&p, expected, multiply.run, least[below(4)], 0, s.rows);
            size_t begin = below(s.rows + 1);
            compare_scores(&p, expected, multiply.run, least[below(4)], begin,
                           begin + below(s.rows - begin + 1));
            compare_scores_alone(&p, expected, kernels, multiply.run, least[below(4)], begin,
                                 begin + below(s.rows - begin + 1));
            tgr_multiply_close(&multiply);
        }
        free(expected);
        problem_free(&p);
    }
    print_message("%zu multiplications generated\n", generated);
}

/* From its density on a tile is multiplied, below it is not. */
static void tiles_are_chosen_by_density(void **state)
{
    (void)state;
    shape s = {.rows = 200, .columns = 50, .models = 5, .type = TGR_U8, .density = 0.5};
    problem p;
    problem_new(&p, &s);
    float *expected = expected_scores(&p);
    tgr_multiply multiply;
    if (tgr_multiply_open(&multiply, "avx2", p.w.stride, TGR_DENSE_ROWS, s.columns)) {
        const tgr_kernels *kernels;
        if (tgr_kernels_by_name("avx2", &kernels) == TGR_DISPATCH_OK) {
            compare_scores(&p, expected, multiply.run, 0.3, 0, s.rows);
            assert_int_equal(kept.sparse_rows, 200 % 64); /* half a tile is too little */
            compare_scores(&p, expected, multiply.run, 0.9, 0, s.rows);
            assert_int_equal(kept.dense_rows, 0);
        }
        tgr_multiply_close(&multiply);
    }
    free(expected);
    problem_free(&p);
}

/* Every variant's `decide` on scores of all kinds, against the reference. */
static void decisions_from_scores(const tgr_kernels *kernels, size_t rows, size_t models, int rule)
{
    size_t stride = tgr_weights_stride(models), count = 1 + below(3), places = rows * count;
    guarded scores = guarded_new(rows * stride * sizeof(float), 64);
    guarded scratch = guarded_new(tgr_kernels_scratch(models), 64);
    guarded bias = guarded_new(models * sizeof(float), 4);
    guarded masks = guarded_new(rows * ((models + 63) / 64) * sizeof(uint64_t), 8);
    float *numbers = scores.bytes;
    uint64_t *words = masks.bytes;
    for (size_t i = 0; i < rows * stride; i++) {
        static const float odd[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f};
        numbers[i] = below(9) == 0 ? odd[below(5)] : (float)((int)below(7) - 3) / 2;
    }
    for (size_t i = 0; i < rows * ((models + 63) / 64); i++) {
        words[i] = below(5) == 0 ? 0 : next_random();
    }
    double thresholds[3] = {0, 0.5, 1}, flat[TGR_MODELS_MAX];
    for (size_t model = 0; model < models; model++) {
        flat[model] = (double)below(3);
    }
    const tgr_decider decider = {.rule = (tgr_rule)rule,
                                 .models = models,
                                 .reference = below(models),
                                 .thresholds = thresholds,
                                 .threshold_count = count,
                                 .flat = flat,
                                 .eligible = below(2) ? words : NULL,
                                 .mask_words = (models + 63) / 64};
    int16_t *model = calloc(places + 1, 2), *got_model = calloc(places + 1, 2);
    float *margin = calloc(places + 1, 4), *got_margin = calloc(places + 1, 4);
    tgr_ref_decide(&decider, numbers, stride, 0, rows, &(tgr_choice){model, margin});
    const tgr_weights w = {.models = models, .stride = stride, .bias = bias.bytes};
    kernels->decide(&w, &decider, numbers, 0, rows, scratch.bytes,
                    &(tgr_choice){got_model, got_margin});
    for (size_t i = 0; i < places; i++) {
        assert_int_equal(got_model[i], model[i]);
        assert_true(same_float(got_margin[i], margin[i]));
    }
    free(model), free(got_model), free(margin), free(got_margin);
    guarded_free(&scores), guarded_free(&scratch), guarded_free(&bias), guarded_free(&masks);
}

static void given_scores_are_decided(void **state)
{
    (void)state;
    static const size_t models[] = {1, 2, 4, 5, 8, 9, 16, 33, 64, 70};
    bool runs_here;
    const tgr_kernels *kernels;
    for (unsigned i = 0; (kernels = tgr_kernels_built(i, &runs_here)) != NULL; i++) {
        for (size_t number = 0; runs_here && number < 120; number++) {
            decisions_from_scores(kernels, below(70), models[number % 10], (int)(number % 3));
        }
    }
}

/* ---- code that does what it should not ------------------------------------------------------- */

static size_t check_columns, check_stride;

static void multiply_in_order(const float *weights, const float *x, float *scores)
{
    for (size_t row = 0; row < TGR_DENSE_ROWS; row++) {
        for (size_t i = 0; i < check_columns * check_stride; i++) {
            size_t column = i / check_stride, model = i % check_stride;
            float *sum = &scores[row * check_stride + model];
            *sum = fmaf(x[row * check_columns + column], weights[i], *sum);
        }
    }
}

static void multiply_backwards(const float *weights, const float *x, float *scores)
{
    for (size_t row = 0; row < TGR_DENSE_ROWS; row++) {
        for (size_t i = check_columns * check_stride; i-- > 0;) {
            size_t column = i / check_stride, model = i % check_stride;
            float *sum = &scores[row * check_stride + model];
            *sum = fmaf(x[row * check_columns + column], weights[i], *sum);
        }
    }
}

static void multiply_unfused(const float *weights, const float *x, float *scores)
{
    for (size_t row = 0; row < TGR_DENSE_ROWS; row++) {
        for (size_t i = 0; i < check_columns * check_stride; i++) {
            size_t column = i / check_stride, model = i % check_stride;
            float product = x[row * check_columns + column] * weights[i];
            scores[row * check_stride + model] += product;
        }
    }
}

static void multiply_all_but_the_last(const float *weights, const float *x, float *scores)
{
    float last = scores[TGR_DENSE_ROWS * check_stride - 1];
    multiply_in_order(weights, x, scores);
    scores[TGR_DENSE_ROWS * check_stride - 1] = last;
}

static void the_check_notices(void **state)
{
    (void)state;
    static const size_t columns[] = {8, 57, 130}, models[] = {1, 5, 16, 40};
    const tgr_kernels *kernels;
    bool able = tgr_kernels_by_name("avx2", &kernels) == TGR_DISPATCH_OK;
    for (size_t i = 0; i < 12; i++) {
        check_columns = columns[i % 3];
        check_stride = tgr_weights_stride(models[i / 3]);
        guarded scratch = guarded_new(tgr_dense_check_scratch(columns[i % 3], models[i / 3]), 64);
        static tgr_multiply_function *const wrong[] = {NULL, multiply_backwards, multiply_unfused,
                                                       multiply_all_but_the_last};
        for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
            assert_false(tgr_dense_check(wrong[j], columns[i % 3], models[i / 3], scratch.bytes));
        }
        assert_int_equal(
            tgr_dense_check(multiply_in_order, columns[i % 3], models[i / 3], scratch.bytes), able);
        guarded_free(&scratch);
    }
}

static void odd_sizes_are_refused(void **state)
{
    (void)state;
    tgr_multiply multiply;
    assert_false(tgr_multiply_open(&multiply, "scalar", 8, TGR_DENSE_ROWS, 10));
    assert_false(tgr_multiply_open(&multiply, "neon", 8, TGR_DENSE_ROWS, 10));
    assert_false(tgr_multiply_open(&multiply, "avx2", 0, TGR_DENSE_ROWS, 10));
    assert_false(tgr_multiply_open(&multiply, "avx2", 8, TGR_DENSE_ROWS, 0));
    assert_false(tgr_multiply_open(&multiply, "avx2", 8, TGR_DENSE_ROWS, (size_t)1 << 40));
    assert_false(tgr_multiply_open(&multiply, "avx2", (size_t)1 << 62, 1, 16));
    assert_null(multiply.pages);
    tgr_multiply_close(&multiply);
}

int main(void)
{
    print_message("seed %u\n", DENSE_SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_the_reference_bits),
        cmocka_unit_test(tiles_are_chosen_by_density),
        cmocka_unit_test(given_scores_are_decided),
        cmocka_unit_test(the_check_notices),
        cmocka_unit_test(odd_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
