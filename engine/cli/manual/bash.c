/* bash.c - completion for bash. */
#include "engine/cli/manual/manual.h"

#include <string.h>

static void put_options(FILE *file, const tgr_cli_command *command)
{
    for (size_t g = 0; command->groups[g] != NULL; g++) {
        for (const tgr_cli_option *option = command->groups[g]->options; option->name; option++) {
            fprintf(file, " --%s", option->name);
        }
    }
}

/* A case for what stands before the cursor: options whose argument is one of a few words, and those
 * whose argument cannot be completed. */
static void put_values(FILE *file, const tgr_cli_command *command)
{
    for (size_t g = 0; command->groups[g] != NULL; g++) {
        for (const tgr_cli_option *option = command->groups[g]->options; option->name; option++) {
            if (option->argument == NULL || tgr_value_kind_of(option->argument) == TGR_VALUE_FILE) {
                continue;
            }
            fprintf(file, "        '%s':--%s", command->name, option->name);
            if (option->letter) {
                fprintf(file, "|'%s':-%c", command->name, option->letter);
            }
            if (tgr_value_kind_of(option->argument) == TGR_VALUE_CHOICE) {
                fputs(") words='", file);
                for (const char *at = option->argument; *at != '\0'; at++) {
                    fputc(*at == '|' ? ' ' : *at, file);
                }
                fputs("' ;;\n", file);
            } else {
                fputs(") return ;;\n", file);
            }
        }
    }
}

static void put_all_options(FILE *file, const tgr_cli_command *command)
{
    fprintf(file, "        '%s') words='", command->name);
    put_options(file, command);
    fputs("' ;;\n", file);
}

/* The verbs of a command are what its first word is completed with. */
static void put_verbs(FILE *file, const tgr_cli_command *command)
{
    if (command->verbs == NULL) {
        return;
    }
    fprintf(file, "        %s) words='", command->name);
    for (size_t v = 0; command->verbs[v] != NULL; v++) {
        fprintf(file, " %s", command->verbs[v]->name + strlen(command->name) + 1);
    }
    fputs("' ;;\n", file);
}

void tgr_complete_bash(FILE *file)
{
    fputs("# Completion of tagroute for bash.\n"
          "_tagroute()\n{\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local command=${COMP_WORDS[1]} words= verbs=\n"
          "    COMPREPLY=()\n"
          "    case $command in\n",
          file);
    for (size_t i = 0; tgr_cli_commands[i] != NULL; i++) {
        put_verbs(file, tgr_cli_commands[i]);
    }
    fputs("    esac\n"
          "    verbs=$words words=\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        words='help --help --version",
          file);
    for (size_t i = 0; tgr_cli_commands[i] != NULL; i++) {
        fprintf(file, " %s", tgr_cli_commands[i]->name);
    }
    fputs("'\n"
          "    elif [ \"$COMP_CWORD\" -eq 2 ] && [ -n \"$verbs\" ]; then\n"
          "        words=\"$verbs --help\"\n"
          "    elif [ -n \"$verbs\" ]; then\n"
          "        command=\"$command ${COMP_WORDS[2]}\"\n"
          "    fi\n"
          "    [ -n \"$words\" ] || case $command:$before in\n",
          file);
    tgr_manual_each(put_values, file);
    fputs("    esac\n"
          "    if [ -z \"$words\" ] && [ \"${current#-}\" != \"$current\" ]; then\n"
          "        case $command in\n",
          file);
    tgr_manual_each(put_all_options, file);
    fputs("        esac\n"
          "    fi\n"
          "    if [ -n \"$words\" ]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
          "    fi\n"
          "}\n"
          "complete -o default -F _tagroute tagroute\n",
          file);
}
