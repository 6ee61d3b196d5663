/* simulation_outputs.h - where a simulation goes: tables for people, files for programs. */
#ifndef TGR_CLI_SIMULATION_OUTPUTS_H
#define TGR_CLI_SIMULATION_OUTPUTS_H

#include <stdbool.h>

#include <tagroute/simulate.h>
#include <tagroute/status.h>

#include "engine/cli/options.h"

/* --json, --csv, --html */
extern const tgr_cli_group tgr_cli_simulation_outputs_group;

typedef struct tgr_cli_simulation_outputs {
    const char *json, *csv, *html; /* NULL: not asked for */
    bool silent;                   /* one of them is standard output: no tables */
} tgr_cli_simulation_outputs;

tgr_status tgr_cli_simulation_outputs_read(tgr_cli_simulation_outputs *outputs,
                                           const tgr_cli_arguments *arguments, tgr_error *error);

/* The first of the three options that was given, or NULL. */
const char *tgr_cli_simulation_outputs_any(const tgr_cli_arguments *arguments);

/* Writes the files, each whole or not at all, then the tables unless silent. */
tgr_status tgr_cli_simulation_outputs_write(const tgr_cli_simulation_outputs *outputs,
                                            const tgr_simulation *simulation, tgr_error *error);

#endif
