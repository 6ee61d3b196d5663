/* walk.c - a team over the logs, and an account of the bad records. */
#include "engine/tag/walk.h"

#include <inttypes.h>

#include "engine/base/error.h"
#include "engine/base/runtime.h"
#include "engine/ingest/bad.h"
#include "engine/ingest/options.h"

typedef struct walking {
    tgr_tag_walk *walk;
    tgr_part_visit visit;
    void *user;
    tgr_error *error;
    tgr_logs logs;
    uint64_t lines;       /* of the log at hand, gone over */
    uint64_t done, total; /* bytes as stored */
    tgr_bad_reason first_bad;
} walking;

static tgr_status take(walking *in, tgr_delivery *from)
{
    tgr_ingest_report *report = &in->walk->report;
    tgr_status status = TGR_OK;
    if (from->begins) {
        in->lines = 0;
        report->bytes += from->piece.position;
    }
    if (from->failure.status != TGR_OK) {
        return tgr_fail(in->error, from->failure.status, "%s", from->failure.message);
    }
    tgr_tag_table_settle(&from->part->tags);
    TGR_TRY(in->visit(in->user, from->part, in->error));
    if (from->part->bad > 0) {
        in->first_bad = report->bad == 0 ? from->part->very_first_bad : in->first_bad;
        tgr_bad_add(report, in->logs.logs[from->log].name, in->lines, from->part);
        if (in->walk->options.strict) {
            TGR_TRY(tgr_fail(in->error, TGR_ERR_INPUT, "%s", report->first_bad[in->first_bad]));
        }
    }
    in->walk->rows += from->part->facts.rows;
    in->lines += from->part->lines;
    report->bytes += from->piece.end - from->piece.position;
    in->done = from->stored;
done:
    return status;
}

static tgr_status take_all(walking *in, tgr_team *team)
{
    const tgr_run *run = in->walk->run;
    tgr_status status = TGR_OK;
    for (bool end = false; !end;) {
        tgr_delivery *next = tgr_team_next(team, &end);
        TGR_TRY(tgr_run_check(run, in->error));
        if (next != NULL) {
            TGR_TRY(take(in, next));
            tgr_team_release(team);
        }
        tgr_run_progress(run, "reading", "bytes", in->done, in->total, in->walk->rows);
    }
done:
    return status;
}

tgr_status tgr_tag_walk_run(tgr_tag_walk *walk, tgr_part_visit visit, void *user, tgr_error *error)
{
    walking in = {.walk = walk, .visit = visit, .user = user, .error = error};
    tgr_team *team = NULL;
    tgr_status status = TGR_OK;
    walk->report = (tgr_ingest_report){0};
    walk->rows = 0;
    TGR_TRY(tgr_ingest_check_files(&walk->options, &in.total, error));
    TGR_TRY(tgr_logs_open(&in.logs, &walk->options, error));
    walk->work.max_record = walk->options.max_record;
    walk->work.strict = walk->options.strict;
    tgr_team_plan plan = {.logs = &in.logs,
                          .format = walk->options.format,
                          .work = walk->work,
                          .threads = tgr_run_threads(walk->run)};
    TGR_TRY(tgr_team_start(&team, &plan, error));
    TGR_TRY(take_all(&in, team));
    TGR_TRY(tgr_bad_judge(&walk->report, &walk->options, walk->rows, in.first_bad, error));
    if (!walk->quiet) {
        tgr_bad_warn(&walk->report, walk->rows, walk->run);
    }
done:
    tgr_team_stop(team);
    tgr_logs_free(&in.logs);
    return status;
}
