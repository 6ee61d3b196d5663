/* bayes.c - each tag's mean, centred and shrunk towards the model's own.
 *
 *   W[t,k] = sum over judged q of x_qt (y_qk - mean_k) / (n_tk + kappa),  b_k = mean_k
 *
 * kappa counts as that many queries at which the tag does nothing: rare tags say little.
 */
#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/scorer/candidates.h"
#include "engine/scorer/scorer.h"

static const double kappas[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
#define KAPPAS        (sizeof kappas / sizeof kappas[0])
#define DEFAULT_KAPPA 20.0

/* Memory that the weights of candidates judged at once may take. */
#define CANDIDATE_BYTES ((size_t)256 << 20)

/* Of sums of one fold. */
static double weight_of(const tgr_value_sums *sums, size_t tag, size_t model, double mean,
                        double kappa)
{
    size_t place = tag * sums->models + model;
    double n = tgr_exact_value(sums->x[place]), divisor = n + kappa;
    return isnan(mean) || divisor == 0 ? 0
                                       : fma(-mean, n, tgr_exact_value(sums->xy[place])) / divisor;
}

static tgr_status fill_candidates(tgr_candidates *candidates, const tgr_value_sums *sums,
                                  const double *kappa, tgr_error *error)
{
    for (size_t fold = 0; fold < candidates->folds; fold++) {
        tgr_value_sums rest;
        if (!tgr_value_sums_without(sums, (int)fold, &rest)) {
            tgr_value_sums_free(&rest);
            return tgr_fail_memory(error, "the sums without a fold");
        }
        for (size_t model = 0; model < sums->models; model++) {
            double mean = tgr_value_mean(&rest, model);
            for (size_t i = 0; i < candidates->count; i++) {
                size_t column = (i * candidates->folds + fold) * sums->models + model;
                candidates->bias[column] = isnan(mean) ? 0 : mean;
                for (size_t tag = 0; tag < sums->tags; tag++) {
                    candidates->weights[tag * candidates->columns + column] =
                        weight_of(&rest, tag, model, mean, kappa[i]);
                }
            }
        }
        tgr_value_sums_free(&rest);
    }
    return TGR_OK;
}

static tgr_status choose(tgr_learning *learning, size_t reference, tgr_error *error)
{
    const tgr_value_sums *sums = learning->values;
    size_t each = sums->tags * learning->folds * sums->models * sizeof(double);
    size_t at_once = each == 0 || each < CANDIDATE_BYTES / KAPPAS ? KAPPAS
                     : each < CANDIDATE_BYTES                     ? CANDIDATE_BYTES / each
                                                                  : 1;
    double worth[KAPPAS], best = -INFINITY;
    for (size_t i = 0; i < KAPPAS; i += at_once) {
        size_t count = KAPPAS - i < at_once ? KAPPAS - i : at_once;
        tgr_candidates candidates;
        tgr_status status = tgr_candidates_open(&candidates, count, learning->folds, sums->tags,
                                                sums->models, reference)
                                ? fill_candidates(&candidates, sums, kappas + i, error)
                                : tgr_fail_memory(error, "the weights to choose kappa by");
        if (status == TGR_OK) {
            status = tgr_candidates_judge(&candidates, learning->rows, learning->threads, worth + i,
                                          learning->run, error);
        }
        tgr_candidates_free(&candidates);
        if (status != TGR_OK) {
            return status;
        }
    }
    learning->parameter = DEFAULT_KAPPA;
    for (size_t i = 0; i < KAPPAS; i++) {
        if (worth[i] > best) { /* NaN is not */
            best = worth[i];
            learning->parameter = kappas[i];
        }
    }
    tgr_run_message(learning->run, TGR_DETAIL,
                    "kappa %g: held-out differences correlate by %.4f with those measured",
                    learning->parameter, best);
    return TGR_OK;
}

static tgr_status learn(tgr_learning *learning, const tgr_router *settings, float *weights,
                        float *bias, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_value_sums sums;
    if (isnan(learning->parameter)) {
        status = choose(learning, settings->reference, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    if (!tgr_value_sums_without(learning->values, -1, &sums)) {
        tgr_value_sums_free(&sums);
        return tgr_fail_memory(error, "the sums of all folds");
    }
    for (size_t model = 0; model < sums.models; model++) {
        double mean = tgr_value_mean(&sums, model);
        bias[model] = isnan(mean) ? 0 : (float)mean;
        for (size_t tag = 0; tag < sums.tags; tag++) {
            weights[tag * sums.models + model] =
                (float)weight_of(&sums, tag, model, mean, learning->parameter);
        }
    }
    tgr_value_sums_free(&sums);
    return status;
}

const tgr_scorer tgr_scorer_bayes = {.name = "bayes",
                                     .default_count = TGR_COUNT_BINARY,
                                     .parameter = "kappa",
                                     .wants_values = true,
                                     .learn = learn};
