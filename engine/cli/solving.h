/* solving.h - goals in place of thresholds, shared by route, simulate and merge; and saved
 * policies. */
#ifndef TGR_CLI_SOLVING_H
#define TGR_CLI_SOLVING_H

#include <stdbool.h>
#include <stdio.h>

#include <tagroute/solve.h>

#include "engine/cli/options.h"
#include "engine/cli/session.h"

extern const tgr_cli_group tgr_cli_goal_group;

typedef struct tgr_cli_solving {
    tgr_goal goal; /* kind TGR_GOAL_NONE where none was given */
    char *model;
} tgr_cli_solving;

tgr_status tgr_cli_solving_read(tgr_cli_solving *solving, const tgr_cli_arguments *arguments,
                                tgr_error *error);
void tgr_cli_solving_free(tgr_cli_solving *solving);

/* The goal as it was given, such as "--budget 500". */
void tgr_cli_goal_text(const tgr_goal *goal, char *text, size_t size);

/* A line each: what was asked for and found; how it compares with the best choice of models. */
void tgr_cli_show_solution(const tgr_solution *solution, FILE *file);

/* Saves the policy of a simulation where --save-policy asks for it: the solution's, else that of
 * the best point. */
tgr_status tgr_cli_save_policy(const tgr_simulation *simulation, const tgr_cli_arguments *arguments,
                               tgr_error *error);

#endif
