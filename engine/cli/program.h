/* program.h - what a program is made of: its name, its commands, and the processes that it is one
 * of. tagroute is one; tagroute-mpi another, with fewer commands. */
#ifndef TGR_CLI_PROGRAM_H
#define TGR_CLI_PROGRAM_H

#include <stdbool.h>

#include <tagroute/run.h>
#include <tagroute/crew.h>

#include "engine/cli/options.h"

typedef struct tgr_cli_program {
    const char *name; /* as its users call it, such as "tagroute" */
    const char *summary;
    const tgr_cli_command *const *commands; /* ended by NULL */

    /* Where several processes work together; else NULL and 0. */
    const tgr_crew *crew;
    int threads;          /* of each, where --threads says nothing */
    void (*listen)(void); /* called every now and then: another process may have failed */
    void (*place)(void (*say)(const char *sentence)); /* tells where the processes run */
} tgr_cli_program;

/* Runs a command; returns the exit status. */
int tgr_cli_run(const tgr_cli_program *program, int count, char **words);

/* The program that runs, or tagroute. */
const tgr_cli_program *tgr_cli_this(void);

/* Whether this process prints and writes what results: of several it is the first one. */
bool tgr_cli_speaks(void);

#endif
