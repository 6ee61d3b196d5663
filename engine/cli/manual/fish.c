/* fish.c - completion for fish. */
#include "engine/cli/manual/manual.h"

static void put_option(FILE *file, const tgr_cli_command *command, const tgr_cli_option *option)
{
    char brief[256];
    tgr_brief(option->help, brief, sizeof brief);
    fprintf(file, "complete -c tagroute -n '__fish_seen_subcommand_from %s' -l %s", command->name,
            option->name);
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

void tgr_complete_fish(FILE *file)
{
    fputs("# Completion of tagroute for fish.\n", file);
    for (size_t i = 0; tgr_cli_commands[i] != NULL; i++) {
        const tgr_cli_command *command = tgr_cli_commands[i];
        char brief[256];
        tgr_brief(command->summary, brief, sizeof brief);
        fprintf(file, "complete -c tagroute -n __fish_use_subcommand -f -a %s -d '%s'\n",
                command->name, brief);
        for (size_t g = 0; command->groups[g] != NULL; g++) {
            for (const tgr_cli_option *option = command->groups[g]->options; option->name;
                 option++) {
                put_option(file, command, option);
            }
        }
    }
}
