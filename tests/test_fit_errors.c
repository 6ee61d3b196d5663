/* test_fit_errors.c - what fit refuses, what it says then, what it warns of, and memory running
 * out. */
#include "tests/cmocka_all.h"

#include <tagroute/fit.h>
#include <tagroute/prices.h>

#include "engine/base/memory.h"
#include "tests/fit_data.h"

#define SEED 55117u

static char folder[256], path[300], other_path[300];

/* Six queries, four tags, three models, outcomes of all but m2. */
static fit_data *small_data(void)
{
    fit_data *data = data_new(6, 4, 3);
    data->has_outcome = true;
    for (size_t row = 0; row < 6; row++) {
        for (size_t tag = 0; tag < 4; tag++) {
            data->x[4 * row + tag] = (double)(tag + 1);
        }
        data->outcome[3 * row] = 1;
        data->outcome[3 * row + 1] = (int8_t)(row % 3);
    }
    return data;
}

static tgr_fit_options default_options(void)
{
    static const char *const inputs[] = {path, other_path};
    tgr_fit_options options;
    tgr_fit_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    options.reference = "m0";
    return options;
}

static void collect_message(void *user, tgr_level level, const char *sentence)
{
    char *text = user;
    size_t length = strlen(text);
    if (level == TGR_DETAIL) {
        return;
    }
    snprintf(text + length, 2000 - length, "%s%s\n", level == TGR_WARNING ? "warning: " : "",
             sentence);
}

static void expect_failure(const tgr_fit_options *options, const tgr_price_options *prices,
                           tgr_status expected, const char *const *words)
{
    long live = tgr_mem_live();
    tgr_router *router = (tgr_router *)(void *)&live;
    tgr_error error = {0};
    tgr_status status = tgr_fit(options, prices, &router, NULL, NULL, &error);
    if (status != expected) {
        fail_msg("%s instead of %s: %s", tgr_status_name(status), tgr_status_name(expected),
                 error.message);
    }
    assert_null(router);
    assert_int_equal(error.status, expected);
    for (; *words != NULL; words++) {
        if (strstr(error.message, *words) == NULL) {
            fail_msg("no \"%s\" in: %s", *words, error.message);
        }
    }
    assert_int_equal(tgr_mem_live(), live);
}

#define EXPECT(options, prices, status, ...)                                                       \
    expect_failure(options, prices, status, (const char *const[]){__VA_ARGS__, NULL})

/* Fits and returns what was said; the caller's text has 2000 bytes. */
static void expect_success(const tgr_fit_options *options, char *said)
{
    const tgr_run run = {.size = sizeof run, .message = collect_message, .user = said};
    tgr_router *router;
    tgr_error error;
    said[0] = '\0';
    if (tgr_fit(options, NULL, &router, NULL, &run, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    tgr_router_free(router);
}

static void options_are_checked(void **state)
{
    (void)state;
    fit_data *data = small_data();
    data_write(data, 0, 6, path);
    tgr_fit_options options = default_options();
    options.size = 0;
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "size");
    options.size = sizeof options + 1;
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "size");
    EXPECT(NULL, NULL, TGR_ERR_ARGUMENT, "options");
    options = default_options();
    options.input_count = 0;
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "no query file");
    options = default_options();
    options.scorer = "newspaper";
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "newspaper", "paper");
    options = default_options();
    options.scorer = NULL;
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "paper");
    options = default_options();
    options.count = (tgr_count)7;
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "7");
    const double bad[] = {NAN, INFINITY, -1};
    for (size_t i = 0; i < 3; i++) {
        options = default_options();
        options.min_count = bad[i];
        EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "minimum count");
        options = default_options();
        options.rewards[i] = i == 0 ? NAN : INFINITY;
        EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "rewards");
    }
    data_free(data);
}

/* A caller built with older headers, whose structure ends before the rewards. */
static void older_options(void **state)
{
    (void)state;
    fit_data *data = small_data();
    data_write(data, 0, 6, path);
    tgr_fit_options options = default_options();
    options.rewards[0] = NAN;
    options.size = offsetof(tgr_fit_options, rewards);
    char said[2000];
    expect_success(&options, said);
    data_free(data);
}

