/* show_plot.h - a simulation's curve as the terminal at hand can show it. */
#ifndef TGR_CLI_SHOW_PLOT_H
#define TGR_CLI_SHOW_PLOT_H

#include <stdio.h>

#include <tagroute/simulate.h>

/* For standard output, whatever `file` is: its width and colours, and the characters of the locale.
 */
tgr_status tgr_cli_show_plot(const tgr_simulation *simulation, FILE *file, tgr_error *error);

#endif
