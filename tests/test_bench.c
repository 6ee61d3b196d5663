/* test_bench.c - the bench's own kernels decide as the reference does, and its checks catch those
 * that do not. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/entry.h"
#include "bench/limits.h"
#include "bench/plain.h"
#include "bench/reference.h"
#include "bench/statistics.h"
#include "engine/base/memory.h"
#include "kernels/dispatch.h"

#define SEED   7331u
#define SHAPES 120

static uint64_t random_state = SEED;

static uint64_t next_random(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(size_t limit)
{
    return (size_t)(next_random() % limit);
}

static bool runs_here(const char *isa)
{
    const tgr_kernels *kernels;
    return tgr_kernels_by_name(isa, &kernels) == TGR_DISPATCH_OK;
}

/* ---- limits and loops -------------------------------------------------------------------------*/

/* Rows all of one length. */
typedef struct fixed_rows {
    size_t rows, columns, length;
    int64_t *indptr;
    uint32_t *indices;
    uint16_t *narrow;
    void *values;
    tgr_csr x;
    tgr_weights w;
    float *weights, *plain_weights, *bias;
} fixed_rows;

static void fill_values(fixed_rows *fixed, size_t entries)
{
    static const size_t sizes[] = {1, 2, 4};
    fixed->x.value_type = (tgr_value_type)below(3);
    fixed->values = tgr_mem_alloc(entries, sizes[fixed->x.value_type]);
    for (size_t i = 0; i < entries; i++) {
        switch (fixed->x.value_type) {
        case TGR_U8:
            ((uint8_t *)fixed->values)[i] = (uint8_t)below(256);
            break;
        case TGR_U16:
            ((uint16_t *)fixed->values)[i] = (uint16_t)below(65536);
            break;
        case TGR_F32:
            ((float *)fixed->values)[i] = (float)below(2001) / 1000.0F - 1;
        }
    }
}

/* Few distinct weights, so that there are ties. */
static float some_weight(void)
{
    return (float)(int)(below(17) - 8) / 4.0F;
}

static void fixed_open(fixed_rows *fixed, size_t models, size_t length)
{
    *fixed = (fixed_rows){.rows = 1 + below(150), .columns = 1 + below(300), .length = length};
    size_t entries = fixed->rows * length, stride = tgr_weights_stride(models);
    fixed->indptr = tgr_mem_alloc(fixed->rows + 1, sizeof *fixed->indptr);
    fixed->indices = tgr_mem_alloc(entries, sizeof *fixed->indices);
    fixed->narrow = tgr_mem_alloc(entries, sizeof *fixed->narrow);
    for (size_t i = 0; i <= fixed->rows; i++) {
        fixed->indptr[i] = (int64_t)(i * length);
    }
    for (size_t i = 0; i < entries; i++) {
        fixed->indices[i] = (uint32_t)below(fixed->columns);
        fixed->narrow[i] = (uint16_t)fixed->indices[i];
    }
    fill_values(fixed, entries);
    fixed->weights = tgr_mem_aligned(fixed->columns, stride * sizeof(float));
    fixed->plain_weights = tgr_mem_alloc(fixed->columns, models * sizeof(float));
    fixed->bias = tgr_mem_aligned(stride, sizeof(float));
    memset(fixed->weights, 0, fixed->columns * stride * sizeof(float));
    memset(fixed->bias, 0, stride * sizeof(float));
    for (size_t i = 0; i < fixed->columns * models; i++) {
        float weight = some_weight();
        fixed->weights[i / models * stride + i % models] = weight;
        fixed->plain_weights[i] = weight;
    }
    for (size_t k = 0; k < models; k++) {
        fixed->bias[k] = some_weight();
    }
    fixed->w = (tgr_weights){models, stride, fixed->weights, fixed->bias};
    fixed->x.rows = fixed->rows;
    fixed->x.indptr = fixed->indptr;
    fixed->x.indices = fixed->indices;
    fixed->x.values = fixed->values;
    fixed->x.narrow = below(2) == 0 ? fixed->narrow : NULL;
}

