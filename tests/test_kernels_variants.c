/* test_kernels_variants.c - every variant gives the reference's bits, for every shape and rule. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernels/dispatch.h"
#include "kernels/kernels.h"

#define SEED 40961u
#ifndef SHAPES /* an emulator gets fewer */
#define SHAPES 160
#endif

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

/* Memory that ends flush against a page that may not be touched, and begins on `alignment`. */
typedef struct guarded {
    char *pages, *bytes;
    size_t mapped;
} guarded;

static guarded guarded_new(size_t bytes, size_t alignment)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t padded = (bytes + alignment - 1) / alignment * alignment;
    guarded memory = {.mapped = (padded + page - 1) / page * page + page};
    memory.pages =
        mmap(NULL, memory.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory.pages != MAP_FAILED);
    assert_int_equal(mprotect(memory.pages + memory.mapped - page, page, PROT_NONE), 0);
    memory.bytes = memory.pages + memory.mapped - page - padded;
    return memory;
}

static void guarded_free(guarded *memory)
{
    munmap(memory->pages, memory->mapped);
}

typedef struct shape {
    size_t rows, columns, models, longest;
    tgr_value_type type;
    bool ones, narrow, ties, special;
} shape;

typedef struct problem {
    guarded indptr, indices, values, weights, bias, eligible, tokens;
    tgr_csr x;
    tgr_weights w;
    double flat[TGR_MODELS_MAX], price_in[TGR_MODELS_MAX], price_out[TGR_MODELS_MAX];
    size_t mask_words;
} problem;

/* Few distinct values make ties; special ones are what floating point is feared for. */
static float some_weight(const shape *s)
{
    static const float odd[] = {0.0f, -0.0f, 0x1p-149f, -0x1p-140f, 0x1p-126f, 3e38f, -3e38f, 1.0f};
    if (s->special && below(3) == 0) {
        return odd[below(sizeof odd / sizeof odd[0])];
    }
    if (s->ties) {
        return (float)((int)below(5) - 2) / 4;
    }
    return (float)((double)(next_random() >> 11) * 0x1p-53 - 0.5);
}

static size_t some_length(const shape *s)
{
    return below(40) == 0 ? below(s->longest * 4 + 1) : below(s->longest + 1);
}

static void fill_value(const shape *s, void *values, size_t entry)
{
    size_t draw = s->ones || below(3) > 0 ? 1 : 1 + below(s->type == TGR_U8 ? 255 : 65535);
    if (s->type == TGR_U8) {
        ((uint8_t *)values)[entry] = (uint8_t)draw;
    } else if (s->type == TGR_U16) {
        ((uint16_t *)values)[entry] = (uint16_t)draw;
    } else {
        ((float *)values)[entry] = s->ones ? 1.0f : some_weight(s);
    }
}

static void fill_costs(problem *p, size_t rows, size_t models)
{
    double *tokens = (double *)(void *)p->tokens.bytes;
    uint64_t *eligible = (uint64_t *)(void *)p->eligible.bytes;
    for (size_t k = 0; k < models; k++) {
        p->flat[k] = (double)(1 + below(4)) / 64;
        p->price_in[k] = below(4) == 0 ? NAN : (double)below(4) / 1024;
        p->price_out[k] = (double)below(4) / 128;
        if (below(60) == 0) { /* beyond float32 */
            p->flat[k] = below(2) ? 0x1p-140 : 0x1p140;
        }
    }
    for (size_t row = 0; row < rows; row++) {
        tokens[row] = below(5) == 0 ? NAN : (double)below(64);
        for (size_t word = 0; word < p->mask_words; word++) {
            uint64_t bits = below(6) == 0 ? 0 : next_random() | (below(2) ? next_random() : 0);
            size_t last = models - word * 64;
            eligible[row * p->mask_words + word] =
                last < 64 ? bits & (((uint64_t)1 << last) - 1) : bits;
        }
    }
}

