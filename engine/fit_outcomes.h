/* fit_outcomes.h - the walk that judges every training query and sums outcomes by tag and model. */
#ifndef TGR_FIT_OUTCOMES_H
#define TGR_FIT_OUTCOMES_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/fit_tags.h"
#include "engine/pass.h"
#include "engine/router/router.h"
#include "engine/scorer/sums.h"

typedef struct tgr_fit_outcomes {
    tgr_outcome_sums sums;
    uint64_t *model_outcomes; /* models x 3: judged queries (loss, tie, win) */
    uint64_t judged, derived, assumed;
    uint64_t reference_recorded; /* outcomes of the reference that are not assumed */
} tgr_fit_outcomes;

/* Walks the pass once. columns: files x models. The router's tags, reference and count are set.
 * Freed with tgr_fit_outcomes_free in any case. */
tgr_status tgr_fit_outcomes_count(tgr_fit_outcomes *outcomes, tgr_pass *pass,
                                  const tgr_fit_tags *tags, const int32_t *columns,
                                  const tgr_router *router, const tgr_run *run, tgr_error *error);
void tgr_fit_outcomes_free(tgr_fit_outcomes *outcomes);

#endif
