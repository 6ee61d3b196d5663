/* router.h - a router: tags, models, the score matrix W, bias, prices, how texts were tagged.
 *
 * One file, one MessagePack map; docs/formats.md gives its keys. A router is immutable but for its
 * prices (prices.h) and what upkeep.h changes, and may be read from several threads at once.
 */
#ifndef TAGROUTE_ROUTER_H
#define TAGROUTE_ROUTER_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tgr_router tgr_router;

/* Reads and checks a router file. On success *router is the caller's, to be freed with
 * tgr_router_free. TGR_ERR_INPUT for anything malformed: wrong shapes, values that are not finite,
 * tags or models twice, a digest that does not match. */
TGR_API tgr_status tgr_router_load(const char *path, tgr_router **router, tgr_error *error);

/* Writes a router file, atomically. Keys that tagroute does not know, kept from loading, are
 * written back. */
TGR_API tgr_status tgr_router_save(const tgr_router *router, const char *path, tgr_error *error);

TGR_API void tgr_router_free(tgr_router *router); /* NULL allowed */

/* What a router holds. Pointers live as long as the router. Indices out of range give NULL or NaN.
 */
TGR_API size_t tgr_router_models(const tgr_router *router);
TGR_API size_t tgr_router_tags(const tgr_router *router);
TGR_API size_t tgr_router_reference(const tgr_router *router);
TGR_API const char *tgr_router_model(const tgr_router *router, size_t model);
TGR_API const char *tgr_router_tag(const tgr_router *router, size_t tag);
TGR_API const float *tgr_router_weights(const tgr_router *router); /* tags x models, row-major */
TGR_API const float *tgr_router_bias(const tgr_router *router);    /* models */
TGR_API const double *
tgr_router_counts(const tgr_router *router); /* tags: n_t of the training data */
TGR_API const char *tgr_router_digest(const tgr_router *router); /* 32 hexadecimal digits */

#ifdef __cplusplus
}
#endif
#endif
