/* ingest.c - logs to a query file in two passes: spool every record, then order and assemble. */
#include <tagroute/ingest.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/runtime.h"
#include "engine/ingest/assemble.h"
#include "engine/ingest/bad.h"
#include "engine/ingest/columns.h"
#include "engine/ingest/options.h"
#include "engine/ingest/row.h"
#include "engine/log/reader.h"
#include "engine/log/record.h"
#include "engine/router/router.h"

#define REPORT_BYTES   ((uint64_t)1 << 20) /* progress is reported about this often */
#define REPORT_RECORDS 65536u
#define CHECK_RECORDS  1024u /* and cancellation looked for this often */

typedef struct ingest {
    tgr_ingest_options options;
    tgr_ingest_report report;
    const tgr_run *run;
    tgr_error *error;

    bool category_tag;
    char tagger_digest[33];

    tgr_columns columns;
    tgr_log_reader *reader; /* of the log at hand */
    tgr_record record;      /* reused; likewise row */
    tgr_row row;
    tgr_bad_reason first_bad; /* reason of the very first bad record */

    uint64_t total;                     /* bytes of all logs as stored, 0 not known */
    uint64_t done_before;               /* of them in the logs before this one */
    uint64_t last_position;             /* where progress was reported last */
    unsigned since_check, since_report; /* records */
} ingest;

/* Takes numbering and tagger from the router, where there is one. */
static tgr_status read_router(ingest *in, tgr_router **router)
{
    const tgr_ingest_options *options = &in->options;
    in->category_tag = options->category_tag;
    if (options->router == NULL) {
        tgr_tagger_digest("given", in->category_tag, in->tagger_digest);
        return TGR_OK;
    }
    tgr_status status = tgr_router_load(options->router, router, in->error);
    if (status != TGR_OK) {
        return status;
    }
    if ((*router)->tagger_kind == NULL || strcmp((*router)->tagger_kind, "given") != 0) {
        return tgr_fail(in->error, TGR_ERR_UNSUPPORTED,
                        "%s: its tagger '%s' is not one that this version can apply to a log",
                        options->router,
                        (*router)->tagger_kind == NULL ? "" : (*router)->tagger_kind);
    }
    if (options->category_tag && !(*router)->category_tag) {
        return tgr_fail(in->error, TGR_ERR_ARGUMENT,
                        "%s: was fitted without the category as a tag; leave out --category-tag, "
                        "or fit a router with it",
                        options->router);
    }
    in->category_tag = (*router)->category_tag;
    snprintf(in->tagger_digest, sizeof in->tagger_digest, "%s",
             (*router)->tagger_digest == NULL ? "" : (*router)->tagger_digest);
    return TGR_OK;
}

static tgr_status open_columns(ingest *in)
{
    tgr_router *router = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(read_router(in, &router));
    TGR_TRY(tgr_columns_open(&in->columns, in->options.output, !in->options.no_text, router,
                             in->error));
done:
    tgr_router_free(router); /* its weights are not needed, and may be large */
    return status;
}

static tgr_status look_up(ingest *in, uint64_t position)
{
    in->since_report += in->since_check;
    in->since_check = 0;
    if (in->since_report >= REPORT_RECORDS || position - in->last_position >= REPORT_BYTES) {
        uint64_t done, total;
        tgr_log_progress(in->reader, &done, &total);
        tgr_run_progress(in->run, "reading", "bytes", in->done_before + done, in->total,
                         in->columns.rows);
        in->since_report = 0;
        in->last_position = position;
    }
    return tgr_run_check(in->run, in->error);
}

/* Progress and cancellation, rarely enough to cost nothing. */
static inline tgr_status tick(ingest *in, uint64_t position)
{
    if (++in->since_check < CHECK_RECORDS && position - in->last_position < REPORT_BYTES) {
        return TGR_OK;
    }
    return look_up(in, position);
}

static tgr_status skip(ingest *in, const tgr_log_item *item)
{
    if (in->report.bad == 0) {
        in->first_bad = item->reason;
    }
    tgr_bad_count(&in->report, in->reader, item);
    if (in->options.strict) {
        return tgr_fail(in->error, TGR_ERR_INPUT, "%s", in->report.first_bad[item->reason]);
    }
    return TGR_OK;
}

/* Marks a good item as bad after all. */
static void spoil(tgr_log_item *item, const tgr_fault *fault)
{
    item->bad = true;
    item->reason = fault->reason;
    snprintf(item->why, sizeof item->why, "%s", fault->why);
}

