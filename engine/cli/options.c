/* options.c - the parser. */
#include "engine/cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "engine/cli/fail.h"
#include "engine/cli/near.h"

static const tgr_cli_option *find_name(const tgr_cli_command *command, const char *name,
                                       size_t length)
{
    for (size_t g = 0; command->groups[g] != NULL; g++) {
        for (const tgr_cli_option *option = command->groups[g]->options; option->name; option++) {
            if (strlen(option->name) == length && memcmp(option->name, name, length) == 0) {
                return option;
            }
        }
    }
    return NULL;
}

static const tgr_cli_option *find_letter(const tgr_cli_command *command, char letter)
{
    for (size_t g = 0; command->groups[g] != NULL; g++) {
        for (const tgr_cli_option *option = command->groups[g]->options; option->name; option++) {
            if (option->letter == letter) {
                return option;
            }
        }
    }
    return NULL;
}

static tgr_status fail_unknown(const tgr_cli_command *command, const char *name, size_t length,
                               tgr_error *error)
{
    tgr_cli_near near;
    tgr_cli_near_start(&near, name, length);
    for (size_t g = 0; command->groups[g] != NULL; g++) {
        for (const tgr_cli_option *option = command->groups[g]->options; option->name; option++) {
            tgr_cli_near_offer(&near, option->name);
        }
    }
    int shown = length < 60 ? (int)length : 60;
    if (near.best != NULL) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "unknown option --%.*s; did you mean --%s?",
                            shown, name, near.best);
    }
    return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "unknown option --%.*s", shown, name);
}

static void add_value(tgr_cli_arguments *arguments, const tgr_cli_option *option, const char *text)
{
    arguments->values[arguments->value_count++] = (tgr_cli_value){option, text};
}

/* A value may start with one minus sign, but `--name --other` is a forgotten value. */
static bool usable_value(const char *word)
{
    return word != NULL && !(word[0] == '-' && word[1] == '-' && word[2] != '\0');
}

static tgr_status parse_long(tgr_cli_arguments *arguments, char **words, int *at, tgr_error *error)
{
    const char *name = words[*at] + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const tgr_cli_option *option = find_name(arguments->command, name, length);
    if (option == NULL) {
        return fail_unknown(arguments->command, name, length, error);
    }
    if (option->argument == NULL) {
        if (equals != NULL) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "option --%s takes no value",
                                option->name);
        }
        add_value(arguments, option, NULL);
        return TGR_OK;
    }
    const char *text = equals != NULL ? equals + 1 : words[*at + 1];
    if (equals == NULL && !usable_value(text)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "option --%s needs a value: --%s %s",
                            option->name, option->name, option->argument);
    }
    *at += equals == NULL;
    add_value(arguments, option, text);
    return TGR_OK;
}

/* One word of letters: flags, of which the last may be an option with a value. */
static tgr_status parse_letters(tgr_cli_arguments *arguments, char **words, int *at,
                                tgr_error *error)
{
    for (const char *letter = words[*at] + 1; *letter != '\0'; letter++) {
        const tgr_cli_option *option = find_letter(arguments->command, *letter);
        if (option == NULL) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "unknown option -%c in '%.60s'", *letter,
                                words[*at]);
        }
        if (option->argument == NULL) {
            add_value(arguments, option, NULL);
            continue;
        }
        const char *text = letter[1] != '\0' ? letter + 1 : words[*at + 1];
        if (letter[1] == '\0' && !usable_value(text)) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "option -%c needs a value: -%c %s",
                                *letter, *letter, option->argument);
        }
        *at += letter[1] == '\0';
        add_value(arguments, option, text);
        return TGR_OK;
    }
    return TGR_OK;
}

static tgr_status check_operands(const tgr_cli_arguments *arguments, tgr_error *error)
{
    const tgr_cli_command *command = arguments->command;
    if (arguments->operand_count < command->operands_min) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "%s needs %s", command->name,
                            command->operand);
    }
    if (arguments->operand_count > command->operands_max) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "%s takes %s; '%.200s' is one too many",
                            command->name, command->operand,
                            arguments->operands[command->operands_max]);
    }
    return TGR_OK;
}

/* Each word yields as many values as it has letters, at most. */
static size_t letters_in(int count, char **words)
{
    size_t letters = 0;
    for (int i = 0; i < count; i++) {
        letters += strlen(words[i]) + 1;
    }
    return letters;
}

tgr_status tgr_cli_parse(tgr_cli_arguments *arguments, const tgr_cli_command *command, int count,
                         char **words, tgr_error *error)
{
    *arguments = (tgr_cli_arguments){.command = command};
    arguments->values = tgr_cli_alloc(letters_in(count, words), sizeof *arguments->values, error);
    arguments->operands = tgr_cli_alloc((size_t)count, sizeof *arguments->operands, error);
    if (arguments->values == NULL || arguments->operands == NULL) {
        return TGR_ERR_NOMEM;
    }
    bool options = true;
    for (int i = 0; i < count; i++) {
        tgr_status status = TGR_OK;
        if (!options || words[i][0] != '-' || words[i][1] == '\0') {
            arguments->operands[arguments->operand_count++] = words[i];
        } else if (words[i][1] != '-') {
            status = parse_letters(arguments, words, &i, error);
        } else if (words[i][2] == '\0') {
            options = false;
        } else {
            status = parse_long(arguments, words, &i, error);
        }
        if (status != TGR_OK) {
            return status;
        }
    }
    return tgr_cli_has(arguments, "help") ? TGR_OK : check_operands(arguments, error);
}

void tgr_cli_arguments_free(tgr_cli_arguments *arguments)
{
    free(arguments->values);
    free(arguments->operands);
    *arguments = (tgr_cli_arguments){0};
}

bool tgr_cli_has(const tgr_cli_arguments *arguments, const char *name)
{
    return tgr_cli_list(arguments, name, NULL, 0) > 0;
}

const char *tgr_cli_text(const tgr_cli_arguments *arguments, const char *name)
{
    const char *text = NULL;
    for (size_t i = 0; i < arguments->value_count; i++) {
        if (strcmp(arguments->values[i].option->name, name) == 0) {
            text = arguments->values[i].text;
        }
    }
    return text;
}

tgr_status tgr_cli_need(const tgr_cli_arguments *arguments, const char *name, const char **text,
                        tgr_error *error)
{
    *text = tgr_cli_text(arguments, name);
    if (*text == NULL) {
        const tgr_cli_option *option = find_name(arguments->command, name, strlen(name));
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "%s needs --%s %s", arguments->command->name,
                            name, option->argument);
    }
    return TGR_OK;
}

size_t tgr_cli_list(const tgr_cli_arguments *arguments, const char *name, const char **list,
                    size_t capacity)
{
    size_t count = 0;
    for (size_t i = 0; i < arguments->value_count; i++) {
        if (strcmp(arguments->values[i].option->name, name) == 0) {
            if (count < capacity) {
                list[count] = arguments->values[i].text;
            }
            count++;
        }
    }
    return count;
}
