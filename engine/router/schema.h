/* schema.h - the router file's numbers of a model, named once for reading, writing and checking. */
#ifndef TGR_ROUTER_SCHEMA_H
#define TGR_ROUTER_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/status.h>

#include "engine/router/router.h"

#define TGR_ROUTER_FORMAT  "tagroute.router"
#define TGR_ROUTER_VERSION 1
#define TGR_TAGGER_VERSION 1

typedef struct tgr_model_number {
    const char *name;
    size_t offset;     /* of a double in tgr_model */
    bool may_be_below; /* zero */
} tgr_model_number;

#define TGR_MODEL_NUMBERS 11
extern const tgr_model_number tgr_model_numbers[TGR_MODEL_NUMBERS];

static inline double tgr_model_get(const tgr_model *model, const tgr_model_number *number)
{
    return *(const double *)(const void *)((const char *)model + number->offset);
}

static inline void tgr_model_set(tgr_model *model, const tgr_model_number *number, double value)
{
    *(double *)(void *)((char *)model + number->offset) = value;
}

/* Everything that a router must be to be saved, and to be used after loading, but for shapes, which
 * only a file can get wrong. TGR_ERR_INPUT with a sentence otherwise. */
tgr_status tgr_router_check(const tgr_router *router, tgr_error *error);

/* Whether bytes are UTF-8 without NUL, as names and tags have to be. */
bool tgr_name_is_text(const char *bytes, size_t length);

#endif
