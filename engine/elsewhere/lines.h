/* lines.h - a text line by line, plain or compressed, each line in memory of its own. */
#ifndef TGR_ELSEWHERE_LINES_H
#define TGR_ELSEWHERE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/log/source.h"

#define TGR_LINE_MOST ((size_t)1 << 20) /* bytes */

/* Starts zeroed. */
typedef struct tgr_lines {
    const char *path;
    tgr_source *source;
    char *bytes; /* read, with room behind them that JSON needs */
    size_t begin, end, capacity;
    bool finished;
    uint64_t number; /* of the line at hand, from 1 */
    char *line;      /* NUL-terminated, without its end */
    size_t length;
    char place[40]; /* "line 3" */
} tgr_lines;

tgr_status tgr_lines_open(tgr_lines *lines, const char *path, const tgr_run *run, tgr_error *error);
void tgr_lines_close(tgr_lines *lines); /* harmless on a zeroed one */

/* The next line that is not empty; *more is false after the last. TGR_ERR_INPUT for lines that are
 * too long, hold NUL or are no UTF-8. */
tgr_status tgr_lines_next(tgr_lines *lines, bool *more, tgr_error *error);

/* The first bytes of a text. */
tgr_status tgr_lines_peek(const char *path, const tgr_run *run, char *bytes, size_t size,
                          size_t *length, tgr_error *error);

#endif
