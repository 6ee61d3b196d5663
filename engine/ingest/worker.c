/* worker.c - record after record: read, made a row, added to the part or written again. */
#include "engine/ingest/worker.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/ingest/assign_split.h"
#include "engine/ingest/written.h"

tgr_status tgr_worker_open(tgr_worker *worker, const tgr_work *work, tgr_error *error)
{
    *worker = (tgr_worker){.work = work, .parser = tgr_log_parser_new(work->max_record)};
    if (worker->parser == NULL) {
        return tgr_fail_memory(error, "a parser");
    }
    worker->reader = (tgr_schema_reader){.schema = work->schema,
                                         .text = work->text,
                                         .path_count = work->path_count,
                                         .responses = work->responses};
    memcpy(worker->reader.paths, work->paths, sizeof worker->reader.paths);
    return work->tagger == NULL ? TGR_OK : tgr_tagging_open(&worker->tagging, work->tagger, error);
}

void tgr_worker_free(tgr_worker *worker)
{
    tgr_log_parser_free(worker->parser);
    tgr_schema_reader_free(&worker->reader);
    tgr_record_free(&worker->record);
    tgr_row_free(&worker->row);
    tgr_tagging_close(&worker->tagging);
    *worker = (tgr_worker){0};
}

/* Marks a good item as bad after all. */
static void spoil(tgr_log_item *item, const tgr_fault *fault)
{
    item->bad = true;
    item->reason = fault->reason;
    snprintf(item->why, sizeof item->why, "%s", fault->why);
}

/* Whether a good record is one of those that are asked for. */
static bool is_wanted(const tgr_work *work, const tgr_record *record)
{
    bool tagged = work->use == TGR_TEXT_TAGGED || work->use == TGR_TEXT_AND_TAGS;
    bool without = work->use == TGR_TEXT_WITHOUT_TAGS || work->write != TGR_LOG_AUTO;
    if ((!without && record->text.bytes == NULL) || (tagged && record->tag_count == 0)) {
        return false;
    }
    return work->split == NULL ||
           (record->split.bytes != NULL && record->split.length == strlen(work->split) &&
            memcmp(record->split.bytes, work->split, record->split.length) == 0);
}

/* Makes a row of a good item, or the item bad. *wanted: it is asked for. */
static tgr_status read_row(tgr_worker *worker, tgr_part *part, tgr_log_item *item, bool *wanted,
                           tgr_error *error)
{
    bool no_memory = false;
    tgr_fault fault;
    if (!tgr_schema_read(&worker->reader, item, &worker->record, &no_memory)) {
        return no_memory ? tgr_fail_memory(error, "a record") : TGR_OK;
    }
    const tgr_work *work = worker->work;
    if (worker->record.skip != TGR_SKIP_REASONS) {
        part->skipped_by_reason[worker->record.skip]++;
        *wanted = false;
        return TGR_OK;
    }
    tgr_assign_split(work->splits, work->split_count, &worker->record);
    *wanted = is_wanted(work, &worker->record);
    if (!*wanted) {
        return TGR_OK;
    }
    if (work->write != TGR_LOG_AUTO && !tgr_is_written_tagged(&worker->record, work->use)) {
        return TGR_OK;
    }
    tgr_row_source source = {.category_tag = work->category_tag,
                             .normalisation = work->normalisation,
                             .tagging = work->tagger != NULL ? &worker->tagging : NULL,
                             .use = work->use};
    tgr_status status = tgr_row_build(&worker->row, &part->tags, &worker->record, &source, &fault);
    if (status == TGR_ERR_INPUT) {
        spoil(item, &fault);
        return TGR_OK;
    }
    return status == TGR_OK ? TGR_OK : tgr_fail_memory(error, "the tag dictionary");
}

/* A good record into the part; false where memory is short. */
static bool add(tgr_worker *worker, tgr_part *part, const tgr_log_item *item, const char *source)
{
    const tgr_work *work = worker->work;
    if (work->write == TGR_LOG_AUTO) {
        return tgr_part_add(part, &worker->record, &worker->row, item, source, &work->keep);
    }
    const tgr_row *row = tgr_is_written_tagged(&worker->record, work->use) ? &worker->row : NULL;
    return tgr_part_write(part, work->write, item, row);
}

tgr_status tgr_worker_parse(tgr_worker *worker, const tgr_log_piece *piece, const char *source,
                            tgr_part *part, tgr_error *error)
{
    const tgr_work *work = worker->work;
    tgr_log_item item;
    bool more = true, wanted = true;
    tgr_status status = TGR_OK;
    tgr_log_parser_begin(worker->parser, piece);
    for (;;) {
        TGR_TRY(tgr_log_parser_next(worker->parser, &item, &more, error));
        if (!more) {
            break;
        }
        if (!item.bad) {
            TGR_TRY(read_row(worker, part, &item, &wanted, error));
        }
        if (item.bad) {
            tgr_part_skip(part, &item);
            if (work->strict) {
                break;
            }
        } else if (wanted && !add(worker, part, &item, source)) {
            TGR_TRY(tgr_fail_memory(error, "the records of a log"));
        }
    }
    part->lines = tgr_log_parser_lines(worker->parser);
done:
    return status;
}
