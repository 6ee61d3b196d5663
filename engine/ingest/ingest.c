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
#include "engine/ingest/team.h"
#include "engine/router/router.h"

typedef struct ingest {
    tgr_ingest_options options;
    tgr_ingest_report report;
    const tgr_run *run;
    tgr_error *error;

    bool category_tag;
    char tagger_digest[33];

    tgr_logs logs;
    tgr_columns columns;
    tgr_bad_reason first_bad; /* reason of the very first bad record */
    uint64_t lines;           /* gone over in the log at hand */
    uint64_t bytes_before;    /* decompressed, of the logs before it */

    uint64_t total; /* bytes of all logs as stored, 0 not known */
    uint64_t done;  /* of them read */
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
    TGR_TRY(tgr_columns_open(&in->columns, in->options.output, router, in->error));
done:
    tgr_router_free(router); /* its weights are not needed, and may be large */
    return status;
}

static void show_progress(const ingest *in)
{
    tgr_run_progress(in->run, "reading", "bytes", in->done, in->total, in->columns.facts.rows);
}

/* The run cannot go on with a row of a part: adds its place to the sentence. */
static tgr_status end_at(ingest *in, const tgr_delivery *from, uint64_t row, tgr_status status)
{
    if (status == TGR_ERR_INPUT) {
        char where[TGR_ERROR_MESSAGE_SIZE / 2];
        tgr_part_place place;
        int64_t position;
        memcpy(&place, from->part.places.bytes + row * sizeof place, sizeof place);
        memcpy(&position, from->part.positions.bytes + row * sizeof position, sizeof position);
        tgr_log_item item = {.position = (uint64_t)position,
                             .part = place.part,
                             .line = place.line > 0 ? in->lines + place.line : 0};
        tgr_log_place(in->logs.logs[from->log].name, &item, where, sizeof where);
        tgr_error_prefix(in->error, "%s", where);
    }
    return status;
}

/* Counts the bad records of a part, whose other records have been taken. */
static tgr_status take_bad(ingest *in, const tgr_delivery *from)
{
    const tgr_part *part = &from->part;
    if (part->bad == 0) {
        return TGR_OK;
    }
    if (in->report.bad == 0) {
        in->first_bad = part->very_first_bad;
    }
    tgr_bad_add(&in->report, in->logs.logs[from->log].name, in->lines, part);
    if (in->options.strict) {
        return tgr_fail(in->error, TGR_ERR_INPUT, "%s", in->report.first_bad[part->very_first_bad]);
    }
    return TGR_OK;
}

/* Takes the next piece of the logs into the columns. */
static tgr_status take(ingest *in, tgr_delivery *from)
{
    uint64_t row = 0;
    tgr_status status = TGR_OK;
    if (from->begins) {
        in->lines = 0;
        in->bytes_before = in->report.bytes;
    }
    if (from->failure.status != TGR_OK) {
        return tgr_fail(in->error, from->failure.status, "%s", from->failure.message);
    }
    if (from->begins) {
        TGR_TRY(
            tgr_columns_begin_log(&in->columns, in->logs.logs[from->log].text, in->run, in->error));
    }
    status = tgr_columns_add(&in->columns, &from->part, &row, in->error);
    TGR_TRY(end_at(in, from, row, status));
    TGR_TRY(take_bad(in, from));
    in->lines += from->part.lines;
    in->report.bytes = in->bytes_before + from->piece.end;
    in->done = from->stored;
done:
    return status;
}

static tgr_status take_all(ingest *in, tgr_team *team)
{
    tgr_status status = TGR_OK;
    for (bool end = false; !end;) {
        tgr_delivery *next = tgr_team_next(team, &end);
        TGR_TRY(tgr_run_check(in->run, in->error));
        if (next != NULL) {
            TGR_TRY(take(in, next));
            tgr_team_release(team);
        }
        show_progress(in);
    }
    TGR_TRY(tgr_run_check(in->run, in->error));
done:
    return status;
}

static tgr_status read_logs(ingest *in)
{
    const tgr_team_plan plan = {
        .logs = &in->logs,
        .format = in->options.format,
        .work = {.max_record = in->options.max_record,
                 .category_tag = in->category_tag,
                 .keep_text = !in->options.no_text,
                 .strict = in->options.strict},
        .threads = tgr_run_threads(in->run),
    };
    tgr_team *team = NULL;
    tgr_status status = tgr_team_start(&team, &plan, in->error);
    if (status == TGR_OK) {
        status = take_all(in, team);
    }
    tgr_team_stop(team);
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
    if (in->columns.facts.untagged > 0) {
        tgr_run_message(in->run, TGR_WARNING,
                        "%" PRIu64 " of %" PRIu64 " queries have no tag: the bias alone will "
                        "decide them",
                        in->columns.facts.untagged, in->columns.facts.rows);
    }
    return tgr_assemble(&in->columns, &assembly, &in->report, in->run, in->error);
}

static tgr_status run_ingest(ingest *in, const tgr_ingest_options *given)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_ingest_options_read(given, &in->options, in->error));
    TGR_TRY(tgr_ingest_check_files(&in->options, &in->total, in->error));
    TGR_TRY(open_columns(in));
    TGR_TRY(tgr_logs_open(&in->logs, &in->options, in->error));
    TGR_TRY(read_logs(in));
    TGR_TRY(
        tgr_bad_judge(&in->report, &in->options, in->columns.facts.rows, in->first_bad, in->error));
    tgr_bad_warn(&in->report, in->columns.facts.rows, in->run);
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
    tgr_logs_free(&in.logs);
    return status;
}
