/* unite.h - what each process of a crew has counted becomes what all have; alone, nothing happens.
 */
#ifndef TGR_FIT_UNITE_H
#define TGR_FIT_UNITE_H

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/fit/held_out.h"
#include "engine/fit/means.h"
#include "engine/fit/outcomes.h"
#include "engine/fit/tags.h"

tgr_status tgr_fit_means_unite(tgr_fit_means *means, const tgr_run *run, tgr_error *error);

tgr_status tgr_fit_outcomes_unite(tgr_fit_outcomes *outcomes, size_t models, const tgr_run *run,
                                  tgr_error *error);

/* What bounds the queries themselves, each process having its own. */
tgr_status tgr_fit_rows_unite(tgr_fit_rows *rows, const tgr_run *run, tgr_error *error);

/* Queries held out, each numbered by its place among this process's: then by that among all. */
tgr_status tgr_held_out_unite(tgr_held_out **queries, size_t *count, const tgr_run *run,
                              tgr_error *error);

#endif