static void fixed_close(fixed_rows *fixed)
{
    tgr_mem_free(fixed->indptr);
    tgr_mem_free(fixed->indices);
    tgr_mem_free(fixed->narrow);
    tgr_mem_free(fixed->values);
    tgr_mem_free(fixed->plain_weights);
    tgr_mem_free_aligned(fixed->weights);
    tgr_mem_free_aligned(fixed->bias);
}

static uint32_t bits_of_scores(const fixed_rows *fixed, size_t begin, size_t end)
{
    float scores[TGR_MODELS_MAX];
    uint32_t all = 0;
    for (size_t row = begin; row < end; row++) {
        tgr_ref_score(&fixed->x, &fixed->w, row, row + 1, scores, fixed->w.models);
        for (size_t k = 0; k < fixed->w.models; k++) {
            uint32_t bits;
            memcpy(&bits, &scores[k], sizeof bits);
            all ^= bits;
        }
    }
    return all;
}

static void decide_by_reference(const fixed_rows *fixed, int reference, float threshold,
                                int16_t *model)
{
    double exact = reference < 0 ? 0 : threshold; /* argmax is utility at no price */
    tgr_decider decider = {.rule = reference < 0 ? TGR_RULE_UTILITY : TGR_RULE_MARGIN,
                           .models = fixed->w.models,
                           .reference = reference < 0 ? 0 : (size_t)reference,
                           .thresholds = &exact,
                           .threshold_count = 1};
    float *scores = tgr_mem_alloc(fixed->rows, fixed->w.models * sizeof *scores);
    tgr_choice choice = {.model = model};
    tgr_ref_score(&fixed->x, &fixed->w, 0, fixed->rows, scores, fixed->w.models);
    tgr_ref_decide(&decider, scores, fixed->w.models, 0, fixed->rows, &choice);
    tgr_mem_free(scores);
}

/* The limits over some of the rows; the others' decisions stay as they were. */
static void check_limits(const fixed_rows *fixed, const char *isa, int reference, float threshold,
                         const int16_t *expected)
{
    const tgr_limits *limits = tgr_limits_of(isa);
    assert_string_equal(limits->isa, isa);
    int16_t *model = tgr_mem_alloc(fixed->rows, sizeof *model);
    memset(model, 0x55, fixed->rows * sizeof *model);
    size_t begin = below(fixed->rows), end = begin + below(fixed->rows - begin + 1);
    tgr_limit_job job = {.x = &fixed->x,
                         .w = &fixed->w,
                         .length = fixed->length,
                         .reference = reference,
                         .threshold = threshold,
                         .model = model};
    assert_int_equal(limits->touch(&job, begin, end), bits_of_scores(fixed, begin, end));
    limits->ceiling(&job, begin, end);
    for (size_t row = 0; row < fixed->rows; row++) {
        bool inside = row >= begin && row < end;
        assert_int_equal(model[row], inside ? expected[row] : 0x5555);
    }
    tgr_mem_free(model);
}

static void check_loops(const fixed_rows *fixed, const char *isa, int reference, float threshold,
                        const int16_t *expected)
{
    const tgr_plain *plain = tgr_plain_of(isa);
    assert_string_equal(plain->isa, isa);
    for (int padded = 0; padded < 2; padded++) {
        int16_t *model = tgr_mem_alloc(fixed->rows, sizeof *model);
        tgr_plain_job job = {.indptr = fixed->indptr,
                             .indices = fixed->indices,
                             .values = fixed->values,
                             .value_type = fixed->x.value_type,
                             .models = fixed->w.models,
                             .stride = padded ? fixed->w.stride : fixed->w.models,
                             .weights = padded ? fixed->weights : fixed->plain_weights,
                             .bias = fixed->bias,
                             .reference = reference,
                             .threshold = threshold,
                             .model = model};
        (padded ? plain->vectorised : plain->plain)(&job, 0, fixed->rows);
        assert_memory_equal(model, expected, fixed->rows * sizeof *model);
        tgr_mem_free(model);
    }
}

