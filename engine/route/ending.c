/* ending.c - the end of a run: its file committed and its figures told, or left to a later run. */
#include <stdio.h>
#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/runtime.h"
#include "engine/route/routing.h"
#include "engine/route/sidecar.h"

/* From how many queries on, and above which share, one model getting them all is worth a warning.
 */
#define LOPSIDED_SHARE 0.999

static tgr_status say_resumable(tgr_error *error, tgr_status reason)
{
    if (error != NULL) {
        size_t length = strlen(error->message);
        snprintf(error->message + length, sizeof error->message - length,
                 " (the same command with --resume continues where each process was)");
    }
    return reason;
}

tgr_status tgr_route_stop(tgr_routing *work, tgr_status reason, tgr_error *error)
{
    bool may_go_on = reason == TGR_ERR_CANCELLED || reason == TGR_ERR_IO || reason == TGR_ERR_NOMEM;
    bool alone = tgr_run_crew(work->run) == NULL;
    if (!may_go_on || work->checkpoint == NULL) {
        return reason;
    }
    bool saved = !work->within && work->done > 0 &&
                 tgr_route_checkpoint_put(work, true, NULL) == TGR_OK &&
                 tgr_decisions_finish(work->writer, NULL, NULL) == TGR_OK;
    if (!saved && alone) {
        return reason;
    }
    tgr_decisions_leave(work->writer); /* of a crew, what others have done stays too */
    work->writer = NULL;
    if (!alone) {
        return say_resumable(error, reason);
    }
    if (reason == TGR_ERR_CANCELLED) {
        return tgr_fail(error, reason,
                        "%s: stopped after %llu of %llu queries; the same command with --resume "
                        "continues there",
                        work->options.output, (unsigned long long)work->done,
                        (unsigned long long)work->range.count);
    }
    if (error != NULL) {
        size_t length = strlen(error->message);
        snprintf(error->message + length, sizeof error->message - length,
                 " (the same command with --resume continues after %llu queries)",
                 (unsigned long long)work->done);
    }
    return reason;
}

static void warn_of_lopsided(const tgr_routing *work)
{
    uint64_t queries = work->decide.queries;
    for (size_t i = 0; i < work->options.threshold_count && queries > 0; i++) {
        for (size_t model = 0; model < work->router->model_count; model++) {
            uint64_t chosen = work->tally.chosen[i * work->router->model_count + model];
            if (work->router->model_count > 1 &&
                (double)chosen > LOPSIDED_SHARE * (double)queries) {
                tgr_run_message(work->run, TGR_WARNING,
                                "at threshold %g model '%s' gets %.2f %% of the queries; "
                                "`tagroute info ROUTER` shows thresholds that share them out",
                                work->options.thresholds[i], work->router->models[model].name,
                                100.0 * (double)chosen / (double)queries);
            }
        }
    }
}

static void fill_report(const tgr_routing *work, tgr_route_report *report)
{
    report->resumed = work->resumed;
    report->queries = work->decide.queries;
    report->nonzeros = work->decide.nonzeros;
    report->no_known_tag = work->decide.no_known_tag;
    report->fell_back = work->decide.fell_back;
    report->undecided = work->decide.undecided;
    report->unknown_tags = work->unknown_tags;
    report->aligned = work->aligned;
    report->solution = work->solution;
}

/* A text file has no room to say which part of which run it is. */
static tgr_status write_sidecar(tgr_routing *work, tgr_error *error)
{
    tgr_decisions_mark mark;
    if (work->options.shards == 0 || work->format == TGR_DECISIONS_H5) {
        return TGR_OK;
    }
    tgr_status status = tgr_decisions_finish(work->writer, &mark, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_sidecar note = {
        .shard = work->options.shard,
        .shards = work->options.shards,
        .first_row = work->range.first,
        .rows = work->range.count,
        .total_rows = work->range.total,
        .bytes = mark.bytes[0],
        .xxh3 = mark.hash[0],
    };
    snprintf(note.format, sizeof note.format, "%s", work->identity.parts[TGR_PART_FORMAT].bytes);
    snprintf(note.router_digest, sizeof note.router_digest, "%s", work->router->digest);
    snprintf(note.run_digest, sizeof note.run_digest, "%s", work->identity.run_digest);
    return tgr_sidecar_write(work->options.output, &note, error);
}

/* Text of several processes is put together. That takes a while, so each notes first that its part
 * is whole, and where it fails a later run begins there. */
static tgr_status join_parts(tgr_routing *work, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (tgr_run_crew(work->run) == NULL || work->format == TGR_DECISIONS_H5) {
        return TGR_OK;
    }
    TGR_TRY(tgr_route_checkpoint_put(work, true, error));
    TGR_TRY(tgr_decisions_join(work->writer, error));
done:
    return status == TGR_OK ? TGR_OK : tgr_route_stop(work, status, error);
}

tgr_status tgr_route_finish(tgr_routing *work, tgr_route_report *report, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_route_unite(work, error));
    if (report != NULL) {
        TGR_TRY(tgr_route_tally_report(&work->tally, report, error));
        fill_report(work, report);
    }
    TGR_TRY(write_sidecar(work, error));
    TGR_TRY(join_parts(work, error));
    status = tgr_decisions_commit(work->writer, error);
    if (status != TGR_OK && work->options.shards > 0 && work->format != TGR_DECISIONS_H5) {
        tgr_sidecar_remove(work->options.output);
    }
    TGR_TRY(status);
    warn_of_lopsided(work);
done:
    return status;
}