static void names_are_checked(void **state)
{
    (void)state;
    fit_data *data = small_data();
    strcpy(data->names[1], "mixtral-8x7b");
    data_write(data, 0, 6, path);
    tgr_fit_options options = default_options();
    const char *const unknown[] = {"m0", "mixtral-8x7", "m2"};
    options.models = unknown;
    options.model_count = 3;
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "\"mixtral-8x7\"", "near: mixtral-8x7b", "m0", "m2");
    const char *const twice[] = {"m0", "m2", "m0"};
    options.models = twice;
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "\"m0\"", "twice");
    const char *const nameless[] = {"m0", NULL};
    options.models = nameless;
    options.model_count = 2;
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "2");
    options.models = NULL;
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "names");
    options = default_options();
    options.reference = "m9";
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "\"m9\"", "m0");
    const char *const without_reference[] = {"m2"};
    options = default_options();
    options.models = without_reference;
    options.model_count = 1;
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "\"m0\"", "m2");
    options = default_options();
    options.reference = NULL;
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "--reference", "m0", "mixtral-8x7b", "m2");
    const char *const prices[] = {"m7=1,2"};
    tgr_price_options price_options = {
        .size = sizeof price_options, .prices = prices, .price_count = 1};
    EXPECT(&options, &price_options, TGR_ERR_ARGUMENT, "m7");
    data_free(data);
}

static void splits_are_checked(void **state)
{
    (void)state;
    fit_data *data = small_data();
    data->has_split = true;
    for (size_t row = 0; row < 6; row++) {
        data->split[row] = 1;
    }
    data_write(data, 0, 6, path);
    tgr_fit_options options = default_options();
    EXPECT(&options, NULL, TGR_ERR_INPUT, path, "split", "train");
    options.split = "dev";
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "dev", "train, test");
    options.split = "test";
    char said[2000];
    expect_success(&options, said);
    options.split = "";
    expect_success(&options, said);
    data_free(data);
}

static void nothing_to_learn(void **state)
{
    (void)state;
    fit_data *data = small_data();
    data_write(data, 0, 6, path);
    tgr_fit_options options = default_options();
    options.min_count = 25;
    EXPECT(&options, NULL, TGR_ERR_INPUT, path, "4 tags", "25", "--min-count");
    options = default_options();
    for (size_t i = 0; i < 18; i++) {
        data->outcome[i] = -1;
    }
    data->has_score = true;
    data->score[1] = 1; /* but none of the reference */
    data_write(data, 0, 6, path);
    EXPECT(&options, NULL, TGR_ERR_INPUT, path, "m0", "--reference");
    memset(data->x, 0, 24 * sizeof *data->x);
    data_write(data, 0, 6, path);
    EXPECT(&options, NULL, TGR_ERR_INPUT, path, "tag");
    data_free(data);

    data = data_new(3, 2, 0);
    data->x[0] = 1;
    data_write(data, 0, 3, path);
    EXPECT(&options, NULL, TGR_ERR_INPUT, path, "models");
    data_free(data);
}

static void values_beyond_exact(void **state)
{
    (void)state;
    fit_data *data = small_data();
    data->type = TGR_F32;
    data->has_split = true;
    const int32_t split[6] = {0, 1, 0, -1, 1, 0};
    memcpy(data->split, split, sizeof split);
    data->x[5 * 4 + 2] = -5e6;
    data_write(data, 0, 6, path);
    tgr_fit_options options = default_options();
    EXPECT(&options, NULL, TGR_ERR_INPUT, path, "row 5", "4194304", "--count binary");
    options.split = "";
    EXPECT(&options, NULL, TGR_ERR_INPUT, path, "row 5");
    options.count = TGR_COUNT_BINARY;
    char said[2000];
    expect_success(&options, said);
    options.split = "test";
    options.count = TGR_COUNT_RAW;
    expect_success(&options, said);

    data->x[5 * 4 + 2] = 1;
    data->has_score = true;
    data->score[2 * 3 + 1] = 1e7f;
    data_write(data, 0, 6, path);
    options.split = NULL;
    EXPECT(&options, NULL, TGR_ERR_INPUT, path, "row 2", "score", "m1");
    data->x[5 * 4 + 2] = -1.5;
    data->score[2 * 3 + 1] = 0;
    data_write(data, 0, 6, path);
    expect_success(&options, said);
    options.count = TGR_COUNT_LOG;
    EXPECT(&options, NULL, TGR_ERR_INPUT, path, "-1.5");
    data_free(data);
}

