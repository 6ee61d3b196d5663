/* given_csv.c - decisions as comma-separated values: a column `model`, and `id` where there is one;
 * or one column of models alone, without a head.
 */
#include <string.h>

#include "engine/base/error.h"
#include "engine/elsewhere/given.h"
#include "engine/elsewhere/lines.h"

#define CELLS_MOST ((size_t)256) /* of a row, that are looked at */

typedef struct reading {
    tgr_given *given;
    tgr_lines lines;
    char *cells[CELLS_MOST];
    size_t count;
    size_t model, id; /* which cell; SIZE_MAX: none */
} reading;

static tgr_status fail_line(const reading *work, const char *why, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT, "%s: %s: %s", work->given->path, work->lines.place, why);
}

/* Takes the quotes off a cell, in place; returns what follows it, NULL where it does not end. */
static char *unquote(char *cell)
{
    char *from = cell + 1, *to = cell;
    for (;;) {
        if (*from == '\0') {
            return NULL;
        }
        if (*from == '"' && from[1] != '"') {
            *to = '\0';
            return from + 1;
        }
        from += *from == '"';
        *to++ = *from++;
    }
}

static tgr_status cut_cells(reading *work, tgr_error *error)
{
    char *at = work->lines.line;
    work->count = 0;
    for (;;) {
        if (work->count == CELLS_MOST) {
            return fail_line(work, "it has more columns than are read", error);
        }
        char *cell = at;
        work->cells[work->count++] = cell;
        at = *cell == '"' ? unquote(cell) : cell + strcspn(cell, ",");
        if (at == NULL || (*at != ',' && *at != '\0')) {
            return fail_line(work, "its quotes do not match", error);
        }
        if (*at == '\0') {
            return TGR_OK;
        }
        *at++ = '\0';
    }
}

/* Whether the first row is a head. */
static bool find_columns(reading *work)
{
    work->model = work->id = SIZE_MAX;
    for (size_t i = 0; i < work->count; i++) {
        if (strcmp(work->cells[i], "model") == 0) {
            work->model = i;
        } else if (strcmp(work->cells[i], "id") == 0) {
            work->id = i;
        }
    }
    return work->model != SIZE_MAX;
}

static tgr_status add_row(reading *work, tgr_error *error)
{
    int model;
    if (work->model >= work->count || (work->id != SIZE_MAX && work->id >= work->count)) {
        return fail_line(work, "it has fewer columns than the first one", error);
    }
    tgr_status status =
        tgr_given_find(work->given, work->cells[work->model], work->lines.place, &model, error);
    const char *id = work->id == SIZE_MAX ? NULL : work->cells[work->id];
    return status == TGR_OK
               ? tgr_given_add(work->given, model, id, id == NULL ? 0 : strlen(id), error)
               : status;
}

static tgr_status read_first(reading *work, tgr_error *error)
{
    if (strncmp(work->lines.line, "\xef\xbb\xbf", 3) == 0) { /* a mark of UTF-8, as Excel has it */
        work->lines.line += 3;
    }
    tgr_status status = cut_cells(work, error);
    if (status != TGR_OK || find_columns(work)) {
        return status;
    }
    if (work->count > 1) {
        return fail_line(work, "none of its columns is called 'model'", error);
    }
    work->model = 0;
    work->id = SIZE_MAX;
    return add_row(work, error);
}

tgr_status tgr_given_read_csv(tgr_given *given, const tgr_run *run, tgr_error *error)
{
    reading work = {.given = given};
    tgr_status status = TGR_OK;
    bool more = true, first = true;
    TGR_TRY(tgr_lines_open(&work.lines, given->path, run, error));
    for (;; first = false) {
        TGR_TRY(tgr_lines_next(&work.lines, &more, error));
        if (!more) {
            break;
        }
        if (first) {
            TGR_TRY(read_first(&work, error));
            continue;
        }
        TGR_TRY(cut_cells(&work, error));
        TGR_TRY(add_row(&work, error));
    }
done:
    tgr_lines_close(&work.lines);
    return status;
}
