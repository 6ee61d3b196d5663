/* decisions.h - decisions made elsewhere, as what a simulation takes in place of scores. */
#ifndef TGR_ELSEWHERE_DECISIONS_H
#define TGR_ELSEWHERE_DECISIONS_H

#include "engine/elsewhere/given.h"
#include "engine/elsewhere/rows.h"
#include "engine/simulate/simulating.h"

typedef struct tgr_elsewhere_decisions {
    tgr_given given;
    tgr_elsewhere_rows rows;
    int16_t *here; /* of the batch */
    size_t capacity;
} tgr_elsewhere_decisions;

/* Reads the file and fills in *source, which needs the decisions until the simulation ends. To be
 * closed in any case. */
tgr_status tgr_elsewhere_decisions_open(tgr_elsewhere_decisions *decisions,
                                        const tgr_router *router, const char *path,
                                        const tgr_simulate_options *options,
                                        tgr_simulate_source *source, const tgr_run *run,
                                        tgr_error *error);
void tgr_elsewhere_decisions_close(
    tgr_elsewhere_decisions *decisions); /* harmless on a zeroed one */

#endif
