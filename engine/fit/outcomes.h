/* outcomes.h - the walk that judges every training query and sums what the scorer learns from.
 */
#ifndef TGR_FIT_OUTCOMES_H
#define TGR_FIT_OUTCOMES_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/fit/judge.h"
#include "engine/fit/rows.h"
#include "engine/scorer/sums.h"
#include "engine/scorer/values.h"

/* What is summed. */
typedef struct tgr_fit_wanted {
    bool outcomes;      /* by tag, model and outcome */
    size_t value_folds; /* values by tag and model, in so many folds; 0: none */
    tgr_fit_rows *rows; /* the queries themselves; NULL: no */
} tgr_fit_wanted;

typedef struct tgr_fit_outcomes {
    tgr_outcome_sums sums;
    size_t value_count;
    tgr_value_sums *values;  /* value_count: each thread's; [0] is the total at the end */
    tgr_sum *model_outcomes; /* models x 3: judged queries (loss, tie, win), by their weights */
    uint64_t queries;        /* judged ones */
    uint64_t judged, derived, assumed;
    uint64_t reference_recorded; /* outcomes of the reference that are not assumed */
    uint64_t dependent;          /* queries whose outcomes follow from the reference */
} tgr_fit_outcomes;

/* Walks the source once. The router's tags, reference and count are set; for values or rows, the
 * walk's folds. Freed with tgr_fit_outcomes_free in any case. */
tgr_status tgr_fit_outcomes_count(tgr_fit_outcomes *outcomes, const tgr_fit_source *source,
                                  const tgr_fit_wanted *wanted, tgr_error *error);
void tgr_fit_outcomes_free(tgr_fit_outcomes *outcomes);

#endif