/* The run cannot go on with this record: adds its place to the sentence. */
static tgr_status end_at(ingest *in, const tgr_log_item *item, tgr_status status)
{
    if (status == TGR_ERR_INPUT) {
        char place[TGR_ERROR_MESSAGE_SIZE / 2];
        tgr_log_place(in->reader, item, place, sizeof place);
        tgr_error_prefix(in->error, "%s", place);
    }
    return status;
}

static tgr_status take(ingest *in, tgr_log_item *item)
{
    bool no_memory = false;
    tgr_fault fault;
    if (item->bad || !tgr_record_from_log(item, &in->record, &no_memory)) {
        return no_memory ? tgr_fail_memory(in->error, "a record") : skip(in, item);
    }
    tgr_status status =
        tgr_row_build(&in->row, &in->columns.tags, &in->record, in->category_tag, &fault);
    if (status == TGR_ERR_INPUT) {
        spoil(item, &fault);
        return skip(in, item);
    }
    if (status != TGR_OK) {
        return tgr_fail_memory(in->error, "the tag dictionary");
    }
    status = tgr_columns_add(&in->columns, &in->record, &in->row, item, in->error);
    return status == TGR_OK ? TGR_OK : end_at(in, item, status);
}

static tgr_status read_records(ingest *in)
{
    tgr_log_item item;
    bool more = true;
    tgr_status status = TGR_OK;
    in->last_position = 0;
    for (;;) {
        TGR_TRY(tgr_log_next(in->reader, &item, &more, in->error));
        if (!more) {
            break;
        }
        TGR_TRY(take(in, &item));
        TGR_TRY(tick(in, item.position));
    }
    TGR_TRY(tgr_run_check(in->run, in->error));
done:
    return status;
}

static tgr_status read_log(ingest *in, const char *path)
{
    tgr_status status = TGR_OK;
    uint64_t done, total;
    TGR_TRY(tgr_log_open(path, in->options.format, in->options.max_record, in->run, &in->reader,
                         in->error));
    TGR_TRY(tgr_columns_begin_log(&in->columns, tgr_log_name(in->reader), in->run, in->error));
    TGR_TRY(read_records(in));
    tgr_log_progress(in->reader, &done, &total);
    in->done_before += done;
    tgr_run_progress(in->run, "reading", "bytes", in->done_before, in->total, in->columns.rows);
done:
    if (in->reader != NULL) {
        in->report.bytes += tgr_log_bytes(in->reader);
    }
    tgr_log_close(in->reader);
    in->reader = NULL;
    return status;
}

static tgr_status assemble(ingest *in)
{
    tgr_assembly assembly = {
        .output = in->options.output,
        .compress = in->options.compress,
        .compact = in->options.compact,
        .with_router = in->options.router != NULL,
        .category_tag = in->category_tag,
        .tagger_digest = in->tagger_digest,
    };
    if (in->columns.untagged > 0) {
        tgr_run_message(in->run, TGR_WARNING,
                        "%" PRIu64 " of %" PRIu64 " queries have no tag: the bias alone will "
                        "decide them",
                        in->columns.untagged, in->columns.rows);
    }
    return tgr_assemble(&in->columns, &assembly, &in->report, in->run, in->error);
}

static tgr_status run_ingest(ingest *in, const tgr_ingest_options *given)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_ingest_options_read(given, &in->options, in->error));
    TGR_TRY(tgr_ingest_check_files(&in->options, &in->total, in->error));
    TGR_TRY(open_columns(in));
    for (size_t i = 0; i < in->options.input_count; i++) {
        TGR_TRY(read_log(in, in->options.inputs[i]));
    }
    TGR_TRY(tgr_bad_judge(&in->report, &in->options, in->columns.rows, in->first_bad, in->error));
    tgr_bad_warn(&in->report, in->columns.rows, in->run);
    TGR_TRY(assemble(in));
done:
    return status;
}

tgr_status tgr_ingest(const tgr_ingest_options *options, tgr_ingest_report *report,
                      const tgr_run *run, tgr_error *error)
{
    ingest in = {.run = run, .error = error};
    tgr_status status = run_ingest(&in, options);
    if (report != NULL) {
        *report = in.report;
    }
    tgr_columns_free(&in.columns);
    tgr_record_free(&in.record);
    tgr_row_free(&in.row);
    return status;
}
