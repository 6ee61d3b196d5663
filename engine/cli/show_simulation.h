/* show_simulation.h - a simulation as tables that a person reads from top to bottom. */
#ifndef TGR_CLI_SHOW_SIMULATION_H
#define TGR_CLI_SHOW_SIMULATION_H

#include <stdio.h>

#include <tagroute/simulate.h>

/* What it comes to in one sentence; models, policy and baselines side by side; the curve; metrics.
 */
void tgr_cli_show_simulation(const tgr_simulation *simulation, FILE *file);

/* The same on standard output, whole or not at all; and as JSON in a file ("-": standard output).
 */
tgr_status tgr_cli_print_simulation(const tgr_simulation *simulation, tgr_error *error);
tgr_status tgr_cli_write_simulation(const tgr_simulation *simulation, const char *path,
                                    tgr_error *error);

#endif
