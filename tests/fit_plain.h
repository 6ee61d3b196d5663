/* fit_plain.h - fit once more, plainly: dense, in doubles, a number at a time. For tests. */
#ifndef TGR_TESTS_FIT_PLAIN_H
#define TGR_TESTS_FIT_PLAIN_H

#include <tagroute/fit.h>

#include "tests/fit_data.h"

typedef struct plain {
    const fit_data *data;
    const tgr_fit_options *options;
    tgr_count count;
    bool all_rows;
    size_t models, reference;
    size_t *model;  /* place in the data's models */
    size_t *column; /* kept tags, in order */
    double *n;      /* by column of the data */
    bool *seen;
    size_t tags;
    tgr_fit_report report;
} plain;

static inline bool in_training(const plain *p, size_t row)
{
    return p->all_rows || p->data->split[row] == 0;
}

static inline double score_of(const plain *p, size_t row, size_t model)
{
    size_t place = row * p->data->models + p->model[model];
    return p->data->has_score ? (double)p->data->score[place] : NAN;
}

static inline int recorded(const plain *p, size_t row, size_t model)
{
    size_t place = row * p->data->models + p->model[model];
    return p->data->has_outcome ? p->data->outcome[place] : -1;
}

static inline int judge(const plain *p, size_t row, size_t model, bool *derived, bool *assumed)
{
    *derived = *assumed = false;
    if (recorded(p, row, model) >= 0) {
        return recorded(p, row, model);
    }
    double own = score_of(p, row, model), other = score_of(p, row, p->reference);
    if (!isnan(own) && !isnan(other)) {
        *derived = true;
        if (model == p->reference) {
            return own > 0 ? 1 : 0;
        }
        return own > other ? 2 : own == other && own > 0 ? 1 : 0;
    }
    for (size_t k = 0; model == p->reference && k < p->models; k++) {
        if (k != p->reference && recorded(p, row, k) >= 0) {
            *assumed = true;
            return 1;
        }
    }
    return -1;
}

static inline double rounded(double x)
{
    return nearbyint(x * 0x1p40) * 0x1p-40;
}

static inline double x_of(const plain *p, size_t row, size_t column)
{
    double x = p->data->x[row * p->data->columns + column];
    if (x == 0 || p->count == TGR_COUNT_RAW) {
        return x;
    }
    return p->count == TGR_COUNT_BINARY ? 1 : (double)(float)log1p(x);
}

static const plain *sorting; /* qsort takes no context */

static inline int by_count_and_name(const void *left, const void *right)
{
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    if (sorting->n[a] != sorting->n[b]) {
        return sorting->n[a] > sorting->n[b] ? -1 : 1;
    }
    return strcmp(sorting->data->tags[a], sorting->data->tags[b]);
}

static inline void count_plainly(plain *p)
{
    size_t columns = p->data->columns;
    p->n = need(calloc(columns, sizeof *p->n));
    p->seen = need(calloc(columns, sizeof *p->seen));
    p->column = need(malloc(columns * sizeof *p->column));
    for (size_t row = 0; row < p->data->rows; row++) {
        p->report.training += in_training(p, row);
        for (size_t column = 0; in_training(p, row) && column < columns; column++) {
            double x = p->data->x[row * columns + column];
            p->n[column] += p->count == TGR_COUNT_BINARY ? x != 0 : rounded(x);
            p->seen[column] |= x != 0;
        }
    }
    for (size_t column = 0; column < columns; column++) {
        p->report.tags_seen += p->seen[column];
        if (p->seen[column] && p->n[column] >= p->options->min_count) {
            p->column[p->tags++] = column;
        }
    }
    p->report.tags = p->tags;
    p->report.queries = p->data->rows;
    p->report.models = p->models;
    sorting = p;
    qsort(p->column, p->tags, sizeof *p->column, by_count_and_name);
}

static inline double reward(const plain *p, const double outcomes[3])
{
    const double *r = p->options->rewards;
    return r[0] * outcomes[2] + r[1] * outcomes[1] + r[2] * outcomes[0];
}

/* W of one model, and its mean reward. */
static inline double solve_plainly(plain *p, size_t model, float *weights)
{
    double total = 0, overall[3] = {0}, (*by_tag)[3] = need(calloc(p->tags, sizeof *by_tag));
    for (size_t row = 0; row < p->data->rows; row++) {
        bool derived, assumed;
        int outcome = in_training(p, row) ? judge(p, row, model, &derived, &assumed) : -1;
        if (outcome < 0) {
            continue;
        }
        p->report.judged++;
        p->report.derived += derived;
        p->report.assumed_ties += assumed;
        overall[outcome]++;
        for (size_t tag = 0; tag < p->tags; tag++) {
            by_tag[tag][outcome] += rounded(x_of(p, row, p->column[tag]));
        }
    }
    for (size_t tag = 0; tag < p->tags; tag++) {
        total += p->n[p->column[tag]];
    }
    double judged = overall[0] + overall[1] + overall[2];
    double mean = reward(p, overall) / judged;
    for (size_t tag = 0; tag < p->tags; tag++) {
        double n = p->n[p->column[tag]];
        double n_k = by_tag[tag][0] + by_tag[tag][1] + by_tag[tag][2];
        double sum = n_k == 0 ? n * mean : reward(p, by_tag[tag]) * (n / n_k);
        weights[tag * p->models + model] = judged == 0 ? 0 : (float)(-expm1(-n) / total * sum);
    }
    free(by_tag);
    return mean;
}

