/* cutter.c - reads ahead by a piece, and keeps what belongs to the next one. */
#include "engine/log/cutter.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/log/cutting.h"

#define MARK        "\xef\xbb\xbf" /* of byte order; says only that a text is UTF-8 */
#define MARK_LENGTH 3

/* MessagePack begins a record with a map or an array. JSON cannot begin with such a byte, nor a
 * record with what JSON begins with: there these are integers. */
static tgr_log_format detect_format(const tgr_log_cutter *cutter)
{
    if (cutter->kept_length == 0) {
        return TGR_LOG_JSONL;
    }
    uint8_t first = (uint8_t)cutter->kept[0];
    return (first >= 0x80 && first <= 0x9f) || (first >= 0xdc && first <= 0xdf) ? TGR_LOG_MSGPACK
                                                                                : TGR_LOG_JSONL;
}

static tgr_status keep(tgr_log_cutter *cutter, const char *bytes, size_t length, tgr_error *error)
{
    void *kept = cutter->kept;
    if (!tgr_mem_grow(&kept, &cutter->kept_capacity, length + 1, 1)) {
        return tgr_fail_memory(error, "a log's buffer");
    }
    cutter->kept = kept;
    memcpy(cutter->kept, bytes, length);
    cutter->kept_length = length;
    return TGR_OK;
}

/* Reads enough to tell the format. */
static tgr_status begin(tgr_log_cutter *cutter, tgr_error *error)
{
    char first[MARK_LENGTH];
    size_t length = 0;
    while (length < sizeof first) {
        size_t got = 0;
        tgr_status status =
            tgr_source_read(cutter->source, first + length, sizeof first - length, &got, error);
        if (status != TGR_OK) {
            return status;
        }
        if (got == 0) {
            break;
        }
        length += got;
    }
    tgr_status status = keep(cutter, first, length, error);
    if (status != TGR_OK) {
        return status;
    }
    if (cutter->format == TGR_LOG_AUTO) {
        cutter->format = detect_format(cutter);
    }
    if (cutter->format == TGR_LOG_JSONL && length == MARK_LENGTH &&
        memcmp(first, MARK, MARK_LENGTH) == 0) {
        cutter->kept_length = 0;
        cutter->position = MARK_LENGTH;
    }
    return TGR_OK;
}

/* Moves to the first line that begins in the range. */
static tgr_status find_line(tgr_log_cutter *cutter, tgr_error *error)
{
    char block[4096];
    tgr_status status = TGR_OK;
    cutter->kept_length = 0;
    cutter->position = cutter->range.begin - 1; /* a newline there ends the line before */
    TGR_TRY(tgr_source_begin_at(cutter->source, cutter->position, error));
    for (bool found = false; !found && cutter->position < cutter->range.end;) {
        size_t got = 0;
        TGR_TRY(tgr_source_read(cutter->source, block, sizeof block, &got, error));
        const char *newline = got > 0 ? memchr(block, '\n', got) : NULL;
        size_t passed = newline ? (size_t)(newline + 1 - block) : got;
        cutter->position += passed;
        TGR_TRY(keep(cutter, block + passed, got - passed, error));
        found = newline != NULL || got == 0;
    }
done:
    return status;
}

/* Moves to where the range begins. MessagePack is gone over from the beginning: its objects can be
 * found in no other way. */
static tgr_status enter_range(tgr_log_cutter *cutter, tgr_error *error)
{
    return tgr_source_is_plain(cutter->source) && cutter->range.begin > cutter->position &&
                   cutter->format == TGR_LOG_JSONL
               ? find_line(cutter, error)
               : TGR_OK;
}

static tgr_status open_log(const char *path, tgr_log_range range, size_t max_record,
                           const tgr_run *run, tgr_log_cutter **cutter, tgr_error *error)
{
    tgr_status status = TGR_OK;
    *cutter = tgr_mem_zalloc(1, sizeof **cutter);
    if (!*cutter) {
        return tgr_fail_memory(error, "a log");
    }
    TGR_TRY(tgr_source_open(path, run, &(*cutter)->source, error));
    if (!tgr_source_is_plain((*cutter)->source)) {
        range = range.begin > 0 ? (tgr_log_range){0, 0} : tgr_log_whole;
    }
    (*cutter)->range = range;
    (*cutter)->max_record = max_record;
    status = tgr_source_identify((*cutter)->source, range.begin, range.end, error);
done:
    return status;
}

