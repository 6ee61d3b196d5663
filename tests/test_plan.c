/* test_plan.c - what the planner chooses, what it says of it, and that no choice changes a result.
 */
#include "tests/cmocka_all.h"

#include <stdio.h>

#include "engine/base/memory.h"
#include "engine/plan.h"
#include "kernels/dispatch.h"
#include "tests/dense_problem.h"

#define COLUMNS 70
#define MODELS  5

static bool runs(const char *isa)
{
    const tgr_kernels *kernels;
    return tgr_kernels_by_name(isa, &kernels) == TGR_DISPATCH_OK;
}

/* Sets TAGROUTE_ISA; false where that variant does not run here. */
static bool ask_for(const char *isa)
{
    setenv("TAGROUTE_ISA", isa, 1);
    return runs(isa);
}

static tgr_plan_work work_of(const problem *p)
{
    const int64_t *indptr = p->x.indptr;
    return (tgr_plan_work){
        .rows = p->shape.rows,
        .nonzeros = (uint64_t)indptr[p->shape.rows],
        .columns = p->shape.columns,
        .models = p->shape.models,
        .value_type = p->shape.type,
    };
}

static void make_or_fail(tgr_plan *plan, const tgr_plan_work *work, const tgr_weights *w)
{
    tgr_error error;
    if (tgr_plan_make(plan, work, w, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
}

static void open_or_fail(tgr_plan *plan)
{
    tgr_error error;
    if (tgr_plan_open(plan, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
}

static const char *explain(const tgr_plan *plan)
{
    static char text[512];
    tgr_plan_explain(plan, text, sizeof text);
    return text;
}

static void says(const tgr_plan *plan, const char *words)
{
    const char *text = explain(plan);
    if (strstr(text, words) == NULL) {
        fail_msg("\"%s\" says nothing of \"%s\"", text, words);
    }
}

/* Routes everything the planned way and compares with the reference. */
static void routes_as_the_reference(const tgr_plan *plan, const problem *p)
{
    size_t rows = p->shape.rows, stride = p->w.stride;
    const double threshold = 0;
    const tgr_decider decider = {.rule = TGR_RULE_MARGIN,
                                 .models = p->shape.models,
                                 .reference = p->shape.models - 1,
                                 .thresholds = &threshold,
                                 .threshold_count = 1,
                                 .mask_words = (p->shape.models + 63) / 64};
    float *scores = malloc(rows * stride * sizeof *scores);
    int16_t *model = calloc(rows, 2), *got_model = calloc(rows, 2);
    float *margin = calloc(rows, 4), *got_margin = calloc(rows, 4);
    void *scratch = tgr_mem_aligned(1, plan->scratch_bytes);
    tgr_ref_score(&p->x, &p->w, 0, rows, scores, stride);
    tgr_ref_decide(&decider, scores, stride, 0, rows, &(tgr_choice){model, margin});
    tgr_plan_route(plan, &p->x, &decider, 0, rows, scratch, &(tgr_choice){got_model, got_margin});
    assert_memory_equal(got_model, model, rows * 2);
    for (size_t row = 0; row < rows; row++) {
        assert_true(same_float(got_margin[row], margin[row]));
    }
    tgr_mem_free_aligned(scratch);
    free(scores), free(model), free(margin), free(got_model), free(got_margin);
}

static void whole_rows_are_dense(void **state)
{
    (void)state;
    static const char *const isas[] = {"avx2", "avx512"};
    for (size_t i = 0; i < 2; i++) {
        tgr_plan plan;
        tgr_multiply multiply;
        if (!ask_for(isas[i]) || !tgr_multiply_open(&multiply, isas[i], 8, TGR_DENSE_ROWS, 8)) {
            continue;
        }
        tgr_multiply_close(&multiply);
        for (int type = 0; type < 3; type++) {
            shape s = {.rows = 1500,
                       .columns = COLUMNS,
                       .models = MODELS,
                       .type = (tgr_value_type)type,
                       .density = 1,
                       .narrow = type == 1};
            problem p;
            problem_new(&p, &s);
            tgr_plan_work work = work_of(&p);
            open_or_fail(&plan);
            make_or_fail(&plan, &work, &p.w);
            assert_int_equal(plan.reason, TGR_PLAN_DENSE);
            assert_string_equal(plan.kernels->isa, isas[i]);
            assert_int_equal(plan.piece_entries % (TGR_DENSE_ROWS * COLUMNS), 0);
            says(&plan, isas[i]);
            says(&plan, ", dense: queries hold 100 % of 70 tags");
            routes_as_the_reference(&plan, &p);
            tgr_plan_close(&plan);
            problem_free(&p);
        }
    }
    unsetenv("TAGROUTE_ISA");
}

static void sparse_rows_are_sparse(void **state)
{
    (void)state;
    shape s = {.rows = 1500, .columns = COLUMNS, .models = MODELS, .type = TGR_U8, .density = 0.1};
    problem p;
    problem_new(&p, &s);
    tgr_plan_work work = work_of(&p);
    tgr_plan plan;
    open_or_fail(&plan);
    make_or_fail(&plan, &work, &p.w);
    assert_int_equal(plan.reason, TGR_PLAN_SPARSE_ROWS);
    says(&plan, ", sparse: ");
    says(&plan, "Weights for 5 models take 2 KiB");
    routes_as_the_reference(&plan, &p);
    tgr_plan_close(&plan);
    problem_free(&p);
}

/* A variant that has no generated code routes whole rows too. */
static void scalar_is_scalar(void **state)
{
    (void)state;
    shape s = {.rows = 1500, .columns = COLUMNS, .models = MODELS, .type = TGR_F32, .density = 1};
    problem p;
    problem_new(&p, &s);
    tgr_plan_work work = work_of(&p);
    tgr_plan plan;
    assert_true(ask_for("scalar"));
    open_or_fail(&plan);
    make_or_fail(&plan, &work, &p.w);
    assert_int_equal(plan.reason, TGR_PLAN_SPARSE_ROWS);
    says(&plan, "scalar, sparse: ");
    says(&plan, "scalar has no dense kernels");
    routes_as_the_reference(&plan, &p);
    tgr_plan_close(&plan);
    problem_free(&p);
    tgr_error error;
    setenv("TAGROUTE_ISA", "sse9", 1);
    assert_int_equal(tgr_plan_open(&plan, &error), TGR_ERR_ARGUMENT);
    tgr_plan_close(&plan);
    unsetenv("TAGROUTE_ISA");
}

/* ---- generators that fail -------------------------------------------------------------------- */

static int generated;

static void do_nothing(const float *weights, const float *x, float *scores)
{
    (void)weights, (void)x, (void)scores;
}

static bool generate_wrong_code(tgr_multiply *multiply, const char *isa, size_t stride, size_t rows,
                                size_t columns)
{
    (void)isa, (void)stride, (void)rows, (void)columns;
    *multiply = (tgr_multiply){.run = do_nothing};
    generated++;
    return true;
}

static bool generate_none(tgr_multiply *multiply, const char *isa, size_t stride, size_t rows,
                          size_t columns)
{
    (void)isa, (void)stride, (void)rows, (void)columns;
    *multiply = (tgr_multiply){0};
    return false;
}

static void failing_generators_fall_back(void **state)
{
    (void)state;
    shape s = {.rows = 1500, .columns = COLUMNS, .models = MODELS, .type = TGR_F32, .density = 1};
    problem p;
    problem_new(&p, &s);
    tgr_plan_work work = work_of(&p);
    tgr_plan plan;
    if (ask_for("avx2")) {
        open_or_fail(&plan);
        plan.generate = generate_wrong_code;
        make_or_fail(&plan, &work, &p.w);
        assert_int_equal(plan.reason, TGR_PLAN_CHECK_FAILED);
        assert_int_equal(generated, 1);
        says(&plan, ", sparse: ");
        says(&plan, "failed its check");
        routes_as_the_reference(&plan, &p);
        plan.generate = generate_none;
        make_or_fail(&plan, &work, &p.w);
        assert_int_equal(plan.reason, TGR_PLAN_NO_GENERATOR);
        says(&plan, ", sparse: ");
        says(&plan, "no kernel could be generated");
        routes_as_the_reference(&plan, &p);
        tgr_plan_close(&plan);
    }
    unsetenv("TAGROUTE_ISA");
    problem_free(&p);
}

/* ---- what else speaks against dense ---------------------------------------------------------- */

static void dense_has_to_pay(void **state)
{
    (void)state;
    shape s = {.rows = 900, .columns = COLUMNS, .models = MODELS, .type = TGR_U16, .density = 1};
    problem p;
    problem_new(&p, &s);
    tgr_plan_work work = work_of(&p);
    tgr_plan plan;
    if (ask_for("avx2")) {
        open_or_fail(&plan);
        make_or_fail(&plan, &work, &p.w);
        assert_int_equal(plan.reason, TGR_PLAN_FEW_ROWS);
        says(&plan, "too few rows");
        routes_as_the_reference(&plan, &p);
        work.rows *= 10;
        work.nonzeros *= 10;
        plan.caches = (tgr_plan_caches){1024, 2048, 4096};
        make_or_fail(&plan, &work, &p.w);
        assert_int_equal(plan.reason, TGR_PLAN_WIDE_TILE);
        says(&plan, "would not fit");
        says(&plan, "fit the last-level cache only");
        plan.caches.last = 2048;
        says(&plan, "exceed every cache");
        work.value_type = TGR_F32; /* multiplied where they lie */
        make_or_fail(&plan, &work, &p.w);
        assert_true(plan.reason == TGR_PLAN_DENSE || plan.reason == TGR_PLAN_NO_GENERATOR);
        tgr_plan_close(&plan);
    }
    unsetenv("TAGROUTE_ISA");
    problem_free(&p);
}

/* From file to file: dense, sparse, nothing at all, dense again. */
static void plans_are_made_again(void **state)
{
    (void)state;
    tgr_plan plan;
    open_or_fail(&plan);
    assert_true(plan.caches.first >= 1024 && plan.caches.second >= plan.caches.first);
    for (unsigned i = 0; i < 12; i++) {
        shape s = {.rows = i % 4 == 2 ? 1 : 1100 + below(300),
                   .columns = 1 + below(150),
                   .models = 1 + below(20),
                   .type = (tgr_value_type)below(3),
                   .density = i % 4 == 2   ? 0
                              : i % 2 == 0 ? 1
                                           : 0.9,
                   .mixed = i % 3 == 0,
                   .ties = true};
        problem p;
        problem_new(&p, &s);
        tgr_plan_work work = work_of(&p);
        make_or_fail(&plan, &work, &p.w);
        routes_as_the_reference(&plan, &p);
        problem_free(&p);
    }
    const tgr_plan_work nothing = {.models = 3};
    const tgr_weights none = {.models = 3, .stride = 4};
    make_or_fail(&plan, &nothing, &none);
    assert_int_equal(plan.reason, TGR_PLAN_SPARSE_ROWS);
    explain(&plan);
    tgr_plan_close(&plan);
    tgr_plan_close(&plan);
}

static void short_buffers_are_honoured(void **state)
{
    (void)state;
    char text[16];
    tgr_plan plan;
    open_or_fail(&plan);
    const tgr_plan_work work = {.rows = 10, .nonzeros = 5, .columns = 4, .models = 2};
    const tgr_weights w = {.models = 2, .stride = 4};
    make_or_fail(&plan, &work, &w);
    memset(text, 'x', sizeof text);
    tgr_plan_explain(&plan, text, 8);
    assert_int_equal(strlen(text), 7);
    assert_int_equal(text[8], 'x');
    tgr_plan_close(&plan);
}

static void short_memory_is_an_error(void **state)
{
    (void)state;
    shape s = {.rows = 1500, .columns = COLUMNS, .models = MODELS, .type = TGR_F32, .density = 1};
    problem p;
    problem_new(&p, &s);
    tgr_plan_work work = work_of(&p);
    tgr_plan plan;
    if (ask_for("avx2")) {
        long live = tgr_mem_live();
        tgr_error error = {0};
        open_or_fail(&plan);
        plan.generate = generate_wrong_code;
        tgr_mem_fail_after(0);
        assert_int_equal(tgr_plan_make(&plan, &work, &p.w, &error), TGR_ERR_NOMEM);
        tgr_mem_fail_after(-1);
        assert_true(strlen(error.message) > 0);
        tgr_plan_close(&plan);
        assert_int_equal(tgr_mem_live(), live);
    }
    unsetenv("TAGROUTE_ISA");
    problem_free(&p);
}

int main(void)
{
    print_message("seed %u\n", DENSE_SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_rows_are_dense),
        cmocka_unit_test(sparse_rows_are_sparse),
        cmocka_unit_test(scalar_is_scalar),
        cmocka_unit_test(failing_generators_fall_back),
        cmocka_unit_test(dense_has_to_pay),
        cmocka_unit_test(plans_are_made_again),
        cmocka_unit_test(short_buffers_are_honoured),
        cmocka_unit_test(short_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
