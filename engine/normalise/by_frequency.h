/* by_frequency.h - numbers in the order of how often what they stand for was seen. */
#ifndef TGR_NORMALISE_BY_FREQUENCY_H
#define TGR_NORMALISE_BY_FREQUENCY_H

#include <stddef.h>
#include <stdint.h>

typedef struct tgr_ranked {
    double seen;
    const char *name; /* no two are the same */
    uint32_t number;
} tgr_ranked;

/* By falling frequency, ties by byte order of the names. */
void tgr_rank(tgr_ranked *ranked, size_t count);

#endif
