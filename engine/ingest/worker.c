/* worker.c - record after record: read, made a row, added to the part. */
#include "engine/ingest/worker.h"

#include <stdio.h>

#include "engine/base/error.h"

tgr_status tgr_worker_open(tgr_worker *worker, const tgr_work *work, tgr_error *error)
{
    *worker = (tgr_worker){.work = work, .parser = tgr_log_parser_new(work->max_record)};
    return worker->parser != NULL ? TGR_OK : tgr_fail_memory(error, "a parser");
}

void tgr_worker_free(tgr_worker *worker)
{
    tgr_log_parser_free(worker->parser);
    tgr_record_free(&worker->record);
    tgr_row_free(&worker->row);
    *worker = (tgr_worker){0};
}

/* Marks a good item as bad after all. */
static void spoil(tgr_log_item *item, const tgr_fault *fault)
{
    item->bad = true;
    item->reason = fault->reason;
    snprintf(item->why, sizeof item->why, "%s", fault->why);
}

/* Makes a row of a good item, or the item bad. */
static tgr_status read_row(tgr_worker *worker, tgr_part *part, tgr_log_item *item, tgr_error *error)
{
    bool no_memory = false;
    tgr_fault fault;
    if (!tgr_record_from_log(item, &worker->record, &no_memory)) {
        return no_memory ? tgr_fail_memory(error, "a record") : TGR_OK;
    }
    tgr_status status = tgr_row_build(&worker->row, &part->tags, &worker->record,
                                      worker->work->category_tag, &fault);
    if (status == TGR_ERR_INPUT) {
        spoil(item, &fault);
        return TGR_OK;
    }
    return status == TGR_OK ? TGR_OK : tgr_fail_memory(error, "the tag dictionary");
}

tgr_status tgr_worker_parse(tgr_worker *worker, const tgr_log_piece *piece, const char *source,
                            tgr_part *part, tgr_error *error)
{
    const tgr_work *work = worker->work;
    tgr_log_item item;
    bool more = true;
    tgr_status status = TGR_OK;
    tgr_log_parser_begin(worker->parser, piece);
    for (;;) {
        TGR_TRY(tgr_log_parser_next(worker->parser, &item, &more, error));
        if (!more) {
            break;
        }
        if (!item.bad) {
            TGR_TRY(read_row(worker, part, &item, error));
        }
        if (item.bad) {
            tgr_part_skip(part, &item);
            if (work->strict) {
                break;
            }
        } else if (!tgr_part_add(part, &worker->record, &worker->row, &item, source,
                                 work->keep_text)) {
            TGR_TRY(tgr_fail_memory(error, "the columns of a log"));
        }
    }
    part->lines = tgr_log_parser_lines(worker->parser);
done:
    return status;
}
