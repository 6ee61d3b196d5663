/* upkeep.h - a router changed without fitting it anew, and two of them compared.
 *
 * Columns of W do not depend on each other, so that a model can come, go or be renamed while every
 * score of the others stays as it is, to the bit. Margin quantiles are of the pool as a whole: what
 * changes the pool drops them, and tgr_router_measure finds them again on queries. A router that
 * was to be changed by a call that failed is good for tgr_router_free alone.
 */
#ifndef TAGROUTE_UPKEEP_H
#define TAGROUTE_UPKEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/fit.h>
#include <tagroute/policy.h>
#include <tagroute/prices.h>
#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tgr_add_model_options {
    size_t size;               /* sizeof(tgr_add_model_options) */
    const char *const *inputs; /* query files in which the model is judged */
    size_t input_count;
    const char *model;
    const char *split; /* as tgr_fit_options */
    double parameter;  /* kappa or alpha; NaN: the router's own */
    uint64_t memory;   /* as tgr_fit_options */
} tgr_add_model_options;

/* Defaults: split and parameter as the router's fit has them. */
TGR_API void tgr_add_model_options_init(tgr_add_model_options *options);

/* Learns one more model from its judged queries, by the router's own scorer, parameter, tags and
 * counts, against its reference; and measures margins. Where all models are in byte order it takes
 * its place among them, else the last. From the queries that the router was fitted from, the column
 * has the bits that fitting all models anew with the same reference, parameter, prices and
 * min_count would give it, and where the reference is recorded wherever another model is, the
 * router has the bytes. (Else the reference counts as a tie where some model of the pool has an
 * outcome, and one more model would change the reference's own column, which stays here. `paper` on
 * tag weights that are no integers may differ in the last bit, as routers keep counts in float64.)
 * prices, report and run may be NULL.
 *
 * TGR_ERR_ARGUMENT for a model that is there already or in no file, for a scorer that this version
 * does not know, and for a parameter that neither the router nor the options have: to choose one by
 * cross-validation would change the other models; TGR_ERR_INPUT where no query is judged for it, or
 * the files were tagged otherwise. */
TGR_API tgr_status tgr_router_add_model(tgr_router *router, const tgr_add_model_options *options,
                                        const tgr_price_options *prices, tgr_fit_report *report,
                                        const tgr_run *run, tgr_error *error);

/* TGR_ERR_ARGUMENT for an unknown model, the reference, and the last model. */
TGR_API tgr_status tgr_router_drop_model(tgr_router *router, const char *model, tgr_error *error);

/* The model keeps its place. TGR_ERR_ARGUMENT for an unknown model, or a new name that another one
 * has or that is no text of 1 to 1024 bytes. */
TGR_API tgr_status tgr_router_rename_model(tgr_router *router, const char *from, const char *to,
                                           tgr_error *error);

/* Makes another model the reference of `margin`. Weights stay: what was learnt from outcomes is
 * still learnt against the reference of the fit. */
TGR_API tgr_status tgr_router_set_reference(tgr_router *router, const char *model,
                                            tgr_error *error);

/* Puts the other router's models beside those of `into`; one that both have is taken from `into`,
 * and a message says where they differ. Tags are united, numbered by falling count: every model
 * scores every query as it did in its own router. The reference stays that of `into`. Models move
 * out of the other router, which is good for tgr_router_free alone afterwards.
 * TGR_ERR_ARGUMENT where tagger, scorer, its count or its rewards differ, so that scores are of
 * other scales, or where the routers' references do. */
TGR_API tgr_status tgr_router_merge_models(tgr_router *into, tgr_router *other, const tgr_run *run,
                                           tgr_error *error);

/* Finds the margin quantiles on queries. split: as tgr_fit_options. */
TGR_API tgr_status tgr_router_measure(tgr_router *router, const char *const *inputs,
                                      size_t input_count, const char *split, const tgr_run *run,
                                      tgr_error *error);

/* ---- two routers ----------------------------------------------------------------------------- */

typedef struct tgr_diff_options {
    size_t size; /* sizeof(tgr_diff_options) */
    size_t most; /* tags to list */

    /* queries to decide with both; none: only the routers are compared */
    const char *const *inputs;
    size_t input_count;
    const char *split;
    tgr_policy policy;
    double threshold;
    const char *fallback; /* a model that both have, or NULL */
} tgr_diff_options;

typedef struct tgr_diff_model {
    const char *name;
    int first, second;             /* its numbers in the routers; -1: it is not there */
    bool priced;                   /* prices or costs differ */
    float bias_change;             /* second less first; of models that both have */
    float largest_change;          /* of a weight, by size */
    uint64_t chosen, chosen_after; /* queries */
} tgr_diff_model;

/* A tag's change: the largest, over the models that both have, of how far its weight moved beyond
 * the mean over these models: what moves all alike decides nothing. With one model: how far its
 * weight moved. A tag that a router does not know weighs 0 there. */
typedef struct tgr_diff_tag {
    const char *tag;
    bool in_first, in_second;
    double count; /* n_t, the larger of both */
    double change;
    const char *model; /* whose weight moved most so */
} tgr_diff_tag;

typedef struct tgr_diff_move {
    const char *from, *to; /* NULL: undecided */
    uint64_t queries;
    double cost; /* expected, USD, second router's less first's; NaN: not known */
} tgr_diff_move;

typedef struct tgr_diff {
    const char *first_digest, *second_digest;
    bool same_scorer, same_tagger, same_reference;
    const char *first_reference, *second_reference;
    size_t model_count; /* of both: those of the first, then what the second has more */
    const tgr_diff_model *models;
    uint64_t common_tags, first_tags, second_tags; /* in both; in one alone */
    uint64_t changed_tags;                         /* whose change is not 0 */
    size_t tag_count;
    const tgr_diff_tag *tags; /* by falling change * count; ties in byte order */

    uint64_t queries, changed; /* decided, by both; of them to another model */
    double cost, cost_after;   /* expected, USD, each by its router's prices; NaN: not known */
    size_t move_count;
    const tgr_diff_move *moves;     /* by falling queries */
    struct tgr_diff_memory *memory; /* the library's own */
} tgr_diff;

/* Defaults: 20 tags, margin at 0, no queries. */
TGR_API void tgr_diff_options_init(tgr_diff_options *options);

/* *diff is the caller's, freed with tgr_diff_free. One walk over the queries; memory grows with
 * tags and models alone. Errors as tgr_route. */
TGR_API tgr_status tgr_router_diff(const tgr_router *first, const tgr_router *second,
                                   const tgr_diff_options *options, tgr_diff **diff,
                                   const tgr_run *run, tgr_error *error);
TGR_API void tgr_diff_free(tgr_diff *diff); /* NULL allowed */

/* As one JSON object; *text is the caller's, to be freed with tgr_free. */
TGR_API tgr_status tgr_diff_json(const tgr_diff *diff, char **text, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
