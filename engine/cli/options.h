/* options.h - one parser and one help writer, driven by tables: what a command takes is written
 * once.
 *
 * GNU style: --name=value and --name value, -n value and -nvalue, `--` ends the options, `-` is an
 * operand. A value may start with a minus sign, as negative thresholds do.
 */
#ifndef TGR_CLI_OPTIONS_H
#define TGR_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <tagroute/status.h>

typedef struct tgr_cli_option {
    const char *name;     /* without the dashes; NULL ends a table */
    char letter;          /* 0: none */
    const char *argument; /* such as "FILE"; NULL: a flag */
    const char *help;     /* what it does, lower case, no final stop */
} tgr_cli_option;

typedef struct tgr_cli_group {
    const char *heading;
    const tgr_cli_option *options;
} tgr_cli_group;

typedef struct tgr_cli_example {
    const char *what;
    const char *line;
} tgr_cli_example;

struct tgr_cli_arguments;

typedef struct tgr_cli_command {
    const char *name;
    const char *summary;                /* a line for the list of commands */
    const char *synopsis;               /* what follows "tagroute NAME" */
    const char *description;            /* paragraphs, separated by a line break */
    const tgr_cli_example *examples;    /* ended by what == NULL */
    const tgr_cli_group *const *groups; /* ended by NULL */
    size_t operands_min, operands_max;
    const char *operand; /* such as "a log file"; for messages */
    tgr_status (*main)(const struct tgr_cli_arguments *arguments, tgr_error *error);
    /* NULL, or the commands that the first word behind this one may name, ended by NULL. The name
     * of each is this one's, a space, and that word. */
    const struct tgr_cli_command *const *verbs;
} tgr_cli_command;

typedef struct tgr_cli_value {
    const tgr_cli_option *option;
    const char *text; /* NULL for a flag */
} tgr_cli_value;

/* Points into argv and the tables. */
typedef struct tgr_cli_arguments {
    const tgr_cli_command *command;
    tgr_cli_value *values;
    size_t value_count;
    const char **operands;
    size_t operand_count;
} tgr_cli_arguments;

/* Parses what follows the command's name. TGR_ERR_ARGUMENT with a sentence; numbers of operands are
 * checked unless --help was given. To be freed in any case. */
tgr_status tgr_cli_parse(tgr_cli_arguments *arguments, const tgr_cli_command *command, int count,
                         char **words, tgr_error *error);
void tgr_cli_arguments_free(tgr_cli_arguments *arguments);

bool tgr_cli_has(const tgr_cli_arguments *arguments, const char *name);

/* The last value given, or NULL. */
const char *tgr_cli_text(const tgr_cli_arguments *arguments, const char *name);

/* As tgr_cli_text; TGR_ERR_ARGUMENT where it is not given. */
tgr_status tgr_cli_need(const tgr_cli_arguments *arguments, const char *name, const char **text,
                        tgr_error *error);

/* Every value given, in order: fills at most `capacity` of list and returns how many there are. */
size_t tgr_cli_list(const tgr_cli_arguments *arguments, const char *name, const char **list,
                    size_t capacity);

void tgr_cli_print_usage(FILE *file, const tgr_cli_command *command);
void tgr_cli_print_help(FILE *file, const tgr_cli_command *command);

#endif