static void expect_with_threads(const tgr_fit_options *options, const char *words)
{
    for (int threads = 1; threads <= 4; threads++) {
        const tgr_run run = {.size = sizeof run, .threads = threads};
        tgr_router *router;
        tgr_error error = {0};
        assert_int_equal(tgr_fit(options, NULL, &router, NULL, &run, &error), TGR_ERR_INPUT);
        assert_null(router);
        if (strstr(error.message, words) == NULL) {
            fail_msg("%d threads: no \"%s\" in: %s", threads, words, error.message);
        }
    }
}

/* Of many bad values the same one is named, however rows fall to threads. */
static void the_first_is_named(void **state)
{
    (void)state;
    enum { ROWS = 1500 };
    fit_data *data = data_new(ROWS, 2, 2);
    data->type = TGR_F32;
    data->has_outcome = data->has_score = data->has_cost = data->has_prompt = true;
    for (size_t row = 0; row < ROWS; row++) {
        data->x[2 * row] = row == 700 || row == 701 || row > 1200 ? 5e6 : 1;
        data->x[2 * row + 1] = row == 702 ? 5e6 : 1;
        data->outcome[2 * row + 1] = (int8_t)(row % 3);
        data->score[2 * row] = row >= 300 ? 1e8f : 1;
        data->cost[2 * row + 1] = row == 900 || row == 1400 ? -1.0f : 1.0f;
        data->prompt[row] = row == 20 || row == 600 ? 1e9 : 1;
    }
    data_write(data, 0, ROWS, path);
    tgr_fit_options options = default_options();
    options.reference = NULL;
    expect_with_threads(&options, "row 900 of /obsm/cost holds -1");
    data->cost[2 * 900 + 1] = data->cost[2 * 1400 + 1] = 1;
    data_write(data, 0, ROWS, path);
    expect_with_threads(&options, "row 300 holds a score of model m0");
    data->has_score = false;
    data_write(data, 0, ROWS, path);
    expect_with_threads(&options, "row 20 holds a number of prompt tokens");
    options.reference = "m0";
    expect_with_threads(&options, "row 700 holds a tag weight");
    data_free(data);
}

/* Weights that nearly cancel make a ratio that float32 cannot hold. */
static void scores_beyond_float(void **state)
{
    (void)state;
    fit_data *data = data_new(400, 1, 1);
    data->type = TGR_F32;
    data->has_outcome = true;
    for (size_t row = 0; row < 400; row++) {
        data->x[row] = 4194304;
        data->outcome[row] = row < 2 ? 2 : -1;
    }
    data->outcome[2] = 0;
    data->x[1] = 0x1p-40;
    data->x[2] = -4194304;
    data_write(data, 0, 400, path);
    tgr_fit_options options = default_options();
    options.rewards[0] = 1e30;
    EXPECT(&options, NULL, TGR_ERR_INPUT, "\"t0\"", "m0");
    data_free(data);
}

static void taggers_must_agree(void **state)
{
    (void)state;
    fit_data *data = small_data();
    data_write(data, 0, 6, path);
    data->category_tag = true;
    data_write(data, 0, 6, other_path);
    tgr_fit_options options = default_options();
    options.input_count = 2;
    EXPECT(&options, NULL, TGR_ERR_INPUT, path, other_path, "tagged");
    data_write(data, 0, 6, path);
    const tgr_run run = {.size = sizeof run, .threads = 1};
    tgr_router *router;
    assert_int_equal(tgr_fit(&options, NULL, &router, NULL, &run, NULL), TGR_OK);
    assert_true(router->category_tag);
    char digest[33];
    tgr_tagger_digest("given", true, digest);
    assert_string_equal(router->tagger_digest, digest);
    tgr_router_free(router);
    data->tagger_digest = "0123456789abcdef0123456789abcdef";
    data_write(data, 0, 6, path);
    options.input_count = 1;
    EXPECT(&options, NULL, TGR_ERR_INPUT, path, "version");
    data_free(data);
}

static void warnings(void **state)
{
    (void)state;
    fit_data *data = small_data();
    data_write(data, 0, 6, path);
    tgr_fit_options options = default_options();
    char said[2000];
    expect_success(&options, said);
    assert_non_null(strstr(said, "warning: no training query is judged for model m2"));
    assert_null(strstr(said, "reference"));
    options.reference = "m2";
    expect_success(&options, said);
    assert_non_null(strstr(said, "warning: neither score nor outcome of the reference m2"));
    assert_null(strstr(said, "is judged for"));
    const char *const recorded[] = {"m0", "m1"}; /* everything: nothing is to be said */
    options.models = recorded;
    options.model_count = 2;
    options.reference = "m1";
    expect_success(&options, said);
    assert_string_equal(said, "");
    options = default_options();
    data->has_cost = true;
    data->cost[1] = 0.5f;
    data_write(data, 0, 6, path);
    options.reference = NULL;
    expect_success(&options, said);
    assert_non_null(strstr(said, "the cost of model m0 is not known; m1 is the reference"));
    for (size_t row = 0; row < 6; row++) {
        data->outcome[3 * row] = -1;
    }
    data_write(data, 0, 6, path);
    options.reference = "m1";
    expect_success(&options, said);
    assert_non_null(strstr(said, "is judged for 2 models, such as m0"));
    data_free(data);
}

