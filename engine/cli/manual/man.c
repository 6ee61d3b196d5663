/* man.c - pages for man(1), in roff. No date: the same source gives the same pages. */
#include "engine/cli/manual/manual.h"

#include <string.h>

#include <tagroute/version.h>

/* Text as roff shows it, letter by letter; a line break begins a new paragraph. */
static void put_text(FILE *file, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        int at_start = at == text || at[-1] == '\n';
        if (*at == '\\') {
            fputs("\\e", file);
        } else if (*at == '-') {
            fputs("\\-", file);
        } else if (at_start && (*at == '.' || *at == '\'')) {
            fprintf(file, "\\&%c", *at);
        } else if (*at == '\n') {
            fputs("\n.PP\n", file);
        } else {
            fputc(*at, file);
        }
    }
}

static void put_head(FILE *file, const char *page, const char *name, const char *summary)
{
    fprintf(file, ".TH %s 1 \"\" \"tagroute %s\" \"User Commands\"\n.SH NAME\n", page,
            TGR_VERSION_STRING);
    put_text(file, name);
    fputs(" \\- ", file);
    put_text(file, summary);
    fputc('\n', file);
}

static void put_example(FILE *file, const char *what, const char *line)
{
    fputs(".PP\n", file);
    put_text(file, what);
    fputs(":\n.PP\n.RS 4\n.EX\n", file);
    put_text(file, line);
    fputs("\n.EE\n.RE\n", file);
}

static void put_option(FILE *file, const tgr_cli_option *option)
{
    fputs(".TP\n", file);
    if (option->letter) {
        fprintf(file, "\\fB\\-%c\\fR, ", option->letter);
    }
    fputs("\\fB\\-\\-", file);
    put_text(file, option->name);
    fputs("\\fR", file);
    if (option->argument != NULL) {
        fputs(" \\fI", file);
        put_text(file, option->argument);
        fputs("\\fR", file);
    }
    fputc('\n', file);
    put_text(file, option->help);
    fputc('\n', file);
}

static void put_page(FILE *file, const tgr_cli_command *command)
{
    char name[64];
    tgr_page_name(command, name, sizeof name);
    fputs(".TP\n.BR ", file);
    put_text(file, name);
    fputs(" (1)\n", file);
    put_text(file, command->summary);
    fputc('\n', file);
}

static void put_exit_status(FILE *file)
{
    fputs(".SH EXIT STATUS\n0 done, 1 it failed, 2 wrong usage, 3 the input is bad.\n", file);
}

void tgr_manual_command(FILE *file, const tgr_cli_command *command)
{
    char name[64];
    tgr_page_name(command, name, sizeof name);
    put_head(file, name, name, command->summary);
    fputs(".SH SYNOPSIS\n.B tagroute ", file);
    put_text(file, command->name);
    fputs("\n", file);
    put_text(file, command->synopsis);
    fputs("\n.SH DESCRIPTION\n", file);
    put_text(file, command->description);
    fputs("\n.SH OPTIONS\n", file);
    for (size_t g = 0; command->groups[g] != NULL; g++) {
        fputs(".SS ", file);
        put_text(file, command->groups[g]->heading);
        fputc('\n', file);
        for (const tgr_cli_option *option = command->groups[g]->options; option->name; option++) {
            put_option(file, option);
        }
    }
    fputs(".SH EXAMPLES\n", file);
    for (const tgr_cli_example *example = command->examples; example->what != NULL; example++) {
        put_example(file, example->what, example->line);
    }
    put_exit_status(file);
    fputs(".SH SEE ALSO\n.BR tagroute (1)\n", file);
    for (size_t v = 0; command->verbs != NULL && command->verbs[v] != NULL; v++) {
        put_page(file, command->verbs[v]);
    }
}

void tgr_manual_program(FILE *file)
{
    put_head(file, "tagroute", "tagroute", "routes large logs of LLM queries to models, offline");
    fputs(".SH SYNOPSIS\n.B tagroute\n\\fICOMMAND\\fR ...\n.SH COMMANDS\n", file);
    for (size_t i = 0; tgr_cli_commands[i] != NULL; i++) {
        put_page(file, tgr_cli_commands[i]);
    }
    fputs(".SH ENVIRONMENT\n"
          ".TP\n\\fBTAGROUTE_ISA\\fR\nscalar, avx2, avx512 or neon: the instructions to use; by "
          "default the best that there are\n"
          ".TP\n\\fBNO_COLOR\\fR\nset: no colours\n"
          ".TP\n\\fBTMPDIR\\fR\nwhere temporary files go that need not lie beside an output\n",
          file);
    put_exit_status(file);
}

void tgr_manual_shared(FILE *file)
{
    put_head(file, "tagroute-mpi", "tagroute-mpi",
             "fits, routes and simulates with several processes, on one machine or many");
    fputs(".SH SYNOPSIS\n.B mpirun\n\\-n \\fIN\\fR\n.B tagroute\\-mpi\n\\fICOMMAND\\fR ...\n"
          ".SH DESCRIPTION\n"
          "The processes of an MPI job share the queries out and give the bytes of one process, "
          "however many they are. Options are those of the same commands of tagroute. All "
          "processes see the same files.\n.SH COMMANDS\n",
          file);
    for (size_t i = 0; tgr_cli_shared_commands[i] != NULL; i++) {
        put_page(file, tgr_cli_shared_commands[i]);
    }
    put_example(
        file, "eight processes on two hosts, one thread each",
        "mpirun -n 8 --host one:4,two:4 tagroute-mpi route queries.h5 -r router.msgpack -j 1 "
        "-o decisions.h5");
    put_exit_status(file);
    fputs(".SH SEE ALSO\n.BR mpirun (1)\n.BR tagroute (1)\n", file);
}
