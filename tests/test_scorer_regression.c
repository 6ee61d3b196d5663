/* test_scorer_regression.c - bayes, ridge and mixed against dense solutions in doubles; the same
 * bits whatever the threads, the memory and the files. */
#include "tests/cmocka_all.h"

#include <tagroute/fit.h>

#include "engine/base/memory.h"
#include "tests/fit_data.h"

#define SEED 40127u

static char folder[256], path[300], other_path[300];

static tgr_router *fit_or_fail(const tgr_fit_options *options, tgr_fit_report *report, int threads)
{
    tgr_router *router;
    tgr_error error;
    const tgr_run run = {.size = sizeof run, .threads = threads};
    if (tgr_fit(options, NULL, &router, report, &run, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    return router;
}

static tgr_fit_options options_for(const char *scorer)
{
    static const char *const inputs[] = {path, other_path};
    tgr_fit_options options;
    tgr_fit_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    options.reference = "m0";
    options.scorer = scorer;
    options.min_count = 0;
    return options;
}

/* Score = something of the tags, and noise; a part of it is not judged, another only by outcome. */
static fit_data *random_data(size_t rows, size_t models, tgr_value_type type, uint64_t *random)
{
    fit_data *data = data_new(rows, 14, models);
    data->type = type;
    data->has_score = data->has_outcome = true;
    data_fill(data, 6, random);
    for (size_t i = 0; i < rows * models; i++) {
        if (!isnan(data->score[i])) {
            double gain = data->x[i / models * 14 + i % models] > 0 ? 0.6 : 0;
            data->score[i] = (float)((double)data->score[i] * 0.5 + gain);
        }
        if (next_random(random) % 9 == 0) {
            data->score[i] = NAN; /* its outcome remains */
        }
    }
    snprintf(data->tags[2], NAME_SIZE, "cat:c");
    data->category_tag = true;
    data_write(data, 0, rows, path);
    return data;
}

static double y_of(const fit_data *data, size_t row, size_t model)
{
    static const double rewards[] = {-1, (double)0.15f, 1};
    size_t place = row * data->models + model;
    bool others = false;
    for (size_t k = 1; k < data->models; k++) {
        others |= data->outcome[row * data->models + k] >= 0;
    }
    if (!isnan(data->score[place])) {
        return (double)data->score[place];
    }
    if (data->outcome[place] >= 0) {
        return rewards[data->outcome[place]];
    }
    return model == 0 && others ? rewards[1] : NAN;
}

static double x_of(const fit_data *data, size_t row, size_t column, tgr_count count)
{
    double x = data->x[row * data->columns + column];
    return x == 0 || count == TGR_COUNT_RAW ? x
           : count == TGR_COUNT_BINARY      ? 1
                                            : (double)(float)log1p(x);
}

static double mean_of(const fit_data *data, size_t model)
{
    double sum = 0, count = 0;
    for (size_t row = 0; row < data->rows; row++) {
        double y = y_of(data, row, model);
        sum += isnan(y) ? 0 : y;
        count += !isnan(y);
    }
    return sum / count;
}

/* (X'X + penalty) w = X'(y - mean), by Gaussian elimination; `columns` unknowns. */
static void solve_ridge(const fit_data *data, size_t model, tgr_count count, const double *penalty,
                        double *w)
{
    size_t n = data->columns;
    double *a = need(calloc(n * (n + 1), sizeof *a)), mean = mean_of(data, model);
    for (size_t row = 0; row < data->rows; row++) {
        double y = y_of(data, row, model);
        for (size_t i = 0; !isnan(y) && i < n; i++) {
            double x = x_of(data, row, i, count);
            for (size_t j = 0; j < n; j++) {
                a[i * (n + 1) + j] += x * x_of(data, row, j, count);
            }
            a[i * (n + 1) + n] += x * (y - mean);
        }
    }
    for (size_t i = 0; i < n; i++) {
        a[i * (n + 1) + i] += penalty[i];
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t row = i + 1; row < n; row++) {
            double factor = a[row * (n + 1) + i] / a[i * (n + 1) + i];
            for (size_t j = i; j <= n; j++) {
                a[row * (n + 1) + j] -= factor * a[i * (n + 1) + j];
            }
        }
    }
    for (size_t i = n; i-- > 0;) {
        w[i] = a[i * (n + 1) + n];
        for (size_t j = i + 1; j < n; j++) {
            w[i] -= a[i * (n + 1) + j] * w[j];
        }
        w[i] /= a[i * (n + 1) + i];
    }
    free(a);
}

/* expected: columns x models */
static void check_weights(const fit_data *data, const tgr_router *router, const double *expected,
                          double tolerance)
{
    for (size_t model = 0; model < data->models; model++) {
        assert_true(fabs((double)router->bias[model] - mean_of(data, model)) < 1e-6);
        for (size_t column = 0; column < data->columns; column++) {
            uint32_t tag =
                tgr_strings_find(router->tags, data->tags[column], strlen(data->tags[column]));
            if (tag == TGR_STRING_NONE) {
                continue; /* never there */
            }
            double found = (double)router->weights[tag * data->models + model];
            double wanted = expected[column * data->models + model];
            if (!(fabs(found - wanted) <= tolerance * (1 + fabs(wanted)))) {
                fail_msg("tag %zu, model %zu: %.9g, not %.9g", column, model, found, wanted);
            }
        }
    }
}

static void bayes_is_its_formula(void **state)
{
    (void)state;
    uint64_t random = SEED;
    for (int i = 0; i < 6; i++) {
        fit_data *data = random_data(160, 3, (tgr_value_type)(i % 3), &random);
        tgr_fit_options options = options_for("bayes");
        options.kappa = 1 + 3 * i;
        options.count = (tgr_count)(i / 2);
        double expected[14 * 3] = {0};
        for (size_t cell = 0; cell < 14 * 3; cell++) {
            double sum = 0, n = 0, mean = mean_of(data, cell % 3);
            for (size_t row = 0; row < data->rows; row++) {
                double y = y_of(data, row, cell % 3);
                double x = x_of(data, row, cell / 3, options.count);
                sum += isnan(y) ? 0 : x * (y - mean);
                n += isnan(y) ? 0 : x;
            }
            expected[cell] = sum / (n + options.kappa);
        }
        tgr_fit_report report;
        tgr_router *router = fit_or_fail(&options, &report, 2);
        check_weights(data, router, expected, 1e-6);
        assert_true(report.parameter == options.kappa);
        tgr_router_free(router);
        data_free(data);
    }
}

static void ridge_minimises_squares(void **state)
{
    (void)state;
    uint64_t random = SEED + 1;
    for (int i = 0; i < 6; i++) {
        fit_data *data = random_data(160, 3, i % 2 == 0 ? TGR_U8 : TGR_F32, &random);
        bool mixed = i >= 3;
        tgr_fit_options options = options_for(mixed ? "mixed" : "ridge");
        options.alpha = 0.5 + 7 * i;
        options.count = (tgr_count)(i % 3);
        double expected[14 * 3], penalty[14], w[14];
        for (size_t column = 0; column < 14; column++) {
            penalty[column] = options.alpha / (mixed && column == 2 ? 32 : 1);
        }
        for (size_t model = 0; model < 3; model++) {
            solve_ridge(data, model, options.count, penalty, w);
            for (size_t column = 0; column < 14; column++) {
                expected[column * 3 + model] = w[column];
            }
        }
        tgr_router *router = fit_or_fail(&options, NULL, 2);
        check_weights(data, router, expected, 1e-4);
        tgr_router_free(router);
        data_free(data);
    }
}

/* Threads, memory too small to hold the queries, and files change no bit, chosen parameter
 * included.
 */
static void always_the_same_bits(void **state)
{
    (void)state;
    static const char *const scorers[] = {"bayes", "ridge", "mixed"};
    uint64_t random = SEED + 2;
    for (size_t i = 0; i < 3; i++) {
        fit_data *data = random_data(300, 3, i == 1 ? TGR_F32 : TGR_U8, &random);
        tgr_fit_options options = options_for(scorers[i]);
        options.count = (tgr_count)((i + 1) % 3);
        tgr_fit_report report;
        tgr_router *router = fit_or_fail(&options, &report, 1);
        assert_true(report.parameter > 0);
        assert_int_equal(router->unknown_scorer_pairs, 1);
        for (int way = 0; way < 3; way++) {
            tgr_fit_options other = options;
            other.memory = way == 1 ? 1 : 0;
            if (way == 2) {
                data_write(data, 0, 130, path);
                data_write(data, 130, 300, other_path);
                other.input_count = 2;
            }
            tgr_router *again = fit_or_fail(&other, NULL, 2 + way);
            if (strcmp(router->digest, again->digest) != 0) {
                fail_msg("%s, way %d", scorers[i], way);
            }
            tgr_router_free(again);
        }
        tgr_router_free(router);
        data_free(data);
    }
}

/* A model more or less changes nothing of the others' weights. */
static void models_stand_alone(void **state)
{
    (void)state;
    uint64_t random = SEED + 3;
    fit_data *data = random_data(200, 4, TGR_U8, &random);
    static const char *const names[] = {"m0", "m3"};
    static const char *const scorers[] = {"bayes", "ridge"};
    for (size_t i = 0; i < 2; i++) {
        tgr_fit_options options = options_for(scorers[i]);
        if (i == 0) {
            options.kappa = 5;
        } else {
            options.alpha = 5;
        }
        tgr_router *all = fit_or_fail(&options, NULL, 2);
        options.models = names;
        options.model_count = 2;
        tgr_router *two = fit_or_fail(&options, NULL, 2);
        for (size_t tag = 0; tag < tgr_router_tags(two); tag++) {
            assert_true(two->weights[2 * tag + 1] == all->weights[4 * tag + 3]);
        }
        tgr_router_free(all);
        tgr_router_free(two);
    }
    data_free(data);
}

static void comparing_scorers(void **state)
{
    (void)state;
    uint64_t random = SEED + 4;
    fit_data *data = random_data(400, 2, TGR_U8, &random);
    tgr_fit_options options = options_for("paper");
    options.min_count = 2;
    tgr_fit_comparison *comparison, *again;
    tgr_error error;
    long live = tgr_mem_live();
    const tgr_run one = {.size = sizeof one, .threads = 1},
                  two = {.size = sizeof two, .threads = 2};
    if (tgr_fit_compare(&options, false, NULL, &comparison, &one, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(tgr_fit_compare(&options, false, NULL, &again, &two, NULL), TGR_OK);
    assert_int_equal(comparison->count, 4);
    assert_int_equal(comparison->folds, 5);
    assert_true(comparison->queries > 200 && comparison->queries <= 400);
    for (size_t i = 0; i < comparison->count; i++) {
        const tgr_fit_compared *scorer = &comparison->entries[i];
        assert_memory_equal(scorer->figures, again->entries[i].figures, sizeof scorer->figures);
        const tgr_fit_figure *auc = &scorer->figures[TGR_FIT_AUC];
        assert_true(auc->low < auc->value && auc->value < auc->high);
        assert_true(i == 0 ? isnan(scorer->gains[0].value) : !isnan(scorer->gains[0].value));
    }
    tgr_fit_comparison_free(comparison);
    tgr_fit_comparison_free(again);
    assert_int_equal(tgr_mem_live(), live);
    data_free(data);
}

static void parameters_are_checked(void **state)
{
    (void)state;
    uint64_t random = SEED + 5;
    data_free(random_data(40, 2, TGR_U8, &random));
    static const struct {
        const char *scorer;
        double kappa, alpha;
        const char *words;
    } wrong[] = {{"bayes", 0, NAN, "kappa"},
                 {"bayes", INFINITY, NAN, "kappa"},
                 {"ridge", NAN, -1, "alpha"},
                 {"ridge", 3, NAN, "has no kappa"},
                 {"paper", NAN, 3, "has no alpha"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tgr_fit_options options = options_for(wrong[i].scorer);
        tgr_router *router;
        tgr_error error;
        options.kappa = wrong[i].kappa;
        options.alpha = wrong[i].alpha;
        assert_int_equal(tgr_fit(&options, NULL, &router, NULL, NULL, &error), TGR_ERR_ARGUMENT);
        assert_non_null(strstr(error.message, wrong[i].words));
    }
}

static void memory_running_out(void **state)
{
    (void)state;
    uint64_t random = SEED + 6;
    data_free(random_data(30, 2, TGR_F32, &random));
    static const char *const scorers[] = {"bayes", "ridge"};
    const tgr_run run = {.size = sizeof run, .threads = 1};
    for (size_t i = 0; i < 2; i++) {
        tgr_fit_options options = options_for(scorers[i]);
        options.count = TGR_COUNT_RAW;
        long live = tgr_mem_live(), allowed = 0, failed = 0;
        for (bool done = false; !done; allowed += 1 + allowed / 20) {
            tgr_router *router = NULL;
            tgr_mem_fail_after(allowed);
            tgr_status status = tgr_fit(&options, NULL, &router, NULL, &run, NULL);
            tgr_mem_fail_after(-1);
            tgr_router_free(router);
            assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
            assert_int_equal(tgr_mem_live(), live);
            done = status == TGR_OK;
            failed += !done;
        }
        assert_true(failed > 20);
    }
}

static int enter(void **state)
{
    (void)state;
    folder_make(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/queries.h5", folder);
    snprintf(other_path, sizeof other_path, "%s/others.h5", folder);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    return folder_remove(folder);
}

int main(void)
{
    printf("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bayes_is_its_formula), cmocka_unit_test(ridge_minimises_squares),
        cmocka_unit_test(always_the_same_bits), cmocka_unit_test(models_stand_alone),
        cmocka_unit_test(comparing_scorers),    cmocka_unit_test(parameters_are_checked),
        cmocka_unit_test(memory_running_out),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
