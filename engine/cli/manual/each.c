/* each.c - commands and their verbs, in order. */
#include "engine/cli/manual/manual.h"

void tgr_manual_each(void (*visit)(FILE *file, const tgr_cli_command *command), FILE *file)
{
    for (size_t i = 0; tgr_cli_commands[i] != NULL; i++) {
        const tgr_cli_command *command = tgr_cli_commands[i];
        visit(file, command);
        for (size_t v = 0; command->verbs != NULL && command->verbs[v] != NULL; v++) {
            visit(file, command->verbs[v]);
        }
    }
}

void tgr_page_name(const tgr_cli_command *command, char *name, size_t size)
{
    snprintf(name, size, "tagroute-%s", command->name);
    for (char *at = name; *at != '\0'; at++) {
        *at = *at == ' ' ? '-' : *at;
    }
}