static void limits_and_loops_equal_the_reference(void **state)
{
    (void)state;
    static const char *const names[] = {"scalar", "avx2", "avx512"};
    static const size_t widths[] = {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 32, 33, 64, 65, 100, 200};
    for (size_t shape = 0; shape < SHAPES; shape++) {
        size_t models = widths[below(sizeof widths / sizeof *widths)];
        size_t length = shape % 8 == 0 ? 1 + below(TGR_LIMIT_LENGTH) : 1 + shape % 12;
        int reference = below(2) == 0 ? -1 : (int)below(models);
        float threshold = some_weight();
        fixed_rows fixed;
        fixed_open(&fixed, models, length);
        int16_t *expected = tgr_mem_alloc(fixed.rows, sizeof *expected);
        decide_by_reference(&fixed, reference, threshold, expected);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            if (runs_here(names[i])) {
                check_limits(&fixed, names[i], reference, threshold, expected);
                check_loops(&fixed, names[i], reference, threshold, expected);
            }
        }
        tgr_mem_free(expected);
        fixed_close(&fixed);
    }
}

static void limits_read_every_word(void **state)
{
    (void)state;
    enum { WORDS = 4096 };
    static uint64_t words[WORDS];
    uint64_t expected = 0;
    for (size_t i = 0; i < WORDS; i++) {
        words[i] = next_random();
        expected ^= words[i];
    }
    static const char *const names[] = {"scalar", "avx2", "avx512"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (runs_here(names[i])) {
            assert_true(tgr_limits_of(names[i])->read(words, WORDS) == expected);
        }
    }
}

/* ---- runs -------------------------------------------------------------------------------------*/

static void open_run(tgr_bench_run *run, const char *preset, const int *threads, size_t count)
{
    *run = (tgr_bench_run){.threads = threads,
                           .thread_count = count,
                           .only = "route",
                           .warmup = 1,
                           .repeats = 1,
                           .budget = 1};
    tgr_bench_options options;
    tgr_bench_options_init(&options);
    options.queries = 3000;
    options.tags = 200;
    run->shape = *tgr_bench_shape_of(preset, 0);
    assert_int_equal(tgr_bench_shape_set(&run->shape, &options, NULL), TGR_OK);
    assert_int_equal(tgr_team_open(&run->team, threads[count - 1], NULL), TGR_OK);
    assert_int_equal(tgr_bench_plan_make(run, NULL), TGR_OK);
    tgr_bench_needs needs = tgr_bench_plan_needs(run);
    assert_int_equal(tgr_bench_data_make(&run->data, &run->shape, &needs, &run->team, NULL),
                     TGR_OK);
    for (size_t i = 0; i < run->question_count; i++) {
        for (size_t j = 0; j < run->questions[i].threshold_count; j++) {
            run->questions[i].thresholds[j] = 0.01 * (double)j;
        }
    }
    run->scratch_each = (tgr_kernels_scratch(run->shape.models) + 63) / 64 * 64;
    run->scratch = tgr_mem_aligned((size_t)threads[count - 1], run->scratch_each);
}

static void close_run(tgr_bench_run *run)
{
    for (size_t i = 0; i < run->entry_count; i++) {
        tgr_mem_free(run->entries[i].seconds);
        tgr_mem_free(run->entries[i].busy);
    }
    for (size_t i = 0; i < run->question_count; i++) {
        tgr_mem_free(run->questions[i].thresholds);
        tgr_mem_free(run->questions[i].expected);
    }
    tgr_mem_free(run->entries);
    tgr_mem_free(run->questions);
    tgr_mem_free(run->ratios);
    tgr_mem_free_aligned(run->scratch);
    tgr_bench_data_free(&run->data);
    tgr_team_close(&run->team);
}

