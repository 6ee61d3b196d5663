/* explain.h - why a query goes where it goes, and which tags decide most. */
#ifndef TAGROUTE_EXPLAIN_H
#define TAGROUTE_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/policy.h>
#include <tagroute/route.h>
#include <tagroute/router.h>
#include <tagroute/rows.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tgr_explain_options {
    size_t size;       /* sizeof(tgr_explain_options) */
    const char *input; /* a query file; NULL: `text` is the query */
    const char *id;    /* of the query, the first that has it; NULL: `row` says which */
    uint64_t row;      /* from 0, in the file */

    const char *text;     /* tagged by the router's tagger */
    const char *category; /* of the text; NULL: none */
    double prompt_tokens; /* of the text; NaN: not known */

    tgr_policy policy;
    double threshold;
    const char *fallback; /* as tgr_route_options; NULL: none */
    double align_min;     /* likewise */
    const char *why_not;  /* a model; NULL: nothing is asked */

    const tgr_rows *rows; /* queries in memory, in place of `input` and `text`: `row` says which of
                           * them; NULL: none */
} tgr_explain_options;

/* A tag of the query, in the order in which scores are summed. */
typedef struct tgr_explained_tag {
    const char *tag;
    float value;                 /* as it is scored: after the router's count transform */
    bool known;                  /* to the router; else its weights are 0 */
    const float *weights;        /* models */
    const double *contributions; /* models: value * weight, exact */
    const float *scores; /* models: fmaf(value, weight, score before); the first before is bias */
} tgr_explained_tag;

/* Why a model may not serve the query; several may hold. */
enum {
    TGR_OUT_NOT_ALLOWED = 1,  /* `allow` is there and does not list it */
    TGR_OUT_DENIED = 2,       /* `deny` lists it */
    TGR_OUT_NEEDS = 4,        /* it is not known to support all that the query needs */
    TGR_OUT_TOO_LONG = 8,     /* the prompt is longer than its max_input_tokens */
    TGR_OUT_NOT_ELIGIBLE = 16 /* of rows in memory: their `eligible` says so */
};

typedef struct tgr_explained_model {
    const char *name;
    float bias, score; /* the last of the tags' scores; the bias where there is no tag */
    double cost;       /* expected, USD; NaN: not known */
    tgr_cost_source cost_source;
    unsigned out;   /* TGR_OUT_*; 0: it may serve the query */
    double utility; /* policy utility: fma(-lambda, cost, score); else NaN */
} tgr_explained_model;

/* Thresholds at which the query goes to one model: all from `from` to `to`, both included, and
 * neither of their neighbours beyond. Of margin and slack they are float32 values, which is what
 * these policies compare. */
typedef struct tgr_explained_range {
    double from, to; /* -INFINITY, INFINITY: without end */
    int model;       /* the router's; -1: none */
} tgr_explained_range;

typedef enum tgr_why_not {
    TGR_WHY_CHOSEN = 0,    /* it is the one */
    TGR_WHY_OUT = 1,       /* it may not serve the query: see its `out` */
    TGR_WHY_FALLBACK = 2,  /* no tag is known, or no model may serve: the fallback takes it */
    TGR_WHY_OTHER = 3,     /* margin: another one scores higher beside the reference */
    TGR_WHY_MARGIN = 4,    /* margin: the best other model is less than theta above the reference */
    TGR_WHY_REFERENCE = 5, /* margin: it is the reference, and another one reaches theta */
    TGR_WHY_UTILITY = 6,   /* utility: another one has more */
    TGR_WHY_BEHIND = 7,    /* slack: it is further than tau behind the best score */
    TGR_WHY_DEARER = 8,    /* slack: another one near enough costs less */
    TGR_WHY_TIE = 9        /* it is as good; ties go to the higher score, then the cheaper model */
} tgr_why_not;

