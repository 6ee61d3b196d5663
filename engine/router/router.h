/* router.h - a router in memory, as the engine sees it. Its file: schema.h, router_read.c,
 * router_write.c. */
#ifndef TGR_ROUTER_ROUTER_H
#define TGR_ROUTER_ROUTER_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/fit.h>
#include <tagroute/router.h>

#include "engine/base/buffer.h"
#include "engine/base/strings.h"
#include "engine/router/rates.h"

/* The price map's entry that a model's prices come from, kept so that another tier of it can be
 * asked for later. */
typedef struct tgr_price_entry {
    char *name;   /* in the map; NULL: the prices come from elsewhere */
    char map[33]; /* its hash, 32 hexadecimal digits; "" where that is not known */
    tgr_tier tier;
    tgr_rate *rates; /* in order */
    size_t rate_count;
} tgr_price_entry;

typedef struct tgr_model {
    char *name;
    /* NaN where not known */
    double price_in, price_out;       /* USD a prompt token, a completion token */
    double cost;                      /* flat, USD a query, given by the user */
    double mean_cost;                 /* of recorded costs in the training data */
    double mean_completion_tokens;    /* in the training data, or given by the user */
    double mean_score, mean_reward;   /* in the training data */
    double max_input_tokens;          /* from the price map */
    double price_cached;              /* USD a prompt token that the provider had cached */
    double token_ratio;               /* of its prompt tokens to those counted; not known: 1 */
    double assumed_completion_tokens; /* where the mean is not known */
    tgr_price_step *steps;            /* prices of long prompts in place of the above, ascending */
    size_t step_count;
    tgr_price_entry entry;
    char **supports; /* such as "vision", from the price map's supports_*; byte order */
    size_t support_count;
    bool supports_known; /* the price map held this model */
    tgr_buffer unknown;  /* keys of the file's map that tagroute does not know: encoded pairs */
    uint32_t unknown_pairs;
} tgr_model;

/* How often S_m - S_L was at least the threshold on the training queries. */
typedef struct tgr_margin_quantile {
    double share;     /* of queries sent to the other models, 0.1 to 0.9 */
    double threshold; /* a float32 value */
} tgr_margin_quantile;

struct tgr_router {
    tgr_model *models;
    size_t model_count;
    size_t reference;

    tgr_strings *tags; /* number = row of weights */
    double *counts;    /* tags */
    float *bias;       /* models */
    float *weights;    /* tags x models */

    char *scorer; /* such as "paper" */
    double rewards[3];
    double min_count;
    tgr_count count; /* never DEFAULT */

    char *tagger_kind; /* "given": tags came with the records */
    bool category_tag;
    tgr_buffer tagger_settings; /* all others: encoded pairs, see tagger_settings.h */
    uint32_t tagger_setting_count;
    char *tagger_digest; /* 32 hexadecimal digits over all of these */

    tgr_margin_quantile quantiles[9];
    size_t quantile_count; /* 9, or 0 where there is no other model */

    char digest[33];
    tgr_buffer unknown; /* top-level keys that tagroute does not know: encoded pairs */
    uint32_t unknown_pairs;
    tgr_buffer unknown_scorer;
    uint32_t unknown_scorer_pairs;
};

/* An empty router, every pointer NULL and every number 0; NULL where memory is short. What is put
 * into it comes from memory.h (tgr_mem_alloc, not the aligned kind) and is freed with it. */
tgr_router *tgr_router_new(void);

/* A model without a name whose numbers are all unknown. */
void tgr_model_init(tgr_model *model);
void tgr_model_free_supports(tgr_model *model);
void tgr_model_free_prices(tgr_model *model); /* steps and entry; leaves the model without */
void tgr_model_free(tgr_model *model);        /* all that it holds; leaves it zeroed */

/* Completion tokens that a query is expected to take; NaN where not known. */
static inline double tgr_model_completions(const tgr_model *model)
{
    return model->mean_completion_tokens == model->mean_completion_tokens
               ? model->mean_completion_tokens
               : model->assumed_completion_tokens;
}

/* How many tokens of the model one counted token is. */
static inline double tgr_model_ratio(const tgr_model *model)
{
    return model->token_ratio == model->token_ratio ? model->token_ratio : 1;
}

/* Model number, or -1. */
int tgr_router_find_model(const tgr_router *router, const char *name);

/* As tgr_router_find_model, else TGR_ERR_ARGUMENT with the known names (near ones first). */
tgr_status tgr_router_need_model(const tgr_router *router, const char *name, size_t *model,
                                 tgr_error *error);

/* Fills router->digest from the contents (digest.h says how). To be called after any change. */
tgr_status tgr_router_update_digest(tgr_router *router, tgr_error *error);

/* The digest of a tagger without settings, 32 hexadecimal digits and NUL into digest[33]. */
void tgr_tagger_digest(const char *kind, bool category_tag, char *digest);

/* The name of a count transform: "raw", "binary", "log"; and back (false where it is none). */
const char *tgr_count_name(tgr_count count);
bool tgr_count_by_name(const char *name, tgr_count *count);

/* Up to three of `names` nearest to `name` by edit distance, as "a, b, c" into text; "" where none
 * is near. For "did you mean". */
void tgr_near_names(const char *name, const char *const *names, size_t count, char *text,
                    size_t size);

#endif
