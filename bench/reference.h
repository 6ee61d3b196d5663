/* reference.h - rows decided by the plain reference. */
#ifndef TGR_BENCH_REFERENCE_H
#define TGR_BENCH_REFERENCE_H

#include "bench/data.h"

/* Decides rows [begin, end) of x, whose decisions go to model[0 ..]. The decider's arrays begin at
 * row 0 of x. */
void tgr_bench_reference(const tgr_csr *x, const tgr_bench_data *data, const tgr_decider *decider,
                         size_t begin, size_t end, int16_t *model);

/* The mean distance between the best and the worst score of a few thousand rows: what thresholds
 * are measured in. */
double tgr_bench_score_span(const tgr_bench_data *data);

#endif
