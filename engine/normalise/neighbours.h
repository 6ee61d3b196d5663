/* neighbours.h - all pairs of vectors that are near each other: half of the square, tile by tile,
 * none of it kept. */
#ifndef TGR_NORMALISE_NEIGHBOURS_H
#define TGR_NORMALISE_NEIGHBOURS_H

#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/tagger/vectors.h"
#include "kernels/xsmm/similar.h"

/* Called for each pair, first < second, on any thread, in any order. */
typedef void (*tgr_neighbour_visit)(void *user, int thread, uint32_t first, uint32_t second);

typedef struct tgr_neighbours {
    const tgr_vectors *vectors;
    float eps; /* near: 1 - the dot product, in float32, is at most this */
    int threads;
    tgr_multiply multiply;
    tgr_similar similar;
} tgr_neighbours;

/* Generates and checks the code for the variant that runs here (TAGROUTE_ISA is honoured); where
 * there is none, loops give the same bits. The vectors must outlive it. */
tgr_status tgr_neighbours_open(tgr_neighbours *neighbours, const tgr_vectors *vectors, double eps,
                               const tgr_run *run, tgr_error *error);
void tgr_neighbours_close(tgr_neighbours *neighbours); /* harmless on a zeroed structure */

/* phase: for progress, such as "comparing tags". */
tgr_status tgr_neighbours_walk(const tgr_neighbours *neighbours, const char *phase,
                               tgr_neighbour_visit visit, void *user, const tgr_run *run,
                               tgr_error *error);

#endif