static void problem_new(problem *p, const shape *s)
{
    size_t *lengths = malloc((s->rows + 1) * sizeof *lengths);
    size_t entries = 0;
    for (size_t row = 0; row < s->rows; row++) {
        lengths[row] = some_length(s);
        entries += lengths[row];
    }
    static const size_t sizes[] = {[TGR_U8] = 1, [TGR_U16] = 2, [TGR_F32] = 4};
    size_t stride = tgr_weights_stride(s->models);
    p->mask_words = (s->models + 63) / 64;
    p->indptr = guarded_new((s->rows + 1) * sizeof(int64_t), 8);
    p->indices = guarded_new(entries * (s->narrow ? 2 : 4), s->narrow ? 2 : 4);
    p->values = guarded_new(entries * sizes[s->type], sizes[s->type]);
    p->weights = guarded_new(s->columns * stride * sizeof(float), 64);
    p->bias = guarded_new(s->models * sizeof(float), 4);
    p->eligible = guarded_new(s->rows * p->mask_words * sizeof(uint64_t), 8);
    p->tokens = guarded_new(s->rows * sizeof(double), 8);
    int64_t *indptr = (int64_t *)(void *)p->indptr.bytes;
    float *weights = (float *)(void *)p->weights.bytes, *bias = (float *)(void *)p->bias.bytes;
    indptr[0] = 0;
    for (size_t row = 0; row < s->rows; row++) {
        indptr[row + 1] = indptr[row] + (int64_t)lengths[row];
    }
    for (size_t i = 0; i < entries; i++) {
        size_t column = below(s->columns);
        if (s->narrow) {
            ((uint16_t *)(void *)p->indices.bytes)[i] = (uint16_t)column;
        } else {
            ((uint32_t *)(void *)p->indices.bytes)[i] = (uint32_t)column;
        }
        fill_value(s, p->values.bytes, i);
    }
    for (size_t i = 0; i < s->columns * stride; i++) {
        weights[i] = i % stride < s->models ? some_weight(s) : 0;
    }
    for (size_t k = 0; k < s->models; k++) {
        bias[k] = some_weight(s) + 0.0f;
    }
    fill_costs(p, s->rows, s->models);
    const uint16_t *narrow = (const uint16_t *)(const void *)p->indices.bytes;
    const uint32_t *wide = (const uint32_t *)(const void *)p->indices.bytes;
    p->x = (tgr_csr){s->rows,         indptr,  s->narrow ? NULL : wide,
                     p->values.bytes, s->type, s->narrow ? narrow : NULL};
    p->w = (tgr_weights){s->models, stride, weights, bias};
    free(lengths);
}

static void problem_free(problem *p)
{
    guarded *all[] = {&p->indptr, &p->indices,  &p->values, &p->weights,
                      &p->bias,   &p->eligible, &p->tokens};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        guarded_free(all[i]);
    }
}

/* One call of a variant over rows [begin, end) against the reference's answers. */
static void compare(const tgr_kernels *kernels, const problem *p, const tgr_decider *decider,
                    bool margins, const int16_t *model, const float *margin, size_t begin,
                    size_t end)
{
    size_t places = p->x.rows * decider->threshold_count;
    guarded got_model = guarded_new(places * sizeof(int16_t), 2);
    guarded got_margin = guarded_new(places * sizeof(float), 4);
    size_t bytes = tgr_kernels_scratch(p->w.models);
    guarded scratch = guarded_new(bytes, 64);
    memset(got_model.bytes, 0x55, places * sizeof(int16_t));
    memset(scratch.bytes, 0xa5, bytes);
    tgr_choice choice = {(int16_t *)(void *)got_model.bytes,
                         margins ? (float *)(void *)got_margin.bytes : NULL};
    kernels->route(&p->x, &p->w, decider, begin, end, scratch.bytes, &choice);
    size_t count = decider->threshold_count;
    for (size_t i = 0; i < places; i++) {
        bool inside = i >= begin * count && i < end * count;
        if (inside && choice.model[i] != model[i]) {
            print_message("%s, rule %d, %zu models, row %zu, threshold %.17g%s%s\n", kernels->isa,
                          (int)decider->rule, decider->models, i / count,
                          decider->thresholds[i % count], decider->eligible ? ", masked" : "",
                          decider->price_in ? ", tokens" : "");
        }
        assert_int_equal(choice.model[i], inside ? model[i] : 0x5555);
        if (inside && margins) {
            bool both_nan = isnan(choice.margin[i]) && isnan(margin[i]);
            assert_true(both_nan || memcmp(&choice.margin[i], &margin[i], sizeof(float)) == 0);
        }
    }
    guarded_free(&got_model);
    guarded_free(&got_margin);
    guarded_free(&scratch);
}