static inline int falling(const void *left, const void *right)
{
    float a = *(const float *)left, b = *(const float *)right;
    return (a < b) - (a > b);
}

static inline void check_quantiles(const plain *p, const tgr_router *router, const float *weights)
{
    if (p->models == 1) {
        assert_int_equal(router->quantile_count, 0);
        return;
    }
    float *margins = need(malloc(p->data->rows * sizeof *margins));
    size_t *tag_of = need(malloc(p->data->columns * sizeof *tag_of)), count = 0;
    memset(tag_of, 0xff, p->data->columns * sizeof *tag_of);
    for (size_t tag = 0; tag < p->tags; tag++) {
        tag_of[p->column[tag]] = tag;
    }
    for (size_t row = 0; row < p->data->rows; row++) {
        float best = -INFINITY, reference = 0;
        for (size_t model = 0; model < p->models; model++) {
            float score = 0;
            for (size_t column = 0; column < p->data->columns; column++) {
                float x = (float)x_of(p, row, column);
                if (x != 0 && tag_of[column] != SIZE_MAX) {
                    score = fmaf(x, weights[tag_of[column] * p->models + model], score);
                }
            }
            reference = model == p->reference ? score : reference;
            best = model != p->reference && score > best ? score : best;
        }
        if (in_training(p, row)) {
            margins[count++] = best - reference;
        }
    }
    qsort(margins, count, sizeof *margins, falling);
    assert_int_equal(router->quantile_count, 9);
    for (size_t i = 0; i < 9; i++) {
        assert_true(router->quantiles[i].share == (double)(i + 1) / 10);
        size_t rank = ((i + 1) * count + 9) / 10;
        assert_true(router->quantiles[i].threshold == (double)margins[rank - 1]);
    }
    free(margins);
    free(tag_of);
}

static inline void check_mean(const plain *p, size_t model, const float *values, bool has,
                              double found)
{
    double sum = 0;
    size_t count = 0;
    for (size_t row = 0; row < p->data->rows; row++) {
        float value = values[row * p->data->models + p->model[model]];
        if (has && in_training(p, row) && !isnan(value)) {
            sum += rounded((double)value);
            count++;
        }
    }
    assert_true(count == 0 ? isnan(found) : found == sum / (double)count);
}

static inline void check_model(const plain *p, const tgr_router *router, size_t model,
                               double mean_reward)
{
    const fit_data *data = p->data;
    const tgr_model *one = &router->models[model];
    assert_string_equal(one->name, data->names[p->model[model]]);
    check_mean(p, model, data->cost, data->has_cost, one->mean_cost);
    check_mean(p, model, data->tokens, data->has_tokens, one->mean_completion_tokens);
    check_mean(p, model, data->score, data->has_score, one->mean_score);
    assert_true(isnan(mean_reward) ? isnan(one->mean_reward) : one->mean_reward == mean_reward);
    assert_true(router->bias[model] == 0 && !signbit(router->bias[model]));
}

static inline void check_report(const tgr_fit_report *found, const tgr_fit_report *expected)
{
    assert_int_equal(found->queries, expected->queries);
    assert_int_equal(found->training, expected->training);
    assert_int_equal(found->tags_seen, expected->tags_seen);
    assert_int_equal(found->tags, expected->tags);
    assert_int_equal(found->models, expected->models);
    assert_int_equal(found->judged, expected->judged);
    assert_int_equal(found->derived, expected->derived);
    assert_int_equal(found->assumed_ties, expected->assumed_ties);
}

/* A router against the plain one. model: NULL, or places in the data's models. */
static inline void check_router(const fit_data *data, const tgr_fit_options *options,
                                const tgr_router *router, const tgr_fit_report *report,
                                const size_t *model, size_t models, bool all_rows)
{
    plain p = {.data = data, .options = options, .all_rows = all_rows, .models = models};
    p.count = options->count == TGR_COUNT_DEFAULT ? TGR_COUNT_RAW : options->count;
    p.reference = router->reference;
    p.model = need(malloc(models * sizeof *p.model));
    for (size_t i = 0; i < models; i++) {
        p.model[i] = model == NULL ? i : model[i];
    }
    count_plainly(&p);
    assert_int_equal(tgr_router_models(router), models);
    assert_int_equal(tgr_router_tags(router), p.tags);
    for (size_t tag = 0; tag < p.tags; tag++) {
        assert_string_equal(tgr_router_tag(router, tag), data->tags[p.column[tag]]);
        assert_true(router->counts[tag] == p.n[p.column[tag]]);
    }
    float *weights = need(malloc(p.tags * models * sizeof *weights));
    for (size_t k = 0; k < models; k++) {
        check_model(&p, router, k, solve_plainly(&p, k, weights));
    }
    assert_memory_equal(weights, router->weights, p.tags * models * sizeof *weights);
    check_quantiles(&p, router, weights);
    check_report(report, &p.report);
    free(weights);
    free(p.column);
    free(p.n);
    free(p.seen);
    free(p.model);
}

#endif
