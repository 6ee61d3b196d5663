/* sizes.h - how far two tables of counts are apart, and where most. */
#ifndef TGR_DRIFT_SIZES_H
#define TGR_DRIFT_SIZES_H

#include "engine/base/arena.h"
#include "engine/drift/counts.h"

/* Fills a part: sizes measured and by chance, and the `most` values that shifted most, of sides
 * with so many queries. nameless: the last value counts, as one without a name. True where there
 * is memory for it; shifts are the arena's. */
bool tgr_drift_sizes_find(const tgr_drift_counts *counts, const uint64_t queries[2], bool nameless,
                          size_t most, tgr_arena *arena, tgr_drift_part *part);

#endif