static void compare_scores(const tgr_kernels *kernels, const problem *p, const float *scores,
                           size_t begin, size_t end)
{
    size_t stride = p->w.stride, models = p->w.models;
    guarded got = guarded_new((end - begin) * stride * sizeof(float), 64);
    guarded scratch = guarded_new(tgr_kernels_scratch(models), 64);
    memset(got.bytes, 0x55, (end - begin) * stride * sizeof(float));
    float *got_scores = (float *)(void *)got.bytes;
    kernels->score(&p->x, &p->w, begin, end, scratch.bytes, got_scores);
    for (size_t row = begin; row < end; row++) {
        for (size_t k = 0; k < models; k++) {
            float a = got_scores[(row - begin) * stride + k], b = scores[row * models + k];
            assert_true((isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0);
        }
    }
    guarded_free(&got);
    guarded_free(&scratch);
}

static void compare_all(const problem *p, const tgr_decider *decider)
{
    size_t rows = p->x.rows, count = decider->threshold_count, stride = p->w.models;
    float *scores = malloc((rows * stride + 1) * sizeof *scores);
    int16_t *model = malloc((rows * count + 1) * sizeof *model);
    float *margin = malloc((rows * count + 1) * sizeof *margin);
    tgr_choice choice = {model, margin};
    tgr_ref_score(&p->x, &p->w, 0, rows, scores, stride);
    tgr_ref_decide(decider, scores, stride, 0, rows, &choice);
    const tgr_kernels *kernels;
    bool runs_here;
    for (unsigned i = 0; (kernels = tgr_kernels_built(i, &runs_here)) != NULL; i++) {
        if (runs_here) {
            size_t begin = below(rows + 1), end = begin + below(rows - begin + 1);
            compare(kernels, p, decider, false, model, margin, 0, rows);
            compare(kernels, p, decider, true, model, margin, begin, end);
            compare_scores(kernels, p, scores, begin, end);
        }
    }
    free(scores);
    free(model);
    free(margin);
}

static shape some_shape(unsigned number)
{
    static const size_t models[] = {1,  2,  3,  4,  5,  7,  8,  9,   11,  16,
                                    17, 31, 32, 33, 48, 64, 65, 100, 130, 300};
    static const size_t longest[] = {0, 1, 4, 9, 15, 16, 40, 90};
    shape s = {
        .rows = below(8) == 0 ? below(3) : below(2600),
        .columns = 1 + below(below(2) ? 2000 : 10),
        .models = models[number % (sizeof models / sizeof models[0])],
        .longest = longest[below(sizeof longest / sizeof longest[0])],
        .type = (tgr_value_type)below(3),
        .ones = below(4) == 0,
        .narrow = below(2) == 0,
        .ties = below(2) == 0,
        .special = below(3) == 0,
    };
    if (s.models > 64 && s.rows > 300) {
        s.rows = 300;
    }
    return s;
}

enum { THRESHOLDS_MAX = 150 };

/* Few as well as many, which are decided side by side; fewer where the reference would take long.
 */
static size_t some_threshold_count(const shape *s)
{
    size_t count = below(2) ? 1 + below(7) : 8 + below(THRESHOLDS_MAX - 8);
    count = below(5) == 0 ? 64 * (1 + below(2)) : count; /* whole lines of choices */
    size_t most = 1 + 1000000 / (s->rows * s->models + 1);
    return count < most ? count : most;
}

static double some_threshold(const shape *s, tgr_rule rule)
{
    static const double odd[] = {0x1p-140, 0x1p-1060, 0x1p130, 0x1p-126, 0x1p-100, INFINITY};
    if (s->special && below(8) == 0) {
        return odd[below(sizeof odd / sizeof odd[0])];
    }
    double threshold = below(3) == 0 ? 0 : (double)below(40) / 16;
    if (!s->ties && below(2)) {
        threshold *= (double)(next_random() >> 11) * 0x1p-53;
    }
    return rule == TGR_RULE_MARGIN && below(2) ? -threshold
           : rule == TGR_RULE_UTILITY          ? 4 * threshold
                                               : threshold;
}

static void variants_give_the_reference_bits(void **state)
{
    (void)state;
    for (unsigned number = 0; number < SHAPES; number++) {
        shape s = some_shape(number);
        problem p;
        problem_new(&p, &s);
        double thresholds[THRESHOLDS_MAX];
        for (int rule = 0; rule < 3; rule++) {
            tgr_decider decider = {.rule = (tgr_rule)rule,
                                   .models = s.models,
                                   .reference = below(s.models),
                                   .thresholds = thresholds,
                                   .threshold_count = some_threshold_count(&s),
                                   .flat = p.flat,
                                   .mask_words = p.mask_words};
            for (size_t i = 0; i < decider.threshold_count; i++) {
                thresholds[i] = some_threshold(&s, (tgr_rule)rule);
            }
            if (below(2)) {
                decider.eligible = (const uint64_t *)(const void *)p.eligible.bytes;
            }
            if (below(2)) {
                decider.price_in = p.price_in;
                decider.price_out = p.price_out;
                decider.prompt_tokens = (const double *)(const void *)p.tokens.bytes;
            }
            compare_all(&p, &decider);
        }
        problem_free(&p);
    }
}

/* Rows of more entries than any block holds, between short ones. */
static void rows_of_any_length_are_scored(void **state)
{
    (void)state;
    static const size_t models[] = {2, 5, 11, 40, 70};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        shape s = {.rows = 6,
                   .columns = 500,
                   .models = models[i],
                   .longest = 9000,
                   .type = TGR_U8,
                   .narrow = i % 2 == 0};
        problem p;
        problem_new(&p, &s);
        double threshold = 0;
        tgr_decider decider = {.rule = TGR_RULE_UTILITY,
                               .models = s.models,
                               .thresholds = &threshold,
                               .threshold_count = 1,
                               .flat = p.flat,
                               .mask_words = p.mask_words};
        compare_all(&p, &decider);
        decider.rule = TGR_RULE_MARGIN;
        compare_all(&p, &decider);
        problem_free(&p);
    }
}

