/* serve.h - a router made ready for one query file: W in the file's column order, models in
 * preference order, costs and eligibility of each batch. What kernels are called with.
 */
#ifndef TGR_ROUTER_SERVE_H
#define TGR_ROUTER_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/policy.h>
#include <tagroute/route.h>

#include "engine/router/router.h"
#include "engine/router/row_costs.h"
#include "engine/store/query_read.h"
#include "kernels/kernels.h"

typedef struct tgr_serve {
    size_t models;
    uint16_t *order;  /* preference order: order[p] is the router's model at place p: by mean cost
                         (unknown last), then index */
    uint16_t *place;  /* the inverse */
    size_t reference; /* place */

    float *weights; /* file columns x stride, models in preference order, 64-byte aligned */
    float *bias;
    size_t stride;
    bool *known;           /* file columns: the router knows the tag */
    uint32_t unknown_tags; /* columns that it does not */

    double *flat, *price_in, *price_out; /* places; NaN not known */
    tgr_cost_source *flat_source;        /* places: MEAN, FLAT or NONE */
    bool any_price;
    bool has_prompt_tokens; /* the file has them */
    bool by_row;            /* costs come from row_prices, price_in and price_out not telling all */
    tgr_row_prices row_prices;

    int32_t *file_model; /* router's models: column in the file's obsm arrays, or -1 */

    size_t mask_words;
    uint64_t *allow_masks, *deny_masks,
        *needs_masks;    /* file dictionary entry x mask_words; NULL none */
    double *token_limit; /* places: max_input_tokens, infinity where not known */
    double least_token_limit;
    bool any_token_limit; /* some model has max_input_tokens */
    bool any_mask;        /* eligibility can differ from all */
} tgr_serve;

/* TGR_ERR_INPUT where the file's tagger differs from the router's. */
tgr_status tgr_serve_open(const tgr_router *router, const tgr_query_file *file, tgr_serve **serve,
                          tgr_error *error);
void tgr_serve_close(tgr_serve *serve); /* NULL allowed */

/* Room for transformed values, reused from batch to batch; starts zeroed. */
typedef struct tgr_transform {
    float *values;
    size_t capacity;
} tgr_transform;

/* Applies the router's count transform to a batch's values (may change x.values and x.value_type;
 * the new values live in `transform` until its next use). */
tgr_status tgr_serve_transform(const tgr_router *router, tgr_batch *batch, tgr_transform *transform,
                               tgr_error *error);
void tgr_transform_free(tgr_transform *transform);

/* Fills masks (rows x mask_words, places; bits beyond the models are 0) for a batch; returns false,
 * masks being left alone, where no row of it restricts any model.
 *
 * allow: only the models listed; names that the router lacks are nobody. deny: not those listed.
 * needs: only models that support all of them; where nothing is known of a model's capabilities it
 * is out, unless the router knows of no model's, which makes needs void. A prompt longer than a
 * model's max_input_tokens rules it out. */
bool tgr_serve_masks(const tgr_serve *serve, const tgr_router *router, const tgr_batch *batch,
                     uint64_t *masks);

/* The same for rows [begin, end), in two steps, so that threads can share the rows out: whether any
 * of them restricts a model; and their masks. */
bool tgr_serve_restricts(const tgr_serve *serve, const tgr_batch *batch, size_t begin, size_t end);
void tgr_serve_mask_rows(const tgr_serve *serve, const tgr_batch *batch, size_t begin, size_t end,
                         uint64_t *masks);

/* What a batch has to be read with for tgr_serve_masks and costs: TGR_WANT_*. */
unsigned tgr_serve_wants(const tgr_serve *serve, const tgr_query_file *file);

/* TGR_ERR_ARGUMENT, naming the model and what is missing, where no cost can be known for some
 * model: no mean, no flat cost, and no prices with expected completion tokens or a file without
 * token counts. */
tgr_status tgr_serve_need_costs(const tgr_serve *serve, const tgr_router *router, tgr_error *error);

#endif
