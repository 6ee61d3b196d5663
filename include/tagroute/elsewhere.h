/* elsewhere.h - scores and decisions made by other programs, judged as a router's are. */
#ifndef TAGROUTE_ELSEWHERE_H
#define TAGROUTE_ELSEWHERE_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/export.h>
#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/simulate.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A file with a row for every query of the query files, in their order, or for every one of the
 * split that is simulated; docs/formats.md gives the formats. */
typedef struct tgr_elsewhere {
    const char *name; /* what it is called in results */
    const char *path;
    bool decisions; /* a model for each query; else a score for each query and model */
} tgr_elsewhere;

/* As tgr_simulate, with scores or decisions from a file in place of the router's, whose models,
 * reference and prices are used and nothing else. Decisions are one point: the policy and
 * thresholds are passed over, and what only thresholds give is NaN.
 *
 * TGR_ERR_INPUT for a file that is damaged, has another number of rows or models, a model that is
 * not known or a score that is not finite; TGR_ERR_ARGUMENT for a shard, a judged sample, and with
 * decisions for predictions, category means and thresholds chosen elsewhere. */
TGR_API tgr_status tgr_simulate_elsewhere(const tgr_router *router, const tgr_elsewhere *elsewhere,
                                          const tgr_simulate_options *options,
                                          tgr_simulation **simulation, const tgr_run *run,
                                          tgr_error *error);

/* A router that knows models alone, with their mean recorded costs: those of the query files, in
 * the files' order, for where there is no other. It scores every query 0. reference: a model's
 * name, or NULL: the one of the highest mean cost, the first of equals. split NULL: means of every
 * query. TGR_ERR_ARGUMENT where there is no model, or no cost to choose the reference by. */
TGR_API tgr_status tgr_router_of_models(const char *const *inputs, size_t input_count,
                                        const char *split, const char *reference,
                                        tgr_router **router, const tgr_run *run, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
