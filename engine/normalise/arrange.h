/* arrange.h - a mapping in the order in which it is read best. */
#ifndef TGR_NORMALISE_ARRANGE_H
#define TGR_NORMALISE_ARRANGE_H

#include "engine/normalise/groups.h"
#include "engine/normalise/normalise.h"

/* Fills result->mapping and result->seen. becomes: of each tag, the number of its canonical tag or
 * TGR_DROPPED. order: all tags by falling frequency. */
tgr_status tgr_arrange(const tgr_seen_tags *tags, const uint32_t *becomes, const uint32_t *order,
                       tgr_normalised *result, tgr_error *error);

#endif
