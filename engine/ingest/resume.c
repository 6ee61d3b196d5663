/* resume.c - when checkpoints are made, and how a run goes on from one. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "engine/base/error.h"
#include "engine/base/output.h"
#include "engine/base/runtime.h"
#include "engine/ingest/restore.h"
#include "engine/ingest/run_digest.h"
#include "engine/ingest/state.h"

/* ---- looking ------------------------------------------------------------------------------------
 */

static bool all_are_files(const tgr_ingest_state *in)
{
    struct stat found;
    for (size_t i = 0; i < in->logs.count; i++) {
        const char *path = in->logs.logs[i].path;
        if (strcmp(path, "-") == 0 || stat(path, &found) != 0 || !S_ISREG(found.st_mode)) {
            return false;
        }
    }
    return true;
}

static tgr_status load(tgr_ingest_state *in)
{
    tgr_buffer bytes = {0};
    bool found = false;
    struct stat output;
    tgr_status status = tgr_keeper_load(&in->keeper, &bytes, &found, in->error);
    if (status == TGR_OK && found) {
        in->continues = tgr_checkpoint_decode(&in->resumed, &bytes);
        if (!in->continues) {
            tgr_run_message(in->run, TGR_WARNING,
                            "%s: its checkpoint is damaged, or another version's: starting afresh",
                            in->options.output);
        }
    } else if (status == TGR_OK && !in->keeper.was_running) {
        in->report.was_complete = stat(in->options.output, &output) == 0;
    }
    tgr_buffer_free(&bytes);
    return status;
}

tgr_status tgr_resume_look(tgr_ingest_state *in)
{
    tgr_status status = TGR_OK;
    in->resumable = all_are_files(in);
    if (in->options.resume && !in->resumable) {
        return tgr_fail(in->error, TGR_ERR_ARGUMENT,
                        "standard input and pipes cannot be read again, so a run that reads them "
                        "cannot be resumed; leave out --resume, or write the log to a file first");
    }
    TGR_TRY(tgr_keeper_open(&in->keeper, in->options.output, in->error));
    in->hands_off = true;
    tgr_output_sweep(in->options.output);
    if (in->options.resume) {
        TGR_TRY(load(in));
    }
done:
    return status;
}

/* ---- beginning ----------------------------------------------------------------------------------
 */

static uint64_t hash_tags(const tgr_tag_table *tags)
{
    uint64_t hash = tags->numbered;
    for (uint32_t number = 0; number < tags->numbered; number++) {
        size_t length;
        const char *text = tgr_strings_get(tags->names, number, &length);
        hash = XXH3_64bits_withSeed(text, length, hash);
    }
    return hash;
}

/* What must be the same again, as text. With the columns as they were opened. */
static void describe_settings(const tgr_ingest_state *in, tgr_buffer *text)
{
    const tgr_ingest_options *options = &in->options;
    tgr_buffer_format(text, "format %d\ntext %d\nstrict %d\nlargest record %zu\nestimate %d\n",
                      (int)options->format, !options->no_text, options->strict, options->max_record,
                      options->estimate_tokens);
    tgr_schema_describe(in, text);
    tgr_buffer_format(text, "tagger %s %d\ntags %016" PRIx64 "\n", in->tagger.digest,
                      in->tagger.category_tag, hash_tags(&in->columns.tags));
    tgr_buffer_format(text, "shard %u/%u\n", options->shard, options->shard_count);
    for (size_t i = 0; i < in->logs.count; i++) {
        tgr_buffer_format(text, "log %s\n", in->logs.logs[i].path);
    }
}

static tgr_status check_settings(const tgr_ingest_state *in)
{
    tgr_buffer now = {0};
    const tgr_buffer *then = &in->resumed.settings;
    describe_settings(in, &now);
    bool failed = now.failed;
    bool same =
        !failed && now.length == then->length && memcmp(now.bytes, then->bytes, now.length) == 0;
    tgr_buffer_free(&now);
    if (failed) {
        return tgr_fail_memory(in->error, "a checkpoint");
    }
    return same ? TGR_OK
                : tgr_fail(
                      in->error, TGR_ERR_ARGUMENT,
                      "%s: the run that stopped had other logs, judgements or options, or another "
                      "router; "
                      "give the same, or leave out --resume to start afresh",
                      in->options.output);
}

/* That the logs that were read to their ends are still what they were. */
static tgr_status check_logs(const tgr_ingest_state *in)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; i + 1 < in->resumed.log_count && status == TGR_OK; i++) {
        tgr_source *source = NULL;
        if (tgr_log_is_left_out(&in->logs.logs[i])) {
            continue;
        }
        TGR_TRY(tgr_source_open(in->logs.logs[i].path, in->run, &source, in->error));
        status = tgr_source_check(source, &in->resumed.logs[i].mark, in->error);
        tgr_source_close(source);
    }
done:
    return status;
}

static void take_counters(tgr_ingest_state *in)
{
    const tgr_checkpoint *from = &in->resumed;
    in->format = (tgr_log_format)from->stand[TGR_STAND_FORMAT];
    in->position = from->stand[TGR_STAND_POSITION];
    in->lines = from->stand[TGR_STAND_LINES];
    in->done = from->stand[TGR_STAND_STORED];
    in->first_bad = (tgr_bad_reason)(from->stand[TGR_STAND_FIRST_BAD] % TGR_BAD_REASONS);
    in->report.bad = from->stand[TGR_STAND_BAD];
    in->report.bytes = from->stand[TGR_STAND_BYTES];
    in->report.resumed = from->facts.rows;
    for (int i = 0; i < TGR_SKIP_REASONS; i++) {
        in->report.skipped_by_reason[i] = from->stand[TGR_STAND_SKIPPED + i];
        in->report.skipped += from->stand[TGR_STAND_SKIPPED + i];
    }
    memcpy(in->report.bad_by_reason, from->bad_by_reason, sizeof in->report.bad_by_reason);
    memcpy(in->report.first_bad, from->first_bad, sizeof in->report.first_bad);
}

