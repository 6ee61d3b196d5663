/* logs.c - from row to row through the logs: each record between two of them was left out. */
#include "engine/export/export.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

#define NOT_INGESTED "not in the query files"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* The name that ingest gives the i-th log where several have the same. */
static char *name_log(const tgr_export *at, size_t i)
{
    const char *name = base_name(at->options.logs[i]);
    size_t before = 0;
    for (size_t j = 0; j < i; j++) {
        before += strcmp(base_name(at->options.logs[j]), name) == 0;
    }
    if (before == 0) {
        return tgr_mem_string(name);
    }
    tgr_buffer text = {0};
    tgr_buffer_format(&text, "%s#%zu", name, before + 1);
    char *made = text.failed ? NULL : tgr_mem_string(text.bytes);
    tgr_buffer_free(&text);
    return made;
}

tgr_status tgr_export_logs_open(tgr_export *at, tgr_error *error)
{
    size_t count = at->options.log_count;
    at->log = count;
    at->logs = tgr_mem_zalloc(count, sizeof *at->logs);
    for (size_t i = 0; i < count; i++) {
        if (at->logs == NULL || (at->logs[i].name = name_log(at, i)) == NULL) {
            return tgr_fail_memory(error, "the names of the logs");
        }
    }
    return TGR_OK;
}

void tgr_export_logs_close(tgr_export *at)
{
    tgr_log_walk_close(&at->walk);
    for (size_t i = 0; at->logs != NULL && i < at->options.log_count; i++) {
        tgr_mem_free(at->logs[i].name);
    }
    tgr_mem_free(at->logs);
    tgr_mem_free(at->source);
    at->logs = NULL;
    at->source = NULL;
}

/* ---- a record -----------------------------------------------------------------------------------
 */

tgr_status tgr_export_read(tgr_export *at, const char **why, tgr_error *error)
{
    tgr_log_item *item = &at->walk.item;
    bool no_memory = false;
    *why = NULL;
    tgr_record_clear(&at->record);
    if (!item->bad && !tgr_schema_read(&at->reader, item, &at->record, &no_memory) && no_memory) {
        return tgr_fail_memory(error, "a record");
    }
    if (item->bad) {
        *why = item->why;
        tgr_record_clear(&at->record);
    } else if (at->record.skip != TGR_SKIP_REASONS) {
        *why = tgr_skip_reason_name(at->record.skip);
    }
    return TGR_OK;
}

tgr_status tgr_export_leave_out(tgr_export *at, const char *why, tgr_error *error)
{
    return tgr_left_out_add(&at->left_out, at->left_out_path, tgr_log_walk_name(&at->walk),
                            &at->walk.item, &at->record.id, why, error);
}

/* Goes over a record that no row is of. */
static tgr_status pass_over(tgr_export *at, tgr_error *error)
{
    const char *why;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_export_read(at, &why, error));
    TGR_TRY(tgr_export_leave_out(at, why == NULL ? NOT_INGESTED : why, error));
    TGR_TRY(tgr_log_walk_next(&at->walk, error));
done:
    return status;
}

/* ---- logs ---------------------------------------------------------------------------------------
 */

static tgr_status end_log(tgr_export *at, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (at->log == at->options.log_count) {
        return TGR_OK;
    }
    while (at->walk.has) {
        TGR_TRY(pass_over(at, error));
    }
    TGR_TRY(tgr_log_walk_check(&at->walk, at->source_bytes, at->source_hash, error));
    tgr_source_mark mark = tgr_source_marked(tgr_log_cutter_source(at->walk.cutter));
    at->logs[at->log].bytes = mark.length;
    at->logs[at->log].hash = mark.content;
    tgr_log_walk_close(&at->walk);
    at->log = at->options.log_count;
done:
    return status;
}

