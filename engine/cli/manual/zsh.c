/* zsh.c - completion for zsh. */
#include "engine/cli/manual/manual.h"

static void put_value(FILE *file, const tgr_cli_option *option)
{
    if (option->argument == NULL) {
        return;
    }
    fputs(":value:", file);
    switch (tgr_value_kind_of(option->argument)) {
    case TGR_VALUE_FILE:
        fputs("_files", file);
        break;
    case TGR_VALUE_CHOICE:
        fputc('(', file);
        for (const char *at = option->argument; *at != '\0'; at++) {
            fputc(*at == '|' ? ' ' : *at, file);
        }
        fputc(')', file);
        break;
    case TGR_VALUE_OTHER:
        fputc(' ', file);
        break;
    }
}

static void put_option(FILE *file, const tgr_cli_option *option)
{
    char brief[256];
    tgr_brief(option->help, brief, sizeof brief);
    fprintf(file, " \\\n            '*--%s%s[%s]", option->name, option->argument ? "=" : "",
            brief);
    put_value(file, option);
    fputc('\'', file);
    if (option->letter) {
        fprintf(file, " \\\n            '*-%c%s[%s]", option->letter, option->argument ? "+" : "",
                brief);
        put_value(file, option);
        fputc('\'', file);
    }
}

void tgr_complete_zsh(FILE *file)
{
    fputs("#compdef tagroute\n"
          "# Completion of tagroute for zsh.\n"
          "_tagroute() {\n"
          "    local -a commands\n"
          "    commands=(\n",
          file);
    for (size_t i = 0; tgr_cli_commands[i] != NULL; i++) {
        char brief[256];
        tgr_brief(tgr_cli_commands[i]->summary, brief, sizeof brief);
        fprintf(file, "        '%s:%s'\n", tgr_cli_commands[i]->name, brief);
    }
    fputs("    )\n"
          "    if (( CURRENT == 2 )); then\n"
          "        _describe command commands\n"
          "        return\n"
          "    fi\n"
          "    local command=${words[2]}\n"
          "    shift words\n"
          "    (( CURRENT-- ))\n"
          "    case $command in\n",
          file);
    for (size_t i = 0; tgr_cli_commands[i] != NULL; i++) {
        const tgr_cli_command *command = tgr_cli_commands[i];
        fprintf(file, "        %s) _arguments -s", command->name);
        for (size_t g = 0; command->groups[g] != NULL; g++) {
            for (const tgr_cli_option *option = command->groups[g]->options; option->name;
                 option++) {
                put_option(file, option);
            }
        }
        fputs(" \\\n            '*:file:_files' ;;\n", file);
    }
    fputs("    esac\n"
          "}\n"
          "_tagroute \"$@\"\n",
          file);
}