typedef struct tgr_explanation {
    const char *id;       /* NULL: none, or a text */
    uint64_t row;         /* of a file */
    double prompt_tokens; /* NaN: not known */
    tgr_policy policy;
    double threshold; /* as the policy compares it */
    size_t reference;
    size_t tag_count;
    const tgr_explained_tag *tags;
    size_t unknown_tags;
    size_t model_count;
    const tgr_explained_model *models;

    int chosen;     /* the router's model; -1: undecided */
    bool fell_back; /* the fallback took it */
    float margin;   /* the rule's own difference at the decision; NaN: there is none */

    /* Every threshold, from the least to the largest. Where utility hesitates within the last few
     * digits of a crossing, the first change counts. */
    size_t range_count;
    const tgr_explained_range *ranges;
    size_t range; /* the one that the threshold is in */

    int asked; /* the model of why_not; -1: none */
    tgr_why_not why_not;
    double why_not_gap; /* what it lacks: score, utility or USD; NaN: nothing to measure */
    const tgr_explained_range *why_not_range; /* nearest thresholds that choose it; NULL: none do */
    struct tgr_explanation_memory *memory;    /* the library's own */
} tgr_explanation;

/* Defaults: margin at 0, everything else off. */
TGR_API void tgr_explain_options_init(tgr_explain_options *options);

/* Explains the decision that tgr_route makes of this query, with this router's prices. A text has
 * the tags that tgr_ingest with this router would give it; a row in memory is decided as
 * tgr_decide_rows does it. *explanation is the caller's, freed with
 * tgr_explanation_free; it does not need the router any longer.
 *
 * TGR_ERR_ARGUMENT for an id or row that the file does not have, an unknown model, a text where the
 * router has no tagger, or a policy that needs a cost that is not known; TGR_ERR_INPUT for bad
 * files and a tagger that differs from the router's. An id is searched from the first row on. */
TGR_API tgr_status tgr_explain(const tgr_router *router, const tgr_explain_options *options,
                               tgr_explanation **explanation, const tgr_run *run, tgr_error *error);
TGR_API void tgr_explanation_free(tgr_explanation *explanation); /* NULL allowed */

/* As one JSON object; *text is the caller's, to be freed with tgr_free. */
TGR_API tgr_status tgr_explanation_json(const tgr_explanation *explanation, char **text,
                                        tgr_error *error);

typedef struct tgr_top_options {
    size_t size;               /* sizeof(tgr_top_options) */
    const char *const *inputs; /* query files, taken as one */
    size_t input_count;
    const char *split; /* NULL: every query */
    tgr_policy policy;
    double threshold;
    const char *fallback;
    double align_min; /* as tgr_route_options */
    size_t most;      /* tags to list */
    bool by_money;    /* by the size of `cost`; else by `moved` */
} tgr_top_options;

/* What becomes of the queries that have a tag when they lose it, every other tag staying. */
typedef struct tgr_top_tag {
    const char *tag;
    uint64_t queries; /* that have it */
    uint64_t moved;   /* of these, decided otherwise without it */
    uint64_t away;    /* of these, sent from the reference to another model by it */
    uint64_t towards; /* and sent to the reference by it */
    double cost;      /* expected USD that it adds, negative: saves; NaN: some cost is not known */
} tgr_top_tag;

typedef struct tgr_top {
    uint64_t queries;
    uint64_t tags;   /* that the router knows and some query has */
    uint64_t moving; /* of these, some query moves without */
    double cost;     /* expected, of all queries as they are decided; NaN: not known */
    const char *reference;
    size_t count;
    const tgr_top_tag *list; /* at most `most`, those that move something; ties in byte order */
    struct tgr_top_memory *memory; /* the library's own */
} tgr_top;

/* Defaults: margin at 0, 20 tags by queries. */
TGR_API void tgr_top_options_init(tgr_top_options *options);

/* Decides every query, and again without each of its tags in turn. One walk over the files; memory
 * grows with the router's tags alone. The result does not depend on threads. Errors as tgr_route.
 * *top is the caller's, freed with tgr_top_free. */
TGR_API tgr_status tgr_explain_top(const tgr_router *router, const tgr_top_options *options,
                                   tgr_top **top, const tgr_run *run, tgr_error *error);
TGR_API void tgr_top_free(tgr_top *top); /* NULL allowed */

/* As one JSON object; *text is the caller's, to be freed with tgr_free. */
TGR_API tgr_status tgr_top_json(const tgr_top *top, const tgr_top_options *options, char **text,
                                tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
