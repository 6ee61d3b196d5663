/* reading.c - the first pass: parts of the logs, in order, into the columns. */
#include "engine/ingest/state.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/runtime.h"
#include "engine/ingest/bad.h"

static void show_progress(const tgr_ingest_state *in)
{
    uint64_t begin = in->logs.begin, done = in->done > begin ? in->done - begin : 0;
    uint64_t total = in->logs.end > 0 ? in->logs.end - begin : in->total;
    tgr_run_progress(in->run, "reading", "bytes", done, total, in->columns.facts.rows);
}

/* The run cannot go on with a row of a part: adds its place to the sentence. */
static tgr_status end_at(tgr_ingest_state *in, const tgr_delivery *from, uint64_t row,
                         tgr_status status)
{
    if (status == TGR_ERR_INPUT) {
        char where[TGR_ERROR_MESSAGE_SIZE / 2];
        tgr_spooled_place place;
        uint32_t line;
        memcpy(&place, from->part->places.bytes + row * sizeof place, sizeof place);
        memcpy(&line, from->part->line_numbers.bytes + row * sizeof line, sizeof line);
        tgr_log_item item = {.position = (uint64_t)place.position,
                             .part = place.part,
                             .line = line > 0 ? in->lines + line : 0};
        tgr_log_place(in->logs.logs[from->log].name, &item, where, sizeof where);
        tgr_error_prefix(in->error, "%s", where);
    }
    return status;
}

/* Counts the bad records of a part, whose other records have been taken. */
static tgr_status take_bad(tgr_ingest_state *in, const tgr_delivery *from)
{
    const tgr_part *part = from->part;
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
static tgr_status take(tgr_ingest_state *in, tgr_delivery *from)
{
    uint64_t row = 0;
    tgr_status status = TGR_OK;
    if (from->begins) {
        in->lines = 0;
        bool from_start = in->logs.logs[from->log].range.begin == 0;
        in->report.bytes += from_start ? from->piece.position : 0; /* a byte order mark's */
    }
    if (from->failure.status != TGR_OK) {
        return tgr_fail(in->error, from->failure.status, "%s", from->failure.message);
    }
    if (from->begins) {
        TGR_TRY(tgr_columns_begin_log(&in->columns, in->logs.logs[from->log].text, in->error));
    }
    TGR_TRY(tgr_paid_estimate(&in->paid, from->part, in->run, in->error));
    status = tgr_columns_add(&in->columns, from->part, &row, in->error);
    TGR_TRY(end_at(in, from, row, status));
    for (int i = 0; i < TGR_SKIP_REASONS; i++) {
        in->report.skipped += from->part->skipped_by_reason[i];
        in->report.skipped_by_reason[i] += from->part->skipped_by_reason[i];
    }
    TGR_TRY(take_bad(in, from));
    in->lines += from->part->lines;
    in->format = from->piece.format;
    in->position = from->piece.end;
    in->report.bytes += from->piece.end - from->piece.position;
    in->done = from->stored;
    in->columns.logs[from->log].mark = from->mark;
    in->hands_off = false;
done:
    return status;
}

static tgr_status take_all(tgr_ingest_state *in, tgr_team *team)
{
    tgr_status status = TGR_OK;
    for (bool end = false; !end;) {
        tgr_delivery *next = tgr_team_next(team, &end);
        TGR_TRY(tgr_run_check(in->run, in->error));
        if (next != NULL) {
            TGR_TRY(take(in, next));
            tgr_team_release(team);
            TGR_TRY(tgr_resume_tick(in));
        }
        show_progress(in);
    }
done:
    return status;
}

tgr_status tgr_ingest_read(tgr_ingest_state *in)
{
    tgr_log_stand stand = {in->format, in->position, {0}};
    tgr_team_plan plan = {
        .logs = &in->logs,
        .format = in->options.format,
        .work = {.max_record = in->options.max_record,
                 .category_tag = in->tagger.category_tag,
                 .tagger = in->tagger.tagger,
                 .normalisation =
                     in->tagger.normalisation.aligner != NULL ? &in->tagger.normalisation : NULL,
                 .keep = {!in->options.no_text, in->options.estimate_tokens},
                 .schema = in->options.schema,
                 .text = in->options.text,
                 .responses = in->reply_count > 0 ? &in->responses : NULL,
                 .path_count = in->options.keep_count,
                 .splits = in->options.splits,
                 .split_count = in->options.split_count,
                 .strict = in->options.strict},
        .threads = tgr_run_threads(in->run),
    };
    for (size_t i = 0; i < in->options.keep_count; i++) {
        plan.work.paths[i] = in->kept[i].path;
    }
    if (in->continues) {
        plan.first = in->columns.log_count - 1;
        stand.mark = in->columns.logs[plan.first].mark;
        plan.stand = &stand;
        for (size_t i = 0; i < plan.first; i++) {
            plan.stored_before +=
                in->logs.logs[i].size > 0 ? in->logs.logs[i].size : in->columns.logs[i].mark.size;
        }
    }
    tgr_team *team = NULL;
    tgr_status status = tgr_team_start(&team, &plan, in->error);
    if (status == TGR_OK) {
        status = take_all(in, team);
    }
    tgr_team_stop(team);
    if (status == TGR_OK) {
        status = tgr_run_check(in->run, in->error);
    }
    if (status == TGR_ERR_CANCELLED) {
        tgr_resume_save(in); /* if it fails, an earlier one may be there */
    }
    return status;
}
