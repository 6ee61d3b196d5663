/* messages.c - errors and warnings: one line each, coloured on terminals only. */
#include "engine/cli/messages.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tagroute/status.h>

#include "engine/cli/program.h"

bool tgr_cli_colour(FILE *file)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    if (no_color != NULL && no_color[0] != '\0') {
        return false;
    }
    if (file == stdout && tgr_cli_this()->place != NULL) {
        return false; /* mpirun gives processes a terminal even where its own output is a file */
    }
    return terminal != NULL && strcmp(terminal, "dumb") != 0 && isatty(fileno(file));
}

const char *tgr_cli_printable(const char *text, char *copy, size_t size)
{
    size_t length = strlen(text);
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) {
            length--; /* not in the middle of a character */
        }
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        copy[i] = (char)(byte < 0x20 || byte == 0x7f ? '?' : byte);
    }
    copy[length] = '\0';
    return copy;
}

static void print_line(const char *colour, const char *kind, const char *sentence)
{
    char clean[2 * TGR_ERROR_MESSAGE_SIZE];
    bool coloured = tgr_cli_colour(stderr);
    tgr_cli_printable(sentence, clean, sizeof clean);
    fprintf(stderr, "%s%s:%s%s %s\n", coloured ? colour : "", tgr_cli_this()->name, kind,
            coloured ? "\033[0m" : "", clean);
}

void tgr_cli_error(const char *sentence)
{
    print_line("\033[1;31m", "", sentence);
}

void tgr_cli_note(const char *sentence)
{
    print_line("\033[1m", " note:", sentence);
}

void tgr_cli_warning(const char *format, ...)
{
    char sentence[2 * TGR_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    print_line("\033[1;33m", " warning:", sentence);
}
