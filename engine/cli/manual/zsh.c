/* zsh.c - completion for zsh. */
#include "engine/cli/manual/manual.h"

#include <string.h>

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

/* A case of a command with its options. One with verbs has a word of theirs in front. */
static void put_command(FILE *file, const tgr_cli_command *command)
{
    fprintf(file, "        '%s') _arguments -s", command->name);
    for (size_t g = 0; command->groups[g] != NULL; g++) {
        for (const tgr_cli_option *option = command->groups[g]->options; option->name; option++) {
            put_option(file, option);
        }
    }
    fputs(" \\\n            '*:file:_files' ;;\n", file);
}

static void put_named(FILE *file, const tgr_cli_command *command, const char *name)
{
    char brief[256];
    tgr_brief(command->summary, brief, sizeof brief);
    fprintf(file, "        '%s:%s'\n", name, brief);
}

static void put_verbs(FILE *file, const tgr_cli_command *command)
{
    if (command->verbs == NULL) {
        return;
    }
    fprintf(file, "    if [[ ${words[2]} == %s ]]; then\n        commands=(\n", command->name);
    for (size_t v = 0; command->verbs[v] != NULL; v++) {
        put_named(file, command->verbs[v], command->verbs[v]->name + strlen(command->name) + 1);
    }
    fputs("        )\n"
          "        if (( CURRENT == 3 )); then\n"
          "            _describe verb commands\n"
          "            return\n"
          "        fi\n"
          "        command=\"$command ${words[3]}\"\n"
          "        shift words\n"
          "        (( CURRENT-- ))\n"
          "    fi\n",
          file);
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
        put_named(file, tgr_cli_commands[i], tgr_cli_commands[i]->name);
    }
    fputs("    )\n"
          "    if (( CURRENT == 2 )); then\n"
          "        _describe command commands\n"
          "        return\n"
          "    fi\n"
          "    local command=${words[2]}\n",
          file);
    for (size_t i = 0; tgr_cli_commands[i] != NULL; i++) {
        put_verbs(file, tgr_cli_commands[i]);
    }
    fputs("    shift words\n"
          "    (( CURRENT-- ))\n"
          "    case $command in\n",
          file);
    tgr_manual_each(put_command, file);
    fputs("    esac\n"
          "}\n"
          "_tagroute \"$@\"\n",
          file);
}