/* The log of that name that was not walked yet; else one whose file has it. */
static size_t find_log(const tgr_export *at, const char *source)
{
    for (size_t i = 0; i < at->options.log_count; i++) {
        if (!at->logs[i].walked && strcmp(at->logs[i].name, source) == 0) {
            return i;
        }
    }
    for (size_t i = 0; i < at->options.log_count; i++) {
        if (!at->logs[i].walked && strcmp(base_name(at->options.logs[i]), source) == 0) {
            return i;
        }
    }
    return at->options.log_count;
}

static tgr_status begin_log(tgr_export *at, size_t log, tgr_error *error)
{
    at->log = log;
    at->logs[log].walked = true;
    return tgr_log_walk_open(&at->walk, at->options.logs[log], at->options.format, at->run, error);
}

static tgr_status begin_source(tgr_export *at, const tgr_export_row *row, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(end_log(at, error));
    size_t log = find_log(at, row->source);
    if (log == at->options.log_count) {
        TGR_TRY(tgr_fail(error, TGR_ERR_INPUT,
                         "query %llu is from the log %s, which was not given (--log), or whose "
                         "queries do not stand together",
                         (unsigned long long)row->number, row->source));
    }
    tgr_mem_free(at->source);
    at->source = tgr_mem_string(row->source);
    at->source_file = at->rows.opened;
    at->source_bytes = row->source_bytes;
    at->source_hash = row->source_hash;
    TGR_TRY(at->source == NULL ? tgr_fail_memory(error, "a log's name") : TGR_OK);
    TGR_TRY(begin_log(at, log, error));
done:
    return status;
}

/* Whether a row is of the log at hand: of two query files, where these are of the same log. */
static bool is_same_log(const tgr_export *at, const tgr_export_row *row)
{
    return at->log < at->options.log_count && strcmp(at->source, row->source) == 0 &&
           (at->source_file == at->rows.opened ||
            (at->source_hash != 0 && at->source_hash == row->source_hash &&
             at->source_bytes == row->source_bytes));
}

static int compare(const tgr_log_item *item, const tgr_export_row *row)
{
    uint64_t position = (uint64_t)row->position, part = (uint64_t)row->part;
    if (item->position != position) {
        return item->position < position ? -1 : 1;
    }
    return item->part < part ? -1 : item->part > part;
}

static tgr_status changed(const tgr_export *at, const tgr_export_row *row, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s is not the log that was ingested, or is read in another way: query %llu is "
                    "not at byte %lld; give the options that ingest had (--from, --format)",
                    tgr_log_walk_name(&at->walk), (unsigned long long)row->number,
                    (long long)row->position);
}

tgr_status tgr_export_find(tgr_export *at, const tgr_export_row *row, tgr_error *error)
{
    tgr_status status = TGR_OK;
    const char *why;
    if (row->source == NULL || row->position < 0) {
        return tgr_fail(error, TGR_ERR_INPUT, "query %llu does not say where it is from",
                        (unsigned long long)row->number);
    }
    if (!is_same_log(at, row)) {
        TGR_TRY(begin_source(at, row, error));
    }
    while (at->walk.has && compare(&at->walk.item, row) < 0) {
        TGR_TRY(pass_over(at, error));
    }
    if (!at->walk.has || compare(&at->walk.item, row) != 0) {
        TGR_TRY(changed(at, row, error));
    }
    TGR_TRY(tgr_export_read(at, &why, error));
    const tgr_text *id = &at->record.id;
    bool other =
        id->bytes != NULL && row->id.bytes != NULL &&
        (id->length != row->id.length || memcmp(id->bytes, row->id.bytes, id->length) != 0);
    if (why != NULL || other) {
        TGR_TRY(changed(at, row, error));
    }
done:
    return status;
}

tgr_status tgr_export_logs_finish(tgr_export *at, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(end_log(at, error));
    for (size_t i = 0; i < at->options.log_count; i++) {
        if (!at->logs[i].walked) { /* no query is of it */
            at->source_bytes = -1;
            TGR_TRY(begin_log(at, i, error));
            TGR_TRY(end_log(at, error));
        }
    }
done:
    return status;
}