/* Right but for one row. */
static void route_wrongly(const tgr_csr *x, const tgr_weights *w, const tgr_decider *decider,
                          size_t begin, size_t end, void *scratch, const tgr_choice *choice)
{
    const tgr_kernels *scalar;
    assert_int_equal(tgr_kernels_by_name("scalar", &scalar), TGR_DISPATCH_OK);
    scalar->route(x, w, decider, begin, end, scratch, choice);
    if (begin <= 1234 && end > 1234) {
        choice->model[1234] = (int16_t)((choice->model[1234] + 1) % (int)w->models);
    }
}

/* Decides nothing at all. */
static void route_nothing(const tgr_csr *x, const tgr_weights *w, const tgr_decider *decider,
                          size_t begin, size_t end, void *scratch, const tgr_choice *choice)
{
    (void)x;
    (void)w;
    (void)decider;
    (void)begin;
    (void)end;
    (void)scratch;
    (void)choice;
}

static void right_kernels_pass(void **state)
{
    (void)state;
    static const int threads[] = {1, 3};
    tgr_bench_run run;
    open_run(&run, "main", threads, 2);
    tgr_error error = {0};
    assert_int_equal(tgr_bench_measure(&run, NULL, &error), TGR_OK);
    assert_int_equal(run.sample_rows, 3000);
    for (size_t i = 0; i < run.entry_count; i++) {
        assert_true(run.entries[i].seconds[0] > 0);
    }
    close_run(&run);
}

static void a_wrong_kernel_is_caught(void **state)
{
    (void)state;
    static const int threads[] = {2};
    const tgr_kernels wrong[] = {{.isa = "wrong", .route = route_wrongly},
                                 {.isa = "lazy", .route = route_nothing}};
    for (size_t i = 0; i < 2; i++) {
        tgr_bench_run run;
        open_run(&run, "main", threads, 1);
        run.entries[run.entry_count - 1].kernels = &wrong[i];
        tgr_error error = {0};
        assert_int_equal(tgr_bench_measure(&run, NULL, &error), TGR_ERR_INTERNAL);
        assert_non_null(strstr(error.message, run.entries[run.entry_count - 1].name));
        assert_non_null(strstr(error.message, "is wrong"));
        close_run(&run);
    }
}

/* Where the sample does not reach, the hash does. */
static void a_difference_outside_the_sample_is_caught(void **state)
{
    (void)state;
    static const int threads[] = {1};
    tgr_bench_run run;
    open_run(&run, "main", threads, 1);
    tgr_error error = {0};
    assert_int_equal(tgr_bench_check_prepare(&run, &error), TGR_OK);
    tgr_bench_execute(&run, &run.entries[0]);
    assert_int_equal(tgr_bench_check(&run, &run.entries[0], &error), TGR_OK);
    run.questions[0].hash++;
    assert_int_equal(tgr_bench_check(&run, &run.entries[0], &error), TGR_ERR_INTERNAL);
    close_run(&run);
}

static void threads_do_every_piece_once(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 5};
    for (size_t i = 0; i < 3; i++) {
        tgr_bench_run run;
        open_run(&run, "main", &threads[i], 1);
        const tgr_bench_data *data = &run.data;
        assert_int_equal(data->bounds[0], 0);
        assert_int_equal(data->bounds[data->pieces], data->rows);
        assert_int_equal(data->limit_bounds[data->limit_pieces], data->limit_rows);
        assert_true(data->limit_rows * data->length <= tgr_bench_entries(data));
        for (size_t row = 0; row < data->rows; row++) {
            int64_t length = data->indptr[row + 1] - data->indptr[row];
            assert_in_range(length, 1, 9);
        }
        close_run(&run);
    }
}

