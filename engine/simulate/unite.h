/* unite.h - what each process of a crew has gathered of its queries becomes what all have. */
#ifndef TGR_SIMULATE_UNITE_H
#define TGR_SIMULATE_UNITE_H

#include <tagroute/status.h>

#include "engine/simulate/simulating.h"

/* After the walk, and once what threads have gathered is merged; alone, nothing happens. */
tgr_status tgr_simulating_unite(tgr_simulating *work, tgr_error *error);

#endif
