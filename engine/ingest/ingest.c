/* ingest.c - logs to a query file in two passes: spool every record, then order and assemble. */
#include <tagroute/ingest.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/runtime.h"
#include "engine/ingest/replies.h"
#include "engine/ingest/assemble.h"
#include "engine/ingest/assign_split.h"
#include "engine/ingest/bad.h"
#include "engine/ingest/options.h"
#include "engine/ingest/run_digest.h"
#include "engine/ingest/state.h"
#include "engine/judgements/files.h"
#include "engine/log/fingerprint.h"
#include "engine/router/router.h"

static tgr_status open_columns(tgr_ingest_state *in)
{
    tgr_router *router = NULL;
    tgr_status status = TGR_OK;
    if (in->options.router != NULL) {
        TGR_TRY(tgr_router_load(in->options.router, &router, in->error));
    }
    TGR_TRY(tgr_run_tagger_open(&in->tagger, &in->options, router, in->error));
    in->report.normalised = in->tagger.normalisation.aligner != NULL;
    TGR_TRY(tgr_columns_open(&in->columns, in->options.output, router, in->error));
done:
    tgr_router_free(router); /* its weights are not needed, and may be large */
    return status;
}

/* Every shard numbers the logs as the whole run does, those it does not read included. */
static tgr_status name_logs(tgr_ingest_state *in)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < in->logs.count; i++) {
        status = tgr_columns_name_log(&in->columns, in->logs.logs[i].text, in->error);
    }
    in->columns.named = true;
    return status;
}

/* What a log is called is told where another has its name. */
static void tell_names(const tgr_ingest_state *in)
{
    for (size_t i = 0; i < in->logs.count; i++) {
        const tgr_log_name *log = &in->logs.logs[i];
        if (log->renamed) {
            tgr_run_message(in->run, TGR_NOTE,
                            "several logs are named %s: in the query file, log %zu is %s",
                            log->name, i + 1, log->text);
        }
    }
}

static tgr_status read_judgements(tgr_ingest_state *in)
{
    const char *const *paths = in->options.outcomes;
    size_t count = in->options.outcome_count;
    tgr_status status = TGR_OK;
    for (size_t i = 0; i < count; i++) {
        TGR_TRY(tgr_fingerprint_add(paths[i], "judgements", &in->beside, in->run, in->error));
    }
    if (count > 0) {
        TGR_TRY(tgr_judgements_read(&in->judged, paths, count, in->run, in->error));
    }
done:
    return status;
}

static tgr_status assemble(tgr_ingest_state *in)
{
    tgr_assembly assembly = {
        .output = in->options.output,
        .compress = in->options.compress,
        .compact = in->options.compact,
        .with_router = in->options.router != NULL,
        .tagger_kind = in->tagger.kind,
        .tagger_digest = in->tagger.digest,
        .tagger_settings = in->tagger.settings.bytes,
        .tagger_settings_length = in->tagger.settings.length,
        .category_tag = in->tagger.category_tag,
        .shard = in->options.shard,
        .shards = in->options.shard_count,
        .run_digest = in->run_digest,
        .skipped = in->report.skipped_by_reason,
        .responses = in->reply_count > 0 ? &in->responses : NULL,
        .judged = in->options.outcome_count > 0 ? &in->judged : NULL,
    };
    for (int i = 0; i < TGR_KEEP_MAX; i++) {
        assembly.kept_columns[i] = in->kept[i].name;
    }
    if (in->columns.facts.untagged > 0) {
        tgr_run_message(in->run, TGR_WARNING,
                        "%" PRIu64 " of %" PRIu64 " queries have no tag: the bias alone will "
                        "decide them%s",
                        in->columns.facts.untagged, in->columns.facts.rows,
                        in->tagger.tagger == NULL && in->columns.facts.has_text
                            ? "; `tagroute tag --learn` makes a vocabulary of their texts, and "
                              "--vocab applies it"
                            : "");
    }
    return tgr_assemble(&in->columns, &assembly, &in->report, in->run, in->error);
}

static tgr_status read_options(tgr_ingest_state *in, const tgr_ingest_options *given)
{
    tgr_status status = tgr_ingest_options_read(given, &in->options, in->error);
    if (status == TGR_OK && strcmp(in->options.output, "-") == 0) {
        status = tgr_fail(in->error, TGR_ERR_ARGUMENT,
                          "a query file cannot be written to standard output; name a file");
    }
    return status;
}

static tgr_status run_ingest(tgr_ingest_state *in, const tgr_ingest_options *given)
{
    tgr_status status = TGR_OK;
    TGR_TRY(read_options(in, given));
    TGR_TRY(tgr_assign_split_check(in->options.splits, in->options.split_count, in->error));
    TGR_TRY(tgr_kept_open(&in->options, in->kept, in->error));
    TGR_TRY(tgr_ingest_check_files(&in->options, &in->total, in->error));
    TGR_TRY(tgr_replies_take_out(in));
    TGR_TRY(tgr_logs_open(&in->logs, &in->options, in->error));
    TGR_TRY(tgr_resume_look(in));
    if (in->report.was_complete) {
        return TGR_OK;
    }
    tell_names(in);
    TGR_TRY(tgr_paid_open(&in->paid, in->options.prices, &in->beside, in->run, in->error));
    TGR_TRY(tgr_replies_read(in));
    TGR_TRY(read_judgements(in));
    TGR_TRY(open_columns(in));
    if (in->options.shard_count > 0) {
        TGR_TRY(name_logs(in));
        TGR_TRY(tgr_ingest_run_digest(in, in->run_digest));
    }
    TGR_TRY(tgr_resume_begin(in));
    TGR_TRY(tgr_ingest_read(in));
    TGR_TRY(
        tgr_bad_judge(&in->report, &in->options, in->columns.facts.rows, in->first_bad, in->error));
    tgr_bad_warn(&in->report, in->columns.facts.rows, in->run);
    tgr_skip_tell(&in->report, in->run);
    tgr_paid_tell(&in->paid, in->columns.models, in->run);
    TGR_TRY(assemble(in));
    if (in->reply_count > 0) {
        tgr_responses_tell(&in->responses, in->run);
    }
done:
    return status;
}

tgr_status tgr_ingest(const tgr_ingest_options *options, tgr_ingest_report *report,
                      const tgr_run *run, tgr_error *error)
{
    tgr_ingest_state in = {.run = run, .error = error};
    tgr_status status = run_ingest(&in, options);
    tgr_resume_end(&in, status);
    if (report != NULL) {
        *report = in.report;
    }
    tgr_columns_free(&in.columns);
    tgr_run_tagger_close(&in.tagger);
    tgr_logs_free(&in.logs);
    tgr_kept_free(in.kept);
    tgr_judgements_free(&in.judged);
    tgr_replies_free(&in);
    tgr_paid_free(&in.paid);
    tgr_buffer_free(&in.beside);
    return status;
}
