/* elsewhere.c - a simulation whose scores or decisions come from a file. */
#include <tagroute/elsewhere.h>

#include <math.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/elsewhere/decisions.h"
#include "engine/elsewhere/scores.h"
#include "engine/judge/judge.h"

typedef struct judging {
    const tgr_router *router;
    const tgr_elsewhere *elsewhere;
    tgr_simulate_options options;
    tgr_simulate_source source;
    tgr_elsewhere_scores scores;
    tgr_elsewhere_decisions decisions;
    const tgr_run *run;
} judging;

static tgr_status check_options(const judging *work, tgr_error *error)
{
    const tgr_simulate_options *options = &work->options;
    if (work->elsewhere->name == NULL || work->elsewhere->path == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "scores and decisions made elsewhere need a name and a file");
    }
    if (options->shards > 0 || options->judged_count > 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "'%s' has rows of the whole log alone: simulate it without a shard or a "
                        "judged sample",
                        work->elsewhere->name);
    }
    if (work->elsewhere->decisions &&
        (options->predictions || options->category_mean || options->choose_on != NULL)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "'%s' has decisions, not scores: there is no threshold to choose, nothing "
                        "predicted, and no curve to compare with category means",
                        work->elsewhere->name);
    }
    return TGR_OK;
}

/* The rule is of no account: the highest score, at no price. */
static void fix_threshold(tgr_simulate_options *options)
{
    static const double zero = 0;
    options->policy = TGR_POLICY_UTILITY;
    options->thresholds = &zero;
    options->threshold_count = 1;
}

static tgr_status open_source(judging *work, tgr_error *error)
{
    const char *path = work->elsewhere->path;
    work->source.name = work->elsewhere->name;
    if (!work->elsewhere->decisions) {
        return tgr_elsewhere_scores_open(&work->scores, work->router, path, &work->options,
                                         &work->source, work->run, error);
    }
    fix_threshold(&work->options);
    return tgr_elsewhere_decisions_open(&work->decisions, work->router, path, &work->options,
                                        &work->source, work->run, error);
}

/* ---- decisions have no threshold ------------------------------------------------------------- */

static void forget_thresholds(const tgr_simulation *simulation)
{
    tgr_result *result = (tgr_result *)(uintptr_t)simulation;
    for (size_t i = 0; result != NULL && i < simulation->points; i++) {
        result->curve[i].threshold = NAN;
    }
}

static void forget_all_thresholds(const tgr_simulation *simulation)
{
    const tgr_details *details = simulation->details;
    forget_thresholds(simulation);
    forget_thresholds(simulation->intervals->low);
    forget_thresholds(simulation->intervals->high);
    for (size_t i = 0; i < details->breakdown_count; i++) {
        for (size_t j = 0; j < details->breakdowns[i].count; j++) {
            forget_thresholds(details->breakdowns[i].slices[j].simulation);
        }
    }
    for (size_t i = 0; details->logged != NULL && i < details->logged->estimate_count; i++) {
        ((tgr_estimate *)(uintptr_t)details->logged->estimates)[i].threshold = NAN;
    }
}

tgr_status tgr_simulate_elsewhere(const tgr_router *router, const tgr_elsewhere *elsewhere,
                                  const tgr_simulate_options *options, tgr_simulation **simulation,
                                  const tgr_run *run, tgr_error *error)
{
    judging work = {.router = router, .elsewhere = elsewhere, .run = run};
    tgr_status status = TGR_OK;
    *simulation = NULL;
    tgr_simulate_options_init(&work.options);
    TGR_TRY(tgr_options_copy(&work.options, sizeof work.options, options, error));
    TGR_TRY(check_options(&work, error));
    TGR_TRY(open_source(&work, error));
    TGR_TRY(tgr_judge(router, &work.source, &work.options, simulation, run, error));
    if ((*simulation)->given) {
        forget_all_thresholds(*simulation);
    }
done:
    tgr_elsewhere_scores_close(&work.scores);
    tgr_elsewhere_decisions_close(&work.decisions);
    return status;
}
