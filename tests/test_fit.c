/* test_fit.c - fitted routers against a plain reimplementation, and against themselves. */
#include "tests/cmocka_all.h"

#include <tagroute/fit.h>
#include <tagroute/prices.h>

#include "engine/base/memory.h"
#include "engine/fit/margins.h"
#include "tests/fit_data.h"
#include "tests/fit_plain.h"

#define SEED 99310u

static char folder[256];

static const char *in_folder(const char *name)
{
    static char paths[4][300];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static tgr_router *fit_or_fail(const tgr_fit_options *options, const tgr_price_options *prices,
                               tgr_fit_report *report, int threads)
{
    tgr_router *router;
    tgr_error error;
    const tgr_run run = {.size = sizeof run, .threads = threads};
    if (tgr_fit(options, prices, &router, report, &run, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    return router;
}

static tgr_fit_options options_for(const char *const *inputs, size_t count)
{
    tgr_fit_options options;
    tgr_fit_options_init(&options);
    options.inputs = inputs;
    options.input_count = count;
    options.reference = "m0";
    return options;
}

/* Four queries, tags a (1+2+1 = 4) and b (2), models "big" (the reference) and "small":
 *   q0 a:1 b:1 small wins    q1 a:2 small loses    q2 b:1 small ties    q3 a:1 not judged
 * big's outcomes are not recorded: ties on q0, q1, q2.
 *   w_a = (1 - exp(-4)) / 6 = 0.16361406019, w_b = (1 - exp(-2)) / 6 = 0.14411078613
 *   small: a: n_k = 3: 1 - 2 = -1, times 4/3, W = -0.21815208025; b: 1 + 0.15, W = 0.16572740405
 *   big: a: 0.15 * 3, times 4/3 = 0.6, W = 0.09816843611; b: 0.3, W = 0.04323323584 */
static void worked_example(void **state)
{
    (void)state;
    fit_data *data = data_new(4, 2, 2);
    data->has_outcome = true;
    strcpy(data->tags[0], "b");
    strcpy(data->tags[1], "a");
    strcpy(data->names[0], "big");
    strcpy(data->names[1], "small");
    const double x[8] = {1, 1, 0, 2, 1, 0, 0, 1}; /* b, a */
    const int8_t small[4] = {2, 0, 1, -1};
    for (size_t row = 0; row < 4; row++) {
        memcpy(data->x + 2 * row, x + 2 * row, 2 * sizeof *x);
        data->outcome[2 * row + 1] = small[row];
    }
    const char *path = in_folder("worked.h5");
    data_write(data, 0, 4, path);
    tgr_fit_options options = options_for(&path, 1);
    options.reference = "big";
    options.min_count = 1;
    tgr_fit_report report;
    tgr_router *router = fit_or_fail(&options, NULL, &report, 1);
    assert_string_equal(tgr_router_tag(router, 0), "a");
    assert_string_equal(tgr_router_tag(router, 1), "b");
    assert_true(router->counts[0] == 4 && router->counts[1] == 2);
    const double expected[4] = {0.09816843611, -0.21815208025, 0.04323323584, 0.16572740405};
    for (size_t i = 0; i < 4; i++) {
        assert_true(fabs((double)router->weights[i] - expected[i]) < 2e-8);
    }
    assert_int_equal(report.judged, 6);
    assert_int_equal(report.assumed_ties, 3);
    assert_true(fabs(router->models[1].mean_reward - 0.05) < 1e-15);
    assert_string_equal(router->tagger_kind, "given");
    assert_int_equal(strlen(router->digest), 32);
    /* margins: q0 -0.193826, q1 -0.632641, q2 0.122494, q3 -0.316321; ranks 1 1 2 2 2 3 3 4 4 */
    const double margins[9] = {0.12249416821,  0.12249416821,  -0.19382634815,
                               -0.19382634815, -0.19382634815, -0.31632051636,
                               -0.31632051636, -0.63264103272, -0.63264103272};
    for (size_t i = 0; i < 9; i++) {
        assert_true(fabs(router->quantiles[i].threshold - margins[i]) < 1e-7);
    }
    tgr_router_free(router);
    data_free(data);
}

typedef struct shape {
    size_t rows, columns, models;
    tgr_value_type type;
    tgr_count count;
    unsigned sparse; /* one pair in so many is not judged */
    bool score, outcome, split;
    double min_count;
} shape;

static fit_data *data_of(const shape *s, uint64_t *random)
{
    fit_data *data = data_new(s->rows, s->columns, s->models);
    data->type = s->type;
    data->has_score = s->score;
    data->has_outcome = s->outcome;
    data->has_split = s->split;
    data->has_cost = s->outcome;
    data->has_tokens = data->has_prompt = s->score;
    data_fill(data, s->sparse, random);
    return data;
}

static const shape shapes[] = {
    {200, 30, 2, TGR_U8, TGR_COUNT_DEFAULT, 1000000, true, true, false, 5},
    {200, 30, 2, TGR_U8, TGR_COUNT_RAW, 3, false, true, true, 5},
    {200, 30, 3, TGR_U8, TGR_COUNT_BINARY, 3, true, false, true, 7},
    {200, 30, 3, TGR_U16, TGR_COUNT_RAW, 2, true, true, false, 100000},
    {200, 30, 3, TGR_U16, TGR_COUNT_LOG, 2, true, false, false, 5},
    {300, 40, 5, TGR_F32, TGR_COUNT_RAW, 4, true, true, true, 2.5},
    {300, 40, 5, TGR_F32, TGR_COUNT_LOG, 4, false, true, false, 0},
    {300, 40, 5, TGR_F32, TGR_COUNT_BINARY, 2, true, true, false, 1},
    {50, 1, 4, TGR_U8, TGR_COUNT_RAW, 3, true, true, false, 5},
    {50, 9, 1, TGR_U8, TGR_COUNT_RAW, 3, true, true, false, 5},
    {40, 12, 300, TGR_U8, TGR_COUNT_RAW, 3, false, true, false, 3},
};

static void random_data(void **state)
{
    (void)state;
    print_message("seed %u\n", SEED);
    uint64_t random = SEED;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const shape *s = &shapes[i];
        fit_data *data = data_of(s, &random);
        const char *path = in_folder("random.h5");
        data_write(data, 0, data->rows, path);
        tgr_fit_options options = options_for(&path, 1);
        options.count = s->count;
        options.min_count = s->min_count;
        options.rewards[1] = i % 2 == 0 ? 0.15 : 0.4;
        /* 300 models in byte order are not in the order of their numbers: name them */
        const char **names = pointers(data->names, data->models);
        options.models = names;
        options.model_count = data->models;
        tgr_fit_report report;
        tgr_router *router = fit_or_fail(&options, NULL, &report, 2);
        check_router(data, &options, router, &report, NULL, s->models, !s->split);
        tgr_router_free(router);
        free(names);
        data_free(data);
    }
}

static void models_in_the_order_asked(void **state)
{
    (void)state;
    uint64_t random = SEED;
    fit_data *data = data_of(&shapes[5], &random);
    const char *path = in_folder("subset.h5");
    data_write(data, 0, data->rows, path);
    tgr_fit_options options = options_for(&path, 1);
    const char *const names[] = {"m4", "m0", "m2"};
    const size_t places[] = {4, 0, 2};
    options.models = names;
    options.model_count = 3;
    options.split = "";
    tgr_fit_report report;
    tgr_router *router = fit_or_fail(&options, NULL, &report, 2);
    assert_int_equal(router->reference, 1);
    check_router(data, &options, router, &report, places, 3, true);
    tgr_router_free(router);
    data_free(data);
}

static void models_in_byte_order(void **state)
{
    (void)state;
    fit_data *data = data_new(1, 1, 12);
    data->has_outcome = true;
    data->x[0] = 9;
    data->outcome[3] = 2;
    const char *path = in_folder("order.h5");
    data_write(data, 0, 1, path);
    tgr_fit_options options = options_for(&path, 1);
    tgr_router *router = fit_or_fail(&options, NULL, NULL, 1);
    static const char *const expected[] = {"m0", "m1", "m10", "m11", "m2", "m3",
                                           "m4", "m5", "m6",  "m7",  "m8", "m9"};
    for (size_t i = 0; i < 12; i++) {
        assert_string_equal(router->models[i].name, expected[i]);
    }
    tgr_router_free(router);
    data_free(data);
}

static char *file_bytes(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = need(malloc(*length + 1));
    assert_int_equal(fread(bytes, 1, *length, file), *length);
    fclose(file);
    return bytes;
}

static void check_same_bytes(const tgr_router *router, const tgr_router *other)
{
    tgr_error error;
    const char *path = in_folder("one.msgpack"), *other_path = in_folder("other.msgpack");
    assert_int_equal(tgr_router_save(router, path, &error), TGR_OK);
    assert_int_equal(tgr_router_save(other, other_path, &error), TGR_OK);
    size_t length, other_length;
    char *bytes = file_bytes(path, &length), *other_bytes = file_bytes(other_path, &other_length);
    assert_int_equal(length, other_length);
    assert_memory_equal(bytes, other_bytes, length);
    free(bytes);
    free(other_bytes);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    uint64_t random = SEED + 1;
    for (size_t i = 3; i < 7; i++) {
        fit_data *data = data_of(&shapes[i], &random);
        const char *path = in_folder("threads.h5");
        data_write(data, 0, data->rows, path);
        tgr_fit_options options = options_for(&path, 1);
        options.count = shapes[i].count;
        tgr_router *router = fit_or_fail(&options, NULL, NULL, 1);
        for (int threads = 2; threads <= 3; threads++) {
            tgr_router *other = fit_or_fail(&options, NULL, NULL, threads);
            check_same_bytes(router, other);
            tgr_router_free(other);
        }
        tgr_router_free(router);
        data_free(data);
    }
}

static void files_are_taken_as_one(void **state)
{
    (void)state;
    uint64_t random = SEED + 2;
    for (size_t i = 4; i < 7; i++) {
        fit_data *data = data_of(&shapes[i], &random);
        const char *whole = in_folder("whole.h5");
        const char *const parts[] = {in_folder("part1.h5"), in_folder("part2.h5")};
        data_write(data, 0, data->rows, whole);
        data_write(data, 0, 77, parts[0]);
        data_write(data, 77, data->rows, parts[1]);
        tgr_fit_options options = options_for(&whole, 1);
        options.count = shapes[i].count;
        tgr_router *router = fit_or_fail(&options, NULL, NULL, 2);
        options = options_for(parts, 2);
        options.count = shapes[i].count;
        tgr_router *other = fit_or_fail(&options, NULL, NULL, 2);
        check_same_bytes(router, other);
        tgr_router_free(other);
        tgr_router_free(router);
        data_free(data);
    }
}

/* The same queries with tags and models in another order give the same W. */
static void columns_in_another_order(void **state)
{
    (void)state;
    uint64_t random = SEED + 3;
    fit_data *data = data_of(&shapes[5], &random);
    fit_data *mixed = data_of(&shapes[5], &random);
    size_t columns = data->columns, models = data->models;
    for (size_t i = 0; i < columns; i++) {
        snprintf(mixed->tags[i], NAME_SIZE, "t%zu", columns - 1 - i);
    }
    for (size_t i = 0; i < models; i++) {
        snprintf(mixed->names[i], NAME_SIZE, "m%zu", models - 1 - i);
    }
    for (size_t row = 0; row < data->rows; row++) {
        for (size_t i = 0; i < columns; i++) {
            mixed->x[row * columns + i] = data->x[row * columns + columns - 1 - i];
        }
        for (size_t i = 0; i < models; i++) {
            size_t to = row * models + i, from = row * models + models - 1 - i;
            mixed->score[to] = data->score[from];
            mixed->outcome[to] = data->outcome[from];
            mixed->cost[to] = data->cost[from];
            mixed->tokens[to] = data->tokens[from];
        }
        mixed->split[row] = data->split[row];
    }
    const char *whole = in_folder("straight.h5");
    const char *const parts[] = {in_folder("straight1.h5"), in_folder("mixed2.h5")};
    data_write(data, 0, data->rows, whole);
    data_write(data, 0, 100, parts[0]);
    data_write(mixed, 100, data->rows, parts[1]);
    tgr_fit_options options = options_for(&whole, 1), both = options_for(parts, 2);
    tgr_router *router = fit_or_fail(&options, NULL, NULL, 2);
    tgr_router *other = fit_or_fail(&both, NULL, NULL, 2);
    assert_int_equal(tgr_router_tags(router), tgr_router_tags(other));
    for (size_t tag = 0; tag < tgr_router_tags(router); tag++) {
        assert_string_equal(tgr_router_tag(router, tag), tgr_router_tag(other, tag));
    }
    assert_memory_equal(router->weights, other->weights,
                        tgr_router_tags(router) * models * sizeof(float));
    for (size_t i = 0; i < models; i++) {
        assert_string_equal(router->models[i].name, other->models[i].name);
        assert_true(router->models[i].mean_cost == other->models[i].mean_cost);
    }
    tgr_router_free(router);
    tgr_router_free(other);
    data_free(data);
    data_free(mixed);
}

/* Files need not have the same tags and models. */
static void files_with_different_models(void **state)
{
    (void)state;
    fit_data *one = data_new(2, 2, 2), *two = data_new(2, 1, 2);
    one->has_outcome = two->has_outcome = true;
    strcpy(two->names[0], "m2");
    strcpy(two->names[1], "m0");
    strcpy(two->tags[0], "t9");
    for (size_t i = 0; i < 4; i++) {
        one->x[i] = 3;
        one->outcome[i] = 2;
        two->outcome[i] = 0;
    }
    two->x[0] = two->x[1] = 5;
    const char *const paths[] = {in_folder("models1.h5"), in_folder("models2.h5")};
    data_write(one, 0, 2, paths[0]);
    data_write(two, 0, 2, paths[1]);
    tgr_fit_options options = options_for(paths, 2);
    tgr_router *router = fit_or_fail(&options, NULL, NULL, 2);
    assert_int_equal(tgr_router_models(router), 3);
    assert_int_equal(tgr_router_tags(router), 3);
    assert_string_equal(tgr_router_tag(router, 0), "t9"); /* 10, then 6 and 6 */
    assert_string_equal(tgr_router_tag(router, 1), "t0");
    const double w10 = -expm1(-10) / 22, w6 = -expm1(-6) / 22;
    const float expected[9] = {
        (float)(w10 * -10), (float)(w10 * 10), (float)(w10 * -10), /* m1: its mean, all wins */
        (float)(w6 * 6),    (float)(w6 * 6),   (float)(w6 * -6),
        (float)(w6 * 6),    (float)(w6 * 6),   (float)(w6 * -6),
    };
    assert_memory_equal(router->weights, expected, sizeof expected);
    tgr_router_free(router);
    data_free(one);
    data_free(two);
}

static fit_data *data_with_costs(void)
{
    fit_data *data = data_new(3, 1, 3);
    data->has_outcome = data->has_cost = data->has_tokens = data->has_prompt = true;
    for (size_t row = 0; row < 3; row++) {
        data->x[row] = 4;
        data->prompt[row] = row == 0 ? NAN : 100;
        for (size_t model = 0; model < 3; model++) {
            data->outcome[3 * row + model] = 1;
            data->tokens[3 * row + model] = 10 * (float)(model + 1);
        }
    }
    return data;
}

static size_t reference_of(const fit_data *data, const tgr_price_options *prices, double *tokens)
{
    const char *path = in_folder("costs.h5");
    data_write(data, 0, data->rows, path);
    tgr_fit_options options = options_for(&path, 1);
    options.reference = NULL;
    tgr_router *router = fit_or_fail(&options, prices, NULL, 1);
    size_t reference = router->reference;
    if (tokens != NULL) {
        *tokens = router->models[0].mean_completion_tokens;
    }
    tgr_router_free(router);
    return reference;
}

static void reference_by_cost(void **state)
{
    (void)state;
    fit_data *data = data_with_costs();
    const float costs[3] = {0.25f, 0.5f, 0.5f};
    for (size_t model = 0; model < 3; model++) {
        data->cost[3 + model] = costs[model];
    }
    assert_int_equal(reference_of(data, NULL, NULL), 1); /* the first of equals */

    /* recorded costs of m0 alone; m1: 100 * 0.001 + 20 * 0.001 = 0.12, m2: flat 0.2 */
    data->cost[4] = data->cost[5] = NAN;
    const char *const prices[] = {"m1=0.001,0.001"}, *const flat[] = {"m2=0.2"};
    tgr_price_options options = {
        .size = sizeof options, .prices = prices, .price_count = 1, .costs = flat, .cost_count = 1};
    assert_int_equal(reference_of(data, &options, NULL), 0);
    data->cost[3] = 0.125f;
    assert_int_equal(reference_of(data, &options, NULL), 2);
    options.cost_count = 0;
    assert_int_equal(reference_of(data, &options, NULL), 0);

    /* the user's number of tokens wins over the mean of 20: 0.1 + 0.03 */
    const char *const given[] = {"m1=30", "m0=7"};
    options.completion_tokens = given;
    options.completion_token_count = 2;
    double tokens;
    assert_int_equal(reference_of(data, &options, &tokens), 1);
    assert_true(tokens == 7);
    options.completion_token_count = 0;
    assert_int_equal(reference_of(data, &options, &tokens), 0);
    assert_true(tokens == 10);
    data_free(data);
}

/* One model needs no cost to be the reference, and has no margins. */
static void single_model(void **state)
{
    (void)state;
    fit_data *data = data_new(2, 1, 1);
    data->has_score = true;
    data->x[0] = data->x[1] = 3;
    data->score[0] = 1;
    assert_int_equal(reference_of(data, NULL, NULL), 0);
    data_free(data);
}

static void ranks_from_the_top(void **state)
{
    (void)state;
    uint64_t random = SEED + 4;
    enum { COUNT = 1000 };
    float values[COUNT], sorted[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        double scale = pow(10, (double)(next_random(&random) % 60) - 30);
        values[i] = (float)(((double)(next_random(&random) % 2001) - 1000) * scale);
    }
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, COUNT, sizeof *sorted, falling);
    for (size_t rank = 1; rank <= COUNT; rank++) {
        float value;
        assert_int_equal(tgr_rank_from_top(values, COUNT, rank, &value, NULL), TGR_OK);
        assert_true(value == sorted[rank - 1]);
    }
}

static int make_folder(void **state)
{
    (void)state;
    folder_make(folder, sizeof folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example),
        cmocka_unit_test(random_data),
        cmocka_unit_test(models_in_the_order_asked),
        cmocka_unit_test(models_in_byte_order),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(files_are_taken_as_one),
        cmocka_unit_test(columns_in_another_order),
        cmocka_unit_test(files_with_different_models),
        cmocka_unit_test(reference_by_cost),
        cmocka_unit_test(single_model),
        cmocka_unit_test(ranks_from_the_top),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
