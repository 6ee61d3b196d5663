/* show_details.h - by column, predictions, category means, savings: as tables. */
#ifndef TGR_CLI_SHOW_DETAILS_H
#define TGR_CLI_SHOW_DETAILS_H

#include <stdio.h>

#include <tagroute/details.h>

void tgr_cli_show_details(const tgr_simulation *simulation, FILE *file);

#endif
