/* manual.h - manual pages and completions, written from the tables that the parser reads. */
#ifndef TGR_CLI_MANUAL_H
#define TGR_CLI_MANUAL_H

#include <stdio.h>

#include "engine/cli/commands.h"

/* A page for the program, or for one command. */
void tgr_manual_program(FILE *file);
void tgr_manual_command(FILE *file, const tgr_cli_command *command);
/* A page for the program of several processes. */
void tgr_manual_shared(FILE *file);

/* Completions for the shells of these names. */
void tgr_complete_bash(FILE *file);
void tgr_complete_zsh(FILE *file);
void tgr_complete_fish(FILE *file);

/* Calls `visit` for each command, and each of its verbs behind it. */
void tgr_manual_each(void (*visit)(FILE *file, const tgr_cli_command *command), FILE *file);

/* The name of a command's page, "tagroute-NAME" with dashes for spaces. */
void tgr_page_name(const tgr_cli_command *command, char *name, size_t size);

/* What an option's argument is completed with. */
typedef enum tgr_value_kind {
    TGR_VALUE_FILE,
    TGR_VALUE_CHOICE, /* one of words separated by '|', as the table has them */
    TGR_VALUE_OTHER   /* a number, a name: nothing is offered */
} tgr_value_kind;

tgr_value_kind tgr_value_kind_of(const char *argument);

/* The first sentence of a help text, without a mark that a shell would take for its own. */
void tgr_brief(const char *help, char *text, size_t size);

#endif