/* The same queries for any number of threads that made them. */
static void data_do_not_depend_on_threads(void **state)
{
    (void)state;
    static const int one[] = {1}, many[] = {4};
    tgr_bench_run a, b;
    open_run(&a, "masks", one, 1);
    open_run(&b, "masks", many, 1);
    size_t entries = (size_t)tgr_bench_entries(&a.data), rows = a.data.rows;
    assert_int_equal(tgr_bench_entries(&b.data), entries);
    assert_memory_equal(a.data.indptr, b.data.indptr, (rows + 1) * sizeof *a.data.indptr);
    assert_memory_equal(a.data.indices, b.data.indices, entries * sizeof *a.data.indices);
    assert_memory_equal(a.data.values, b.data.values, entries);
    assert_memory_equal(a.data.eligible, b.data.eligible, rows * sizeof *a.data.eligible);
    close_run(&a);
    close_run(&b);
}

static void median_and_range(void **state)
{
    (void)state;
    const double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2};
    double room[4];
    tgr_spread spread = tgr_spread_of(odd, 3, room);
    assert_true(spread.median == 2 && spread.least == 1 && spread.most == 3);
    spread = tgr_spread_of(even, 4, room);
    assert_true(spread.median == 2.5 && spread.least == 1 && spread.most == 4);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    tgr_bench_options options;
    const char *const nothing[] = {"nothing"};
    const int none[] = {0};
    char *text, *json;
    for (int i = 0; i < 8; i++) {
        tgr_bench_options_init(&options);
        options.queries = 10;
        options.presets = i == 0 ? nothing : NULL;
        options.preset_count = i == 0;
        options.policy = i == 1 ? "best" : NULL;
        options.values = i == 2 ? "u64" : NULL;
        options.index = i == 3 ? "u8" : NULL;
        options.isa = i == 4 ? "mmx" : NULL;
        options.threads = i == 5 ? none : NULL;
        options.thread_count = i == 5;
        options.models = i == 6 ? 2000 : 0;
        options.tags = i == 7 ? 3 : 0; /* fewer than a query may have */
        tgr_error error = {0};
        assert_int_equal(tgr_bench(&options, &text, &json, NULL, &error), TGR_ERR_ARGUMENT);
        assert_true(error.message[0] != '\0');
        assert_null(text);
        assert_null(json);
    }
    options.size = 0;
    assert_int_equal(tgr_bench(&options, &text, &json, NULL, NULL), TGR_ERR_ARGUMENT);
}

/* Every allocation fails in turn, until none does. */
static void memory_that_runs_short_is_reported(void **state)
{
    (void)state;
    tgr_bench_options options;
    const char *const presets[] = {"thresholds"};
    const int threads[] = {1};
    tgr_bench_options_init(&options);
    options.presets = presets;
    options.preset_count = 1;
    options.queries = 50;
    options.tags = 60;
    options.thresholds = 3;
    options.repeats = 1;
    options.threads = threads;
    options.thread_count = 1;
    long live = tgr_mem_live();
    for (long n = 0;; n++) {
        char *text = NULL, *json = NULL;
        tgr_error error = {0};
        tgr_mem_fail_after(n);
        tgr_status status = tgr_bench(&options, &text, &json, NULL, &error);
        tgr_mem_fail_after(-1);
        tgr_free(text);
        tgr_free(json);
        assert_int_equal(tgr_mem_live(), live);
        if (status == TGR_OK) {
            assert_true(n > 10);
            break;
        }
        assert_int_equal(status, TGR_ERR_NOMEM);
    }
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_and_loops_equal_the_reference),
        cmocka_unit_test(limits_read_every_word),
        cmocka_unit_test(right_kernels_pass),
        cmocka_unit_test(a_wrong_kernel_is_caught),
        cmocka_unit_test(a_difference_outside_the_sample_is_caught),
        cmocka_unit_test(threads_do_every_piece_once),
        cmocka_unit_test(data_do_not_depend_on_threads),
        cmocka_unit_test(median_and_range),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(memory_that_runs_short_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
