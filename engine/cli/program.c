/* program.c - finds the command, runs it, turns what it says into an exit status. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <tagroute/tagroute.h>

#include "engine/cli/hearsay.h"
#include "engine/cli/messages.h"
#include "engine/cli/near.h"
#include "engine/cli/program.h"
#include "engine/cli/signals.h"
#include "engine/cli/write_file.h"

static const tgr_cli_program *this_program;

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INPUT = 3 };

/* A file opened later must not land on a standard stream that the caller closed. */
static void guard_standard_streams(void)
{
    for (int stream = 0; stream <= 2; stream++) {
        if (fcntl(stream, F_GETFD) < 0) {
            int opened = open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
            if (opened != stream) { /* lower ones are all open: cannot happen */
                return;
            }
        }
    }
}

static int exit_status(tgr_status status)
{
    switch (status) {
    case TGR_OK:
        return EXIT_DONE;
    case TGR_ERR_ARGUMENT:
    case TGR_ERR_UNSUPPORTED:
        return EXIT_USAGE;
    case TGR_ERR_INPUT:
        return EXIT_INPUT;
    case TGR_ERR_UNREACHABLE:
    case TGR_ERR_IO:
    case TGR_ERR_NOMEM:
    case TGR_ERR_CANCELLED:
    case TGR_ERR_INTERNAL:
        return EXIT_FAILED;
    }
    return EXIT_FAILED;
}

static const tgr_cli_command *find_command(const char *name)
{
    for (size_t i = 0; this_program->commands[i] != NULL; i++) {
        if (strcmp(this_program->commands[i]->name, name) == 0) {
            return this_program->commands[i];
        }
    }
    return NULL;
}

static void print_overview(FILE *file)
{
    const char *name = this_program->name;
    fprintf(file, "usage: %s COMMAND ...\n\n%s\n\nExamples:\n", name, this_program->summary);
    if (find_command("ingest") != NULL) {
        fprintf(file, "  %s ingest log.jsonl.zst -o queries.h5\n", name);
    }
    fprintf(file,
            "  %s fit queries.h5 -o router.msgpack\n"
            "  %s route queries.h5 -r router.msgpack -o decisions.h5\n"
            "  %s simulate queries.h5 -r router.msgpack\n\n"
            "Commands:\n",
            name, name, name);
    for (size_t i = 0; this_program->commands[i] != NULL; i++) {
        fprintf(file, "  %-10s %s\n", this_program->commands[i]->name,
                this_program->commands[i]->summary);
    }
    fprintf(file, "  %-10s %s\n\n", "help", "show the help of a command");
    fprintf(file,
            "`%s COMMAND --help` shows a command's options and examples;\n"
            "`%s --version` the version.\n"
            "Exit status: 0 done, 1 it failed, 2 wrong usage, 3 the input is bad.\n",
            name, name);
}

/* The word that names a verb of a command. */
static const char *verb_word(const tgr_cli_command *command, const tgr_cli_command *verb)
{
    return verb->name + strlen(command->name) + 1;
}

/* The command itself where it has no such verb. */
static const tgr_cli_command *find_verb(const tgr_cli_command *command, const char *word)
{
    for (size_t i = 0; command->verbs != NULL && word != NULL && command->verbs[i] != NULL; i++) {
        if (strcmp(verb_word(command, command->verbs[i]), word) == 0) {
            return command->verbs[i];
        }
    }
    return command;
}

static void suggest_help(const tgr_cli_command *command)
{
    fprintf(stderr, "try '%s %s --help'\n", this_program->name, command->name);
}

static int unknown_verb(const tgr_cli_command *command, const char *word)
{
    tgr_cli_near near;
    tgr_cli_near_start(&near, word, strlen(word));
    for (size_t i = 0; command->verbs[i] != NULL; i++) {
        tgr_cli_near_offer(&near, verb_word(command, command->verbs[i]));
    }
    char sentence[256];
    snprintf(sentence, sizeof sentence, "there is no '%s %.60s'%s%s%s", command->name, word,
             near.best != NULL ? "; did you mean " : "", near.best != NULL ? near.best : "",
             near.best != NULL ? "?" : "");
    tgr_cli_error(sentence);
    tgr_cli_print_usage(stderr, command);
    suggest_help(command);
    return EXIT_USAGE;
}

