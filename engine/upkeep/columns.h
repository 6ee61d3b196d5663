/* columns.h - a router's models put in and taken out, with their columns of W. */
#ifndef TGR_UPKEEP_COLUMNS_H
#define TGR_UPKEEP_COLUMNS_H

#include "engine/router/router.h"

/* A model's column: weight of tag t is weights[t * stride]. */
typedef struct tgr_column {
    const float *weights;
    size_t stride;
    float bias;
} tgr_column;

/* The model becomes number `at`; it is the router's afterwards, its name and lists included, where
 * this succeeds. The reference stays the same model. */
tgr_status tgr_columns_insert(tgr_router *router, size_t at, const tgr_model *model,
                              const tgr_column *column, tgr_error *error);

/* Frees a model that is not the reference. */
tgr_status tgr_columns_remove(tgr_router *router, size_t at, tgr_error *error);

/* Where a new name goes: its place in byte order where the names are in that order, else the end.
 */
size_t tgr_columns_place(const tgr_router *router, const char *name);

/* The quantiles were of another pool. */
void tgr_columns_drop_quantiles(tgr_router *router);

#endif
