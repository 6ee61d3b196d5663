/* order.h - the final numbering of names: by how often they were seen, or by their bytes. */
#ifndef TGR_INGEST_ORDER_H
#define TGR_INGEST_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/strings.h"
#include "engine/ingest/tags.h"

/* Starts zeroed. Names belong to the dictionary. */
typedef struct tgr_order {
    const char **names; /* in final order */
    uint32_t *place;    /* number in the dictionary: place in the final order */
    uint32_t count;
} tgr_order;

/* Every name, in byte order. False where memory is short. */
bool tgr_order_by_bytes(tgr_order *order, const tgr_strings *strings);

/* Every name, in order of arrival. */
bool tgr_order_by_arrival(tgr_order *order, const tgr_strings *strings);

/* A router's tags in its order, then the others that some query has, by falling occurrences, ties
 * in byte order. Tags that no query has (of bad records) have no place. */
bool tgr_order_tags(tgr_order *order, const tgr_tag_table *table);

void tgr_order_free(tgr_order *order);

#endif