static void names_choose_variants(void **state)
{
    (void)state;
    const tgr_kernels *kernels = NULL;
    assert_int_equal(tgr_kernels_by_name("sse", &kernels), TGR_DISPATCH_UNKNOWN);
    assert_int_equal(tgr_kernels_by_name("scalar", &kernels), TGR_DISPATCH_OK);
    assert_string_equal(kernels->isa, "scalar");
    assert_int_equal(tgr_kernels_by_name(NULL, &kernels), TGR_DISPATCH_OK);
    bool runs_here;
    const tgr_kernels *best = NULL, *one;
    for (unsigned i = 0; (one = tgr_kernels_built(i, &runs_here)) != NULL; i++) {
        print_message("%s: %s\n", one->isa, runs_here ? "runs here" : "built, does not run here");
        best = runs_here ? one : best;
        const tgr_kernels *named = NULL;
        if (runs_here) {
            assert_int_equal(tgr_kernels_by_name(one->isa, &named), TGR_DISPATCH_OK);
            assert_string_equal(named->isa, one->isa);
        } else if (strcmp(one->isa, "scalar") != 0) {
            assert_int_equal(tgr_kernels_by_name(one->isa, &named), TGR_DISPATCH_UNSUPPORTED);
        }
    }
    assert_ptr_equal(kernels, best);
#if defined(__x86_64__)
    assert_int_equal(tgr_kernels_by_name("neon", &kernels), TGR_DISPATCH_NOT_BUILT);
#endif
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_choose_variants),
        cmocka_unit_test(variants_give_the_reference_bits),
        cmocka_unit_test(rows_of_any_length_are_scored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
