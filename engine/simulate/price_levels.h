/* price_levels.h - the prices of a router's models, tier by tier, for a report to show. */
#ifndef TGR_SIMULATE_PRICE_LEVELS_H
#define TGR_SIMULATE_PRICE_LEVELS_H

#include <stdbool.h>

#include <tagroute/simulate.h>

#include "engine/router/router.h"

/* What the prices point at; freed in one call. */
typedef struct tgr_price_texts {
    char *entry, *map;
    tgr_price_level *levels;
} tgr_price_texts;

/* What is known of a model's prices; false where memory is short. The texts are freed with
 * tgr_price_texts_free in any case. */
bool tgr_price_of_model(const tgr_model *model, tgr_price *price, tgr_price_texts *texts);
void tgr_price_texts_free(tgr_price_texts *texts); /* harmless on a zeroed structure */

#endif