static int unknown_command(const char *name)
{
    tgr_cli_near near;
    tgr_cli_near_start(&near, name, strlen(name));
    for (size_t i = 0; this_program->commands[i] != NULL; i++) {
        tgr_cli_near_offer(&near, this_program->commands[i]->name);
    }
    char sentence[256];
    snprintf(sentence, sizeof sentence, "unknown %s '%.60s'%s%s%s",
             name[0] == '-' ? "option" : "command", name,
             near.best != NULL ? "; did you mean " : "", near.best != NULL ? near.best : "",
             near.best != NULL ? "?" : "");
    tgr_cli_error(sentence);
    fprintf(stderr, "usage: %s COMMAND ...\ntry '%s --help'\n", this_program->name,
            this_program->name);
    return EXIT_USAGE;
}

/* A pipe closed by its reader is how `| head` ends: nothing to say about. */
static int report_failure(const tgr_error *error, const tgr_cli_command *command)
{
    if (error->status != TGR_ERR_IO || !tgr_cli_pipe_closed()) {
        tgr_cli_error(error->message[0] != '\0' ? error->message : "it failed");
    }
    if (error->status == TGR_ERR_ARGUMENT && command != NULL) {
        suggest_help(command);
    }
    return exit_status(error->status);
}

/* All end as the first that failed; what this process has added to that one's sentence stays. */
static tgr_status agree(const tgr_crew *crew, tgr_status status, tgr_error *error)
{
    tgr_error agreed = *error;
    status = crew->meet(crew->user, status, &agreed);
    if (strncmp(error->message, agreed.message, strlen(agreed.message)) != 0) {
        *error = agreed;
    }
    return status;
}

/* No process of several is done before all are; whichever failed, all know why. */
static tgr_status compare_notes(tgr_status status, tgr_error *error)
{
    const tgr_crew *crew = this_program->crew;
    if (crew != NULL && status == TGR_OK) {
        status = tgr_cli_hearsay_tell(crew, error);
    }
    return crew == NULL ? status : agree(crew, status, error);
}

static int run_command(const tgr_cli_command *command, int count, char **words)
{
    tgr_error error = {0};
    tgr_cli_arguments arguments;
    int result;
    tgr_status status = tgr_cli_parse(&arguments, command, count, words, &error);
    if (status == TGR_ERR_ARGUMENT) {
        tgr_cli_error(error.message);
        tgr_cli_print_usage(stderr, command);
        suggest_help(command);
        result = EXIT_USAGE;
    } else if (status == TGR_OK && tgr_cli_has(&arguments, "help")) {
        tgr_cli_print_help(stdout, command);
        result = EXIT_DONE;
    } else {
        status = status == TGR_OK ? command->main(&arguments, &error) : status;
        status = compare_notes(status, &error);
        error.status = status;
        result = status == TGR_OK ? EXIT_DONE : report_failure(&error, command);
    }
    tgr_cli_arguments_free(&arguments);
    return result;
}

static int help(int count, char **words)
{
    if (count == 0) {
        print_overview(stdout);
        return EXIT_DONE;
    }
    const tgr_cli_command *command = find_command(words[0]);
    if (command == NULL) {
        return unknown_command(words[0]);
    }
    tgr_cli_print_help(stdout, find_verb(command, count > 1 ? words[1] : NULL));
    return EXIT_DONE;
}

static int dispatch(int count, char **words)
{
    if (count < 2) {
        print_overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0) {
        return help(0, NULL);
    }
    if (strcmp(words[1], "help") == 0) {
        return help(count - 2, words + 2);
    }
    if (strcmp(words[1], "--version") == 0 || strcmp(words[1], "-V") == 0) {
        printf("%s %s\n", this_program->name, tgr_version());
        return EXIT_DONE;
    }
    const tgr_cli_command *command = find_command(words[1]);
    if (command == NULL) {
        return unknown_command(words[1]);
    }
    const tgr_cli_command *verb = find_verb(command, count > 2 ? words[2] : NULL);
    int used = verb == command ? 2 : 3;
    if (verb == command && command->verbs != NULL && count > 2 && words[2][0] != '-') {
        return unknown_verb(command, words[2]);
    }
    return run_command(verb, count - used, words + used);
}

const tgr_cli_program *tgr_cli_this(void)
{
    static const tgr_cli_program tagroute = {.name = "tagroute"};
    return this_program == NULL ? &tagroute : this_program;
}

bool tgr_cli_speaks(void)
{
    const tgr_crew *crew = tgr_cli_this()->crew;
    return crew == NULL || crew->rank == 0;
}

int tgr_cli_run(const tgr_cli_program *program, int count, char **words)
{
    this_program = program;
    guard_standard_streams();
    tgr_cli_signals_install();
    int result = dispatch(count, words);
    tgr_error error = {0};
    if (tgr_cli_close_stdout(&error) != TGR_OK && result == EXIT_DONE) {
        result = report_failure(&error, NULL);
    }
    return result;
}
