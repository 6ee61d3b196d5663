/* unite.h - what each process of a crew has gathered of its queries becomes what all have. */
#ifndef TGR_SIMULATE_UNITE_H
#define TGR_SIMULATE_UNITE_H

#include <tagroute/status.h>

#include "engine/base/crew_row.h"
#include "engine/simulate/simulating.h"

/* Sums, to be passed among what is united. */
void tgr_unite_tally(tgr_crew_row *row, tgr_tally *tally);
void tgr_unite_stand(tgr_crew_row *row, tgr_stand *stand);
void tgr_unite_decided(tgr_crew_row *row, tgr_decided *decided, size_t models);
void tgr_unite_sums(tgr_crew_row *row, tgr_baselines *baselines, tgr_decided *counts, size_t asked);

/* The moves of all processes, at each. */
tgr_status tgr_unite_moves(const tgr_run *run, tgr_moves *moves, tgr_error *error);

/* After the walk, and once what threads have gathered is merged; alone, nothing happens. */
tgr_status tgr_simulating_unite(tgr_simulating *work, tgr_error *error);

#endif