static void note_save(tgr_ingest_state *in)
{
    in->bytes_at_save = in->report.bytes;
    clock_gettime(CLOCK_MONOTONIC, &in->time_at_save);
}

tgr_status tgr_resume_begin(tgr_ingest_state *in)
{
    tgr_status status = TGR_OK;
    if (in->resumable) {
        tgr_keeper_name(&in->keeper, &in->columns);
    }
    if (in->continues) {
        TGR_TRY(check_settings(in));
        if (in->resumed.log_count > in->logs.count) { /* the settings would differ, too */
            return tgr_fail(in->error, TGR_ERR_INTERNAL,
                            "a checkpoint of more logs than there are");
        }
        TGR_TRY(check_logs(in));
        TGR_TRY(tgr_columns_restore(&in->columns, &in->resumed, &in->logs, in->error));
        take_counters(in);
        tgr_run_message(in->run, TGR_NOTE,
                        "going on after %" PRIu64 " queries that were read before",
                        in->report.resumed);
    } else {
        tgr_keeper_sweep(&in->keeper);
        in->hands_off = false;
    }
    note_save(in);
done:
    return status;
}

/* ---- checkpoints --------------------------------------------------------------------------------
 */

static tgr_status make_checkpoint(tgr_ingest_state *in)
{
    tgr_buffer bytes = {0};
    tgr_checkpoint now = {.stand = {
                              [TGR_STAND_FORMAT] = in->format,
                              [TGR_STAND_POSITION] = in->position,
                              [TGR_STAND_LINES] = in->lines,
                              [TGR_STAND_BYTES] = in->report.bytes,
                              [TGR_STAND_STORED] = in->done,
                              [TGR_STAND_FIRST_BAD] = in->first_bad,
                              [TGR_STAND_BAD] = in->report.bad,
                          }};
    tgr_status status = TGR_OK;
    memcpy(&now.stand[TGR_STAND_SKIPPED], in->report.skipped_by_reason,
           sizeof in->report.skipped_by_reason);
    memcpy(now.bad_by_reason, in->report.bad_by_reason, sizeof now.bad_by_reason);
    memcpy(now.first_bad, in->report.first_bad, sizeof now.first_bad);
    describe_settings(in, &now.settings);
    TGR_TRY(tgr_columns_save(&in->columns, &now, in->error));
    tgr_checkpoint_encode(&now, &bytes);
    if (now.settings.failed || bytes.failed) {
        TGR_TRY(tgr_fail_memory(in->error, "a checkpoint"));
    }
    TGR_TRY(tgr_keeper_save(&in->keeper, &in->columns, &bytes, in->error));
    note_save(in);
done:
    tgr_buffer_free(&now.settings);
    tgr_buffer_free(&bytes);
    return status;
}

static uint64_t milliseconds_since_save(const tgr_ingest_state *in)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)((now.tv_sec - in->time_at_save.tv_sec) * 1000 +
                      (now.tv_nsec - in->time_at_save.tv_nsec) / 1000000);
}

tgr_status tgr_resume_tick(tgr_ingest_state *in)
{
    const tgr_ingest_options *options = &in->options;
    if (!in->resumable || options->checkpoint_bytes == 0 ||
        in->report.bytes - in->bytes_at_save < options->checkpoint_bytes ||
        milliseconds_since_save(in) < options->checkpoint_milliseconds ||
        tgr_keeper_busy(&in->keeper)) {
        return TGR_OK;
    }
    return make_checkpoint(in);
}

tgr_status tgr_resume_save(tgr_ingest_state *in)
{
    if (!in->resumable || in->hands_off || in->options.checkpoint_bytes == 0 ||
        in->columns.log_count == 0) {
        return TGR_OK;
    }
    tgr_status status = tgr_keeper_wait(&in->keeper, NULL);
    if (status == TGR_OK) {
        status = make_checkpoint(in);
    }
    return status == TGR_OK ? tgr_keeper_wait(&in->keeper, in->error) : status;
}

/* ---- the end ------------------------------------------------------------------------------------
 */

static void say_how_to_go_on(tgr_ingest_state *in, tgr_status status)
{
    if (status == TGR_ERR_CANCELLED) {
        tgr_fail(in->error, status,
                 "stopped before the end; the same command with --resume goes on from here");
    } else if (in->error != NULL) {
        tgr_error failed = *in->error;
        tgr_fail(in->error, status,
                 "%s; once that is mended, the same command with --resume goes "
                 "on",
                 failed.message);
    }
}

void tgr_resume_end(tgr_ingest_state *in, tgr_status status)
{
    bool later = status == TGR_ERR_IO || status == TGR_ERR_NOMEM || status == TGR_ERR_CANCELLED;
    tgr_keeper_wait(&in->keeper, NULL);
    bool keep = status != TGR_OK && (in->hands_off || later);
    if (keep && in->keeper.kept && later) {
        say_how_to_go_on(in, status);
    }
    tgr_keeper_close(&in->keeper, keep);
    tgr_checkpoint_free(&in->resumed);
}
