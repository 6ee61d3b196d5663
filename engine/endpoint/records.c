/* records.c - log after log, piece after piece, record after record. */
#include "engine/endpoint/records.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/error.h"

static tgr_status check_log(const char *path, const struct stat *output, uint64_t *size,
                            tgr_error *error)
{
    struct stat found;
    *size = 0;
    if (strcmp(path, "-") == 0) {
        return TGR_OK;
    }
    if (stat(path, &found) != 0) {
        return tgr_fail_io(error, path, "open", errno);
    }
    if (output != NULL && found.st_dev == output->st_dev && found.st_ino == output->st_ino) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s: is both read and to be replaced; name another output", path);
    }
    *size = S_ISREG(found.st_mode) ? (uint64_t)found.st_size : 0;
    return TGR_OK;
}

tgr_status tgr_records_open(tgr_records *records, const tgr_endpoint_options *options,
                            const tgr_run *run, tgr_error *error)
{
    struct stat found;
    const struct stat *output = stat(options->output, &found) == 0 ? &found : NULL;
    tgr_status status = TGR_OK;
    *records = (tgr_records){.options = options, .run = run};
    for (size_t i = 0; i < options->input_count; i++) {
        uint64_t size;
        TGR_TRY(check_log(options->inputs[i], output, &size, error));
        records->may_wait = records->may_wait || size == 0;
        records->total += size;
    }
    records->total = records->may_wait ? 0 : records->total;
    records->parser = tgr_log_parser_new(options->max_record);
    if (records->parser == NULL) {
        TGR_TRY(tgr_fail_memory(error, "a parser"));
    }
done:
    return status;
}

void tgr_records_close(tgr_records *records)
{
    tgr_log_cutter_close(records->cutter);
    tgr_log_parser_free(records->parser);
    tgr_log_piece_free(&records->piece);
    *records = (tgr_records){0};
}

static uint64_t stored(const tgr_records *records)
{
    uint64_t done = 0, total = 0;
    if (records->cutter != NULL) {
        tgr_source_progress(tgr_log_cutter_source(records->cutter), &done, &total);
    }
    return done;
}

/* Goes on to the next piece, opening a log where that is needed; *more is false after the last. */
static tgr_status next_piece(tgr_records *records, bool *more, tgr_error *error)
{
    const tgr_endpoint_options *options = records->options;
    tgr_status status = TGR_OK;
    *more = false;
    while (status == TGR_OK && !*more) {
        if (records->cutter == NULL && records->opened == options->input_count) {
            return TGR_OK;
        }
        if (records->cutter == NULL) {
            records->lines = 0;
            status = tgr_log_cutter_open(options->inputs[records->opened++], options->format,
                                         tgr_log_whole, options->max_record, records->run,
                                         &records->cutter, error);
            continue;
        }
        status = tgr_log_cutter_next(records->cutter, &records->piece, more, error);
        if (status == TGR_OK && !*more) {
            records->stored_before += stored(records);
            tgr_log_cutter_close(records->cutter);
            records->cutter = NULL;
        }
    }
    return status;
}

tgr_status tgr_records_next(tgr_records *records, tgr_log_item *item, bool *more, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (*more = true; status == TGR_OK;) {
        if (records->in_piece) {
            status = tgr_log_parser_next(records->parser, item, more, error);
            if (status != TGR_OK || *more) {
                return status;
            }
            records->lines += tgr_log_parser_lines(records->parser);
            records->bytes += records->piece.end - records->piece.position;
            records->in_piece = false;
        }
        if (records->hold) {
            *more = true;
            item->tape = NULL;
            return TGR_OK;
        }
        status = next_piece(records, more, error);
        if (!*more) {
            return status;
        }
        tgr_log_parser_begin(records->parser, &records->piece);
        records->in_piece = true;
        records->piece_from = records->piece_to;
        records->piece_to = records->stored_before + stored(records);
    }
    return status;
}

const char *tgr_records_name(const tgr_records *records)
{
    return tgr_source_name(tgr_log_cutter_source(records->cutter));
}

uint64_t tgr_records_done(const tgr_records *records, const tgr_log_item *item)
{
    const tgr_log_piece *piece = &records->piece;
    double whole = (double)(piece->end - piece->position);
    double part = whole > 0 ? (double)(item->position - piece->position) / whole : 0;
    return records->piece_from +
           (uint64_t)((double)(records->piece_to - records->piece_from) * part);
}
