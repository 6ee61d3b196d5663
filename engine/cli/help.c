/* help.c - usage and help, written from the same tables that the parser reads. */
#include "engine/cli/options.h"

#include <string.h>

#include "engine/cli/program.h"

#define HELP_WIDTH  80
#define HELP_COLUMN 30 /* where the sentences of options start */

/* Writes words, broken at HELP_WIDTH, from a column on; the cursor stands at that column. */
static void print_wrapped(FILE *file, const char *text, size_t indent)
{
    size_t column = indent;
    while (*text != '\0') {
        if (*text == '\n') {
            fprintf(file, "\n\n%*s", (int)indent, "");
            column = indent;
            text++;
        }
        size_t length = strcspn(text, " \n");
        if (column > indent && column + 1 + length > HELP_WIDTH) {
            fprintf(file, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', file);
            column++;
        }
        fprintf(file, "%.*s", (int)length, text);
        column += length;
        text += length;
        text += *text == ' ';
    }
    fputc('\n', file);
}

static void print_option(FILE *file, const tgr_cli_option *option)
{
    char head[80];
    int length =
        snprintf(head, sizeof head, "  %c%c%c --%s%s%s", option->letter ? '-' : ' ',
                 option->letter ? option->letter : ' ', option->letter ? ',' : ' ', option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
    if (length + 2 > HELP_COLUMN) {
        fprintf(file, "%s\n%*s", head, HELP_COLUMN, "");
    } else {
        fprintf(file, "%-*s", HELP_COLUMN, head);
    }
    print_wrapped(file, option->help, HELP_COLUMN);
}

void tgr_cli_print_usage(FILE *file, const tgr_cli_command *command)
{
    fprintf(file, "usage: %s %s %s\n", tgr_cli_this()->name, command->name, command->synopsis);
}

void tgr_cli_print_help(FILE *file, const tgr_cli_command *command)
{
    tgr_cli_print_usage(file, command);
    fprintf(file, "\nExamples:\n");
    for (const tgr_cli_example *example = command->examples; example->what != NULL; example++) {
        fprintf(file, "  # %s\n  %s\n", example->what, example->line);
    }
    fputc('\n', file);
    print_wrapped(file, command->description, 0);
    for (size_t i = 0; command->verbs != NULL && command->verbs[i] != NULL; i++) {
        fprintf(file, "%s  %-18s %s\n", i == 0 ? "\n" : "", command->verbs[i]->name,
                command->verbs[i]->summary);
    }
    for (size_t g = 0; command->groups[g] != NULL; g++) {
        fprintf(file, "\n%s:\n", command->groups[g]->heading);
        for (const tgr_cli_option *option = command->groups[g]->options; option->name; option++) {
            print_option(file, option);
        }
    }
}
