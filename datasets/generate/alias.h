/* alias.h - drawing from a fixed distribution in constant time (Walker's alias method). */
#ifndef TGR_GENERATE_ALIAS_H
#define TGR_GENERATE_ALIAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datasets/generate/random.h"

typedef struct tgr_gen_cell {
    uint32_t threshold; /* the lower half of a word below this: own, else other */
    uint32_t own, other;
} tgr_gen_cell;

/* Fills `count` cells (1 .. 2^32 - 1) so that item i is drawn in proportion to weights[i], which
 * are positive; what is drawn is names[i], or i where names is NULL. false where memory is short.
 */
bool tgr_gen_alias_build(tgr_gen_cell *cells, const double *weights, const uint32_t *names,
                         size_t count);

static inline uint32_t tgr_gen_alias_draw(const tgr_gen_cell *cells, uint32_t count, uint64_t word)
{
    const tgr_gen_cell *cell = &cells[tgr_gen_below(word, count)];
    return (uint32_t)word < cell->threshold ? cell->own : cell->other;
}

#endif