/* Two files of 513 models each, none of them in both. */
static void too_many_models(void **state)
{
    (void)state;
    fit_data *data = data_new(1, 1, 513), *other = data_new(1, 1, 513);
    const char *names[1026];
    data->has_outcome = other->has_outcome = true;
    data->x[0] = other->x[0] = 7;
    data->outcome[0] = other->outcome[0] = 2;
    for (size_t i = 0; i < 513; i++) {
        snprintf(other->names[i], NAME_SIZE, "n%zu", i);
        names[i] = data->names[i];
        names[513 + i] = other->names[i];
    }
    data_write(data, 0, 1, path);
    data_write(other, 0, 1, other_path);
    tgr_fit_options options = default_options();
    options.input_count = 2;
    EXPECT(&options, NULL, TGR_ERR_INPUT, "1026", "--models");
    options.models = names;
    options.model_count = 1026;
    EXPECT(&options, NULL, TGR_ERR_ARGUMENT, "1026");
    options.model_count = 1024;
    char said[2000];
    expect_success(&options, said);
    data_free(data);
    data_free(other);
}

static void cancellation(void **state)
{
    (void)state;
    fit_data *data = small_data();
    data_write(data, 0, 6, path);
    const tgr_fit_options options = default_options();
    const volatile sig_atomic_t cancel = 1;
    const tgr_run run = {.size = sizeof run, .cancel = &cancel};
    tgr_router *router;
    long live = tgr_mem_live();
    assert_int_equal(tgr_fit(&options, NULL, &router, NULL, &run, NULL), TGR_ERR_CANCELLED);
    assert_int_equal(tgr_mem_live(), live);
    data_free(data);
}

/* Every allocation fails once, with all after it. */
static void memory_runs_out(void **state)
{
    (void)state;
    uint64_t random = SEED;
    fit_data *data = data_new(30, 8, 3);
    data->has_score = data->has_outcome = data->has_cost = data->has_split = true;
    data_fill(data, 3, &random);
    data_write(data, 0, 30, path);
    data_write(data, 0, 20, other_path);
    tgr_fit_options options = default_options();
    options.input_count = 2;
    options.count = TGR_COUNT_LOG;
    options.min_count = 1;
    options.reference = NULL;
    const char *const prices[] = {"m1=1,2"};
    const tgr_price_options price_options = {
        .size = sizeof price_options, .prices = prices, .price_count = 1};
    const tgr_run run = {.size = sizeof run, .threads = 2};
    long live = tgr_mem_live();
    tgr_status status = TGR_ERR_NOMEM;
    for (long n = 0; status != TGR_OK; n++) {
        tgr_router *router;
        tgr_error error;
        tgr_mem_fail_after(n);
        status = tgr_fit(&options, &price_options, &router, NULL, &run, &error);
        tgr_mem_fail_after(-1);
        if (status != TGR_OK && status != TGR_ERR_NOMEM) {
            fail_msg("allocation %ld: %s: %s", n, tgr_status_name(status), error.message);
        }
        tgr_router_free(router);
        assert_int_equal(tgr_mem_live(), live);
        assert_true(n < 20000);
    }
    data_free(data);
}

static int make_folder(void **state)
{
    (void)state;
    folder_make(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/one.h5", folder);
    snprintf(other_path, sizeof other_path, "%s/two.h5", folder);
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
        cmocka_unit_test(options_are_checked), cmocka_unit_test(older_options),
        cmocka_unit_test(names_are_checked),   cmocka_unit_test(splits_are_checked),
        cmocka_unit_test(nothing_to_learn),    cmocka_unit_test(values_beyond_exact),
        cmocka_unit_test(the_first_is_named),  cmocka_unit_test(scores_beyond_float),
        cmocka_unit_test(taggers_must_agree),  cmocka_unit_test(warnings),
        cmocka_unit_test(too_many_models),     cmocka_unit_test(cancellation),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
