/* lines.c - cutting a stream of bytes at line ends. */
#include "engine/elsewhere/lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/log/json.h"

tgr_status tgr_lines_open(tgr_lines *lines, const char *path, const tgr_run *run, tgr_error *error)
{
    *lines = (tgr_lines){.path = path, .capacity = 2 * TGR_LINE_MOST};
    lines->bytes = tgr_mem_zalloc(lines->capacity + TGR_JSON_PADDING, 1);
    return lines->bytes == NULL ? tgr_fail_memory(error, path)
                                : tgr_source_open(path, run, &lines->source, error);
}

void tgr_lines_close(tgr_lines *lines)
{
    tgr_source_close(lines->source);
    tgr_mem_free(lines->bytes);
    *lines = (tgr_lines){0};
}

/* More bytes behind those that are there, as many as fit. */
static tgr_status fill(tgr_lines *lines, tgr_error *error)
{
    size_t got;
    memmove(lines->bytes, lines->bytes + lines->begin, lines->end - lines->begin);
    lines->end -= lines->begin;
    lines->begin = 0;
    tgr_status status = tgr_source_read(lines->source, lines->bytes + lines->end,
                                        lines->capacity - lines->end, &got, error);
    lines->end += status == TGR_OK ? got : 0;
    lines->finished = status == TGR_OK && got == 0;
    return status;
}

/* Where the line ends; NULL where it is not all there. */
static char *find_end(const tgr_lines *lines)
{
    char *end = memchr(lines->bytes + lines->begin, '\n', lines->end - lines->begin);
    return end != NULL || !lines->finished ? end : lines->bytes + lines->end;
}

static tgr_status take_line(tgr_lines *lines, char *end, tgr_error *error)
{
    lines->line = lines->bytes + lines->begin;
    lines->begin = (size_t)(end - lines->bytes) + (end < lines->bytes + lines->end);
    lines->number++;
    snprintf(lines->place, sizeof lines->place, "line %" PRIu64, lines->number);
    if (end > lines->line && end[-1] == '\r') {
        end--;
    }
    *end = '\0'; /* a line's end, or the room behind the bytes */
    lines->length = (size_t)(end - lines->line);
    if (lines->length > TGR_LINE_MOST) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: %s is longer than %zu bytes", lines->path,
                        lines->place, TGR_LINE_MOST);
    }
    bool text = memchr(lines->line, '\0', lines->length) == NULL &&
                tgr_utf8_valid(lines->line, lines->length);
    return text ? TGR_OK
                : tgr_fail(error, TGR_ERR_INPUT, "%s: %s is no text in UTF-8", lines->path,
                           lines->place);
}

tgr_status tgr_lines_next(tgr_lines *lines, bool *more, tgr_error *error)
{
    tgr_status status = TGR_OK;
    do {
        char *end;
        while ((end = find_end(lines)) == NULL) {
            if (lines->end - lines->begin == lines->capacity) {
                end = lines->bytes + lines->end; /* far too long */
                break;
            }
            TGR_TRY(fill(lines, error));
        }
        *more = lines->begin < lines->end;
        if (!*more) {
            return TGR_OK;
        }
        TGR_TRY(take_line(lines, end, error));
    } while (lines->length == 0);
done:
    return status;
}

tgr_status tgr_lines_peek(const char *path, const tgr_run *run, char *bytes, size_t size,
                          size_t *length, tgr_error *error)
{
    tgr_source *source = NULL;
    tgr_status status = tgr_source_open(path, run, &source, error);
    size_t got = 1;
    *length = 0;
    while (status == TGR_OK && *length < size && got > 0) {
        status = tgr_source_read(source, bytes + *length, size - *length, &got, error);
        *length += status == TGR_OK ? got : 0;
    }
    tgr_source_close(source);
    return status;
}
