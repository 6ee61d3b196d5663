/* show_simulation.h - a simulation as tables that a person reads from top to bottom. */
#ifndef TGR_CLI_SHOW_SIMULATION_H
#define TGR_CLI_SHOW_SIMULATION_H

#include <stdio.h>

#include <tagroute/simulate.h>

/* What it comes to in one sentence; the curve; models, policy and baselines side by side; points;
 * metrics. */
tgr_status tgr_cli_show_simulation(const tgr_simulation *simulation, FILE *file, tgr_error *error);

#endif