tgr_status tgr_log_cutter_open(const char *path, tgr_log_format format, tgr_log_range range,
                               size_t max_record, const tgr_run *run, tgr_log_cutter **cutter,
                               tgr_error *error)
{
    tgr_log_cutter *opened = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(open_log(path, range, max_record, run, &opened, error));
    opened->format = format;
    TGR_TRY(begin(opened, error));
    TGR_TRY(enter_range(opened, error));
    *cutter = opened;
    return TGR_OK;
done:
    tgr_log_cutter_close(opened);
    return status;
}

tgr_status tgr_log_cutter_continue(const char *path, const tgr_log_stand *stand,
                                   tgr_log_range range, size_t max_record, const tgr_run *run,
                                   tgr_log_cutter **cutter, tgr_error *error)
{
    tgr_log_cutter *opened = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(open_log(path, range, max_record, run, &opened, error));
    opened->format = stand->format;
    opened->position = stand->position;
    TGR_TRY(tgr_source_continue(opened->source, &stand->mark, stand->position, error));
    *cutter = opened;
    return TGR_OK;
done:
    tgr_log_cutter_close(opened);
    return status;
}

void tgr_log_fill(tgr_log_cutter *cutter, tgr_log_piece *piece, size_t want)
{
    if (!tgr_log_piece_reserve(piece, want > cutter->kept_length ? want : cutter->kept_length)) {
        tgr_fail_memory(&cutter->failure, "a log's buffer");
        return;
    }
    if (cutter->kept_length > 0) {
        memcpy(piece->bytes + piece->length, cutter->kept, cutter->kept_length);
        piece->length += cutter->kept_length;
        cutter->kept_length = 0;
    }
    while (piece->length < want && !cutter->finished && !tgr_log_failed(cutter)) {
        size_t got = 0;
        tgr_source_read(cutter->source, piece->bytes + piece->length, want - piece->length, &got,
                        &cutter->failure);
        piece->length += got;
        cutter->finished = got == 0;
    }
}

tgr_status tgr_log_cut(tgr_log_cutter *cutter, tgr_log_piece *piece, size_t length,
                       tgr_error *error)
{
    tgr_status status = keep(cutter, piece->bytes + length, piece->length - length, error);
    piece->length = length;
    piece->position = cutter->position;
    cutter->position += length;
    piece->end = cutter->position;
    return status;
}

size_t tgr_log_want(const tgr_log_cutter *cutter, size_t filled)
{
    size_t most = cutter->max_record + TGR_PIECE_BYTES;
    return filled > most / 2 ? (filled < most ? most : filled + TGR_PIECE_BYTES) : 2 * filled;
}

tgr_status tgr_log_failure(const tgr_log_cutter *cutter, tgr_error *error)
{
    return tgr_fail(error, cutter->failure.status, "%s", cutter->failure.message);
}

/* Leaves out the objects that do not begin in the range. Lines were cut by it. */
static void leave_out(const tgr_log_cutter *cutter, tgr_log_piece *piece)
{
    size_t kept = 0;
    for (size_t i = 0; i < piece->object_count; i++) {
        uint64_t begin = piece->position + piece->objects[i].offset;
        if (begin >= cutter->range.begin && begin < cutter->range.end) {
            piece->objects[kept++] = piece->objects[i];
        }
    }
    piece->object_count = kept;
}

tgr_status tgr_log_cutter_next(tgr_log_cutter *cutter, tgr_log_piece *piece, bool *more,
                               tgr_error *error)
{
    *more = true;
    while (*more) {
        tgr_log_piece_clear(piece);
        piece->format = cutter->format;
        piece->position = piece->end = cutter->position;
        piece->uncounted = cutter->range.begin > 0;
        *more = false;
        if (cutter->position >= cutter->range.end) {
            return tgr_source_end_identity(cutter->source, error);
        }
        if (tgr_log_failed(cutter)) {
            return tgr_log_failure(cutter, error);
        }
        tgr_status status = cutter->format == TGR_LOG_MSGPACK
                                ? tgr_log_cut_objects(cutter, piece, error)
                                : tgr_log_cut_lines(cutter, piece, error);
        if (status != TGR_OK) {
            return status;
        }
        *more = piece->end > piece->position;
        if (piece->end > cutter->range.begin) {
            break; /* else it lies before the range */
        }
    }
    leave_out(cutter, piece);
    return cutter->position >= cutter->range.end ? tgr_source_end_identity(cutter->source, error)
                                                 : TGR_OK;
}

tgr_source *tgr_log_cutter_source(const tgr_log_cutter *cutter)
{
    return cutter->source;
}

void tgr_log_cutter_close(tgr_log_cutter *cutter)
{
    if (!cutter) {
        return;
    }
    tgr_source_close(cutter->source);
    tgr_mem_free(cutter->kept);
    tgr_mem_free(cutter);
}
