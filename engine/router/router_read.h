/* router_read.h - the parts of reading a router file. Each decodes one key of the map. */
#ifndef TGR_ROUTER_ROUTER_READ_H
#define TGR_ROUTER_ROUTER_READ_H

#include "engine/router/fields.h"
#include "engine/router/router.h"

/* The router's own keys, as indices into tgr_fields. */
enum {
    TGR_KEY_FORMAT,
    TGR_KEY_VERSION,
    TGR_KEY_MODELS,
    TGR_KEY_REFERENCE,
    TGR_KEY_SCORER,
    TGR_KEY_TAGGER,
    TGR_KEY_QUANTILES,
    TGR_KEY_TAGS,
    TGR_KEY_COUNTS,
    TGR_KEY_BIAS,
    TGR_KEY_WEIGHTS,
    TGR_KEY_DIGEST,
    TGR_KEYS
};

/* router_models.c, router_settings.c, router_read.c */
tgr_status tgr_read_models(const tgr_fields *fields, tgr_router *router, tgr_error *error);
tgr_status tgr_read_scorer(const tgr_fields *fields, tgr_router *router, tgr_error *error);
tgr_status tgr_read_tagger(const tgr_fields *fields, tgr_router *router, tgr_error *error);
tgr_status tgr_read_quantiles(const tgr_fields *fields, tgr_router *router, tgr_error *error);

/* router_prices.c: what a model's map says of long prompts and of where its prices come from. */
tgr_status tgr_read_long_prompts(const tgr_fields *fields, size_t field, tgr_model *model,
                                 tgr_error *error);
tgr_status tgr_read_price_entry(const tgr_fields *fields, size_t field, tgr_model *model,
                                tgr_error *error);

/* A router file's bytes, all of them hostile, into an empty router. Whatever the outcome, the
 * router is good for tgr_router_free; only after TGR_OK for anything else. */
tgr_status tgr_router_decode(const char *bytes, size_t length, tgr_router *router,
                             tgr_error *error);

/* Whether text is 32 hexadecimal digits. */
bool tgr_is_digest(const char *text);

#endif
