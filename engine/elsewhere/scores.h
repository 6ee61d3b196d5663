/* scores.h - a matrix of scores from elsewhere, as what a simulation takes them from. */
#ifndef TGR_ELSEWHERE_SCORES_H
#define TGR_ELSEWHERE_SCORES_H

#include "engine/elsewhere/rows.h"
#include "engine/simulate/simulating.h"
#include "engine/store/score_matrix.h"

typedef struct tgr_elsewhere_scores {
    const tgr_router *router;
    tgr_score_matrix matrix;
    tgr_elsewhere_rows rows;
    uint32_t *columns; /* models of the router */
    float *values;     /* of the batch */
    size_t capacity;
} tgr_elsewhere_scores;

/* Opens the file and fills in *source, which needs the scores until the simulation ends. To be
 * closed in any case. */
tgr_status tgr_elsewhere_scores_open(tgr_elsewhere_scores *scores, const tgr_router *router,
                                     const char *path, const tgr_simulate_options *options,
                                     tgr_simulate_source *source, const tgr_run *run,
                                     tgr_error *error);
void tgr_elsewhere_scores_close(tgr_elsewhere_scores *scores); /* harmless on a zeroed one */

#endif
