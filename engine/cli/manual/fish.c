/* fish.c - completion for fish. */
#include "engine/cli/manual/manual.h"

#include <string.h>

/* When the words of a command's name have been written. */
static void put_condition(FILE *file, const tgr_cli_command *command)
{
    const char *space = strchr(command->name, ' ');
    int length = space != NULL ? (int)(space - command->name) : (int)strlen(command->name);
    fprintf(file, "complete -c tagroute -n '__fish_seen_subcommand_from %.*s", length,
            command->name);
    if (space != NULL) {
        fprintf(file, "; and __fish_seen_subcommand_from %s", space + 1);
    }
    fputc('\'', file);
}

static void put_option(FILE *file, const tgr_cli_command *command, const tgr_cli_option *option)
{
    char brief[256];
    tgr_brief(option->help, brief, sizeof brief);
    put_condition(file, command);
    fprintf(file, " -l %s", option->name);
    if (option->letter) {
        fprintf(file, " -s %c", option->letter);
    }
    if (option->argument != NULL) {
        tgr_value_kind kind = tgr_value_kind_of(option->argument);
        fputs(kind == TGR_VALUE_FILE ? " -r -F" : " -x", file);
        if (kind == TGR_VALUE_CHOICE) {
            fputs(" -a '", file);
            for (const char *at = option->argument; *at != '\0'; at++) {
                fputc(*at == '|' ? ' ' : *at, file);
            }
            fputc('\'', file);
        }
    }
    fprintf(file, " -d '%s'\n", brief);
}

static void put_command(FILE *file, const tgr_cli_command *command)
{
    char brief[256];
    tgr_brief(command->summary, brief, sizeof brief);
    const char *space = strchr(command->name, ' ');
    if (space == NULL) {
        fputs("complete -c tagroute -n __fish_use_subcommand", file);
    } else {
        fprintf(file, "complete -c tagroute -n '__fish_seen_subcommand_from %.*s'",
                (int)(space - command->name), command->name);
    }
    fprintf(file, " -f -a %s -d '%s'\n", space == NULL ? command->name : space + 1, brief);
    for (size_t g = 0; command->groups[g] != NULL; g++) {
        for (const tgr_cli_option *option = command->groups[g]->options; option->name; option++) {
            put_option(file, command, option);
        }
    }
}

void tgr_complete_fish(FILE *file)
{
    fputs("# Completion of tagroute for fish.\n", file);
    tgr_manual_each(put_command, file);
}
