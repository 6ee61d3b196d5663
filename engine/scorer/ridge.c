/* ridge.c - least squares with a penalty on the weights' squares, model by model.
 *
 *   W_k minimises sum over judged q of (y_qk - b_k - x_q W_k)^2 + alpha ||W_k||^2,  b_k = mean_k
 *
 * Unlike bayes it knows that tags come together, and does not count what they share twice.
 */
#include "engine/scorer/ridge.h"

#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/scorer/candidates.h"
#include "engine/scorer/ridge_system.h"

#define LARGEST_ALPHA 65536.0
#define LEAST_ALPHA   (1.0 / 16)
#define COARSE        4.0 /* from one alpha tried to the next */
#define DEFAULT_ALPHA 1024.0
#define WORSE_IN_TURN 1 /* after which smaller ones are not tried */

#define ROUGH 2e-3 /* the residual's size where alphas are compared, */
#define FINE  1e-5 /* and in the end */

typedef struct choosing {
    tgr_learning *learning;
    tgr_ridge_system system;
    const double *relative;
    size_t reference;
    double best, best_alpha;
} choosing;

static void set_penalty(tgr_ridge_system *system, const double *relative, double alpha)
{
    for (size_t tag = 0; tag < system->tags; tag++) {
        system->penalty[tag] = alpha * relative[tag];
    }
}

/* Held-out worth of an alpha. The solution before is where this one starts from. */
static tgr_status try_alpha(choosing *work, double alpha, double *worth, tgr_error *error)
{
    tgr_ridge_system *system = &work->system;
    set_penalty(system, work->relative, alpha);
    tgr_status status = tgr_ridge_solve(system, ROUGH, error);
    if (status != TGR_OK) {
        return status;
    }
    const tgr_candidates candidates = {1,
                                       system->groups,
                                       system->models,
                                       work->reference,
                                       system->columns,
                                       system->weights,
                                       system->mean};
    status = tgr_candidates_judge(&candidates, work->learning->rows, work->learning->threads, worth,
                                  work->learning->run, error);
    if (status == TGR_OK && *worth > work->best) { /* NaN is not */
        work->best = *worth;
        work->best_alpha = alpha;
    }
    return status;
}

/* Falling alphas until they get worse, then those beside the best. */
static tgr_status try_alphas(choosing *work, tgr_error *error)
{
    int worse = 0;
    for (double alpha = LARGEST_ALPHA; alpha >= LEAST_ALPHA && worse < WORSE_IN_TURN;
         alpha /= COARSE) {
        double worth;
        tgr_status status = try_alpha(work, alpha, &worth, error);
        if (status != TGR_OK) {
            return status;
        }
        worse = worth < work->best ? worse + 1 : 0;
    }
    double beside[] = {work->best_alpha * 2, work->best_alpha / 2};
    for (size_t i = 0; i < 2 && work->best > -INFINITY; i++) {
        double worth;
        tgr_status status = try_alpha(work, beside[i], &worth, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    return TGR_OK;
}

static tgr_status choose(tgr_learning *learning, const double *relative, size_t reference,
                         tgr_error *error)
{
    choosing work = {.learning = learning,
                     .relative = relative,
                     .reference = reference,
                     .best = -INFINITY,
                     .best_alpha = DEFAULT_ALPHA};
    tgr_status status = tgr_ridge_open(&work.system, learning->values, learning->rows,
                                       learning->folds, learning->threads, learning->run)
                            ? try_alphas(&work, error)
                            : tgr_fail_memory(error, "the weights to choose alpha by");
    tgr_ridge_free(&work.system);
    learning->parameter = work.best_alpha;
    if (status == TGR_OK) {
        tgr_run_message(learning->run, TGR_DETAIL,
                        "alpha %g: held-out differences correlate by %.4f with those measured",
                        work.best_alpha, work.best);
    }
    return status;
}

tgr_status tgr_ridge_learn(tgr_learning *learning, const tgr_router *settings,
                           const double *relative, float *weights, float *bias, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (isnan(learning->parameter)) {
        status = choose(learning, relative, settings->reference, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    tgr_ridge_system system;
    if (!tgr_ridge_open(&system, learning->values, learning->rows, 1, learning->threads,
                        learning->run)) {
        status = tgr_fail_memory(error, "the equations for the weights");
    } else {
        set_penalty(&system, relative, learning->parameter);
        status = tgr_ridge_solve(&system, FINE, error);
    }
    for (size_t i = 0; status == TGR_OK && i < system.tags * system.columns; i++) {
        weights[i] = (float)system.weights[i];
    }
    for (size_t model = 0; status == TGR_OK && model < system.models; model++) {
        bias[model] = (float)system.mean[model];
    }
    tgr_ridge_free(&system);
    return status;
}

static tgr_status learn(tgr_learning *learning, const tgr_router *settings, float *weights,
                        float *bias, tgr_error *error)
{
    size_t tags = learning->values->tags;
    double *relative = tgr_mem_alloc(tags, sizeof *relative);
    if (relative == NULL) {
        return tgr_fail_memory(error, "the penalties");
    }
    for (size_t tag = 0; tag < tags; tag++) {
        relative[tag] = 1;
    }
    tgr_status status = tgr_ridge_learn(learning, settings, relative, weights, bias, error);
    tgr_mem_free(relative);
    return status;
}

const tgr_scorer tgr_scorer_ridge = {.name = "ridge",
                                     .default_count = TGR_COUNT_BINARY,
                                     .parameter = "alpha",
                                     .wants_values = true,
                                     .walks = true,
                                     .learn = learn};
