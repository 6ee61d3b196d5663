/* messages.h - what the program says on standard error, beside progress. */
#ifndef TGR_CLI_MESSAGES_H
#define TGR_CLI_MESSAGES_H

#include <stdbool.h>
#include <stdio.h>

#include <tagroute/export.h>
#include <tagroute/run.h>

/* Whether this stream may carry colours: a terminal, no NO_COLOR, not a dumb one. */
bool tgr_cli_colour(FILE *file);

/* "tagroute: SENTENCE"; control characters become '?'. */
void tgr_cli_error(const char *sentence);
void tgr_cli_note(const char *sentence); /* "tagroute: note: SENTENCE" */
void tgr_cli_warning(const char *format, ...) TGR_PRINTF(1, 2);

/* Text from a file as it may be shown on a terminal: control characters become '?'. Returns copy,
 * cut to size. */
const char *tgr_cli_printable(const char *text, char *copy, size_t size);

#endif
