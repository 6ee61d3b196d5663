/* export.c - decisions and logs side by side: each request goes to the file of its model. */
#include "engine/export/export.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"

void tgr_export_options_init(tgr_export_options *options)
{
    *options = (tgr_export_options){.size = sizeof *options, .max_tokens = 4096};
}

/* ---- the beginning ------------------------------------------------------------------------------
 */

static tgr_status check_options(tgr_export *at, tgr_error *error)
{
    const tgr_export_options *options = &at->options;
    at->target = tgr_batch_target_of(options->batch);
    if (at->target == NULL || options->query_count == 0 || options->log_count == 0 ||
        options->decisions == NULL || options->folder == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "an export takes query files, their decisions, their logs and a folder");
    }
    for (size_t i = 0; i < options->log_count; i++) {
        if (strcmp(options->logs[i], "-") == 0) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "export reads logs from files only");
        }
    }
    return TGR_OK;
}

/* "MODEL=NAME"; names of models may hold '='. */
static const char *called_as(const tgr_export_options *options, const char *model, size_t *used)
{
    size_t length = strlen(model);
    const char *called = model;
    for (size_t i = 0; i < options->model_name_count; i++) {
        const char *entry = options->model_names[i];
        if (strncmp(entry, model, length) == 0 && entry[length] == '=' &&
            entry[length + 1] != '\0') {
            called = entry + length + 1;
            ++*used;
        }
    }
    return called;
}

static tgr_status name_models(tgr_export *at, tgr_error *error)
{
    const tgr_decisions_summary *header = &at->rows.decisions.header;
    size_t used = 0;
    at->called = tgr_mem_alloc(header->model_count, sizeof *at->called);
    if (at->called == NULL) {
        return tgr_fail_memory(error, "the models' names");
    }
    for (size_t i = 0; i < header->model_count; i++) {
        at->called[i] = called_as(&at->options, header->models[i], &used);
    }
    if (used < at->options.model_name_count) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a model is named (MODEL=NAME) that the decisions do not have");
    }
    return tgr_export_files_open(&at->files, header->models, at->called, header->model_count,
                                 error);
}

/* What the export is of. */
static tgr_status name_run(tgr_export *at, tgr_error *error)
{
    const tgr_decisions_summary *header = &at->rows.decisions.header;
    const tgr_export_options *options = &at->options;
    tgr_buffer text = {0};
    tgr_buffer_format(&text, "%s %s %llu %.17g %lld %.17g %s %llu %llu %lu %d\n", at->target->name,
                      header->router_digest, (unsigned long long)header->rows,
                      header->thresholds[0], (long long)header->cut_rows, header->cut_threshold,
                      header->policy, (unsigned long long)at->files.most_requests,
                      (unsigned long long)at->files.most_bytes, (unsigned long)options->max_tokens,
                      (int)options->schema);
    for (size_t i = 0; i < header->query_count; i++) {
        tgr_buffer_format(&text, "%s\n", header->query_digests[i]);
    }
    for (size_t i = 0; i < header->model_count; i++) {
        tgr_buffer_format(&text, "%s\n%s\n", header->models[i], at->called[i]);
    }
    for (size_t i = 0; i < options->log_count; i++) {
        tgr_buffer_format(&text, "%s\n", at->logs[i].name);
    }
    XXH128_hash_t hash = XXH3_128bits(text.bytes, text.length);
    snprintf(at->files.run, sizeof at->files.run, "%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
    bool failed = text.failed;
    tgr_buffer_free(&text);
    return failed ? tgr_fail_memory(error, "what the export is of") : TGR_OK;
}

static bool is_in_folder(tgr_export *at, const char *name)
{
    const char *path = tgr_export_files_path(&at->files, name);
    return path != NULL && access(path, F_OK) == 0;
}

/* *done: it holds the whole of this export already. */
static tgr_status open_folder(tgr_export *at, bool *done, tgr_error *error)
{
    const char *folder = at->options.folder;
    struct stat about;
    bool found = false;
    *done = false;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return tgr_fail(error, TGR_ERR_IO, "%s: %s", folder, strerror(errno));
    }
    if (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode)) {
        return tgr_fail(error, TGR_ERR_IO, "%s is no folder", folder);
    }
    if (is_in_folder(at, "manifest.json") ||
        (!at->options.resume && is_in_folder(at, TGR_EXPORT_CHECKPOINT))) {
        *done = at->options.resume;
        return *done
                   ? TGR_OK
                   : tgr_fail(error, TGR_ERR_ARGUMENT,
                              "%s holds an export already; name another folder%s", folder,
                              is_in_folder(at, "manifest.json") ? "" : ", or go on with --resume");
    }
    return at->options.resume ? tgr_export_checkpoint_load(&at->files, &found, error) : TGR_OK;
}

static tgr_status open_all(tgr_export *at, bool *done, tgr_error *error)
{
    const tgr_export_options *options = &at->options;
    tgr_status status = TGR_OK;
    TGR_TRY(check_options(at, error));
    if (options->router != NULL) {
        TGR_TRY(tgr_router_load(options->router, &at->router, error));
    }
    at->rows.paths = options->queries;
    at->rows.path_count = options->query_count;
    at->rows.with_places = true;
    at->rows.router = at->router;
    at->rows.run = at->run;
    at->reader.schema = options->schema;
    at->files.folder = options->folder;
    at->files.target = at->target;
    at->files.most_requests =
        options->most_requests > 0 ? options->most_requests : at->target->most_requests;
    at->files.most_bytes = options->most_bytes > 0 ? options->most_bytes : at->target->most_bytes;
    TGR_TRY(tgr_export_rows_open(&at->rows, options->decisions, error));
    TGR_TRY(name_models(at, error));
    TGR_TRY(tgr_export_logs_open(at, error));
    TGR_TRY(name_run(at, error));
    TGR_TRY(open_folder(at, done, error));
    const char *path = tgr_export_files_path(&at->files, "left_out.jsonl");
    at->left_out_path = path == NULL ? NULL : tgr_mem_string(path);
    TGR_TRY(at->left_out_path == NULL ? tgr_fail_memory(error, "a file's name") : TGR_OK);
done:
    return status;
}

/* ---- a row --------------------------------------------------------------------------------------
 */

static tgr_status export_row(tgr_export *at, const tgr_export_row *row, tgr_error *error)
{
    const tgr_log_item *item = &at->walk.item;
    const tgr_body_source from = {
        .tape = item->tape,
        .root = item->root,
        .schema = at->options.schema == TGR_SCHEMA_AUTO ? tgr_schema_of(item->tape, item->root)
                                                        : at->options.schema,
        .record = &at->record,
        .item = item,
        .reader = &at->reader,
        .room = &at->room,
    };
    if (row->model < 0) {
        return tgr_export_leave_out(at, "no model may serve it", error);
    }
    const tgr_body_options options = {at->target, at->called[row->model], at->options.max_tokens};
    bool from_text = false;
    tgr_buffer_clear(&at->body);
    const char *why = tgr_body_write(&from, &options, &at->body, &from_text);
    if (at->body.failed) {
        return tgr_fail_memory(error, "a request");
    }
    if (why != NULL) {
        return tgr_export_leave_out(at, why, error);
    }
    if (tgr_export_files_keeps(&at->files, (size_t)row->model)) {
        return TGR_OK;
    }
    const tgr_export_request request = {
        .id = row->id.bytes,
        .id_length = row->id.length,
        .number = row->number,
        .body = at->body.bytes,
        .body_length = at->body.length,
        .from_text = from_text,
        .cost = row->cost,
    };
    return tgr_export_files_add(&at->files, (size_t)row->model, &request, error);
}

static tgr_status export_rows(tgr_export *at, tgr_error *error)
{
    tgr_export_row row;
    bool more = true;
    tgr_status status = TGR_OK;
    for (;;) {
        TGR_TRY(tgr_export_rows_next(&at->rows, &row, &more, error));
        if (!more) {
            break;
        }
        TGR_TRY(tgr_export_find(at, &row, error));
        TGR_TRY(export_row(at, &row, error));
        TGR_TRY(tgr_log_walk_next(&at->walk, error));
        if (row.number % 1024 == 0) {
            tgr_run_progress(at->run, "exporting", "queries", row.number, at->rows.total,
                             row.number);
        }
    }
    TGR_TRY(tgr_export_logs_finish(at, error));
done:
    return status;
}

static tgr_status put_in_place(tgr_export *at, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_export_files_finish(&at->files, error));
    TGR_TRY(tgr_export_files_commit(&at->files, error));
    TGR_TRY(tgr_left_out_commit(&at->left_out, error));
    TGR_TRY(tgr_export_manifest(at, error));
    const char *checkpoint = tgr_export_files_path(&at->files, TGR_EXPORT_CHECKPOINT);
    if (checkpoint != NULL) {
        unlink(checkpoint);
    }
done:
    return status;
}

static void close_all(tgr_export *at, bool keep)
{
    tgr_export_logs_close(at);
    tgr_left_out_close(&at->left_out);
    tgr_export_files_close(&at->files, keep);
    tgr_export_rows_close(&at->rows);
    tgr_router_free(at->router);
    tgr_mem_free(at->called);
    tgr_mem_free(at->left_out_path);
    tgr_schema_reader_free(&at->reader);
    tgr_record_free(&at->record);
    tgr_tape_free(&at->room);
    tgr_buffer_free(&at->body);
}

tgr_status tgr_export_batches(const tgr_export_options *options, tgr_export_report *report,
                              const tgr_run *run, tgr_error *error)
{
    tgr_export at = {.run = run};
    tgr_export_report counted = {0};
    bool done = false, begun = false;
    tgr_status status = TGR_OK;
    tgr_export_options_init(&at.options);
    TGR_TRY(tgr_options_copy(&at.options, sizeof at.options, options, error));
    TGR_TRY(open_all(&at, &done, error));
    begun = !done;
    if (!done) {
        TGR_TRY(export_rows(&at, error));
        TGR_TRY(put_in_place(&at, error));
        tgr_export_count(&at, &counted);
    }
    if (report != NULL) {
        counted.queries = at.rows.total;
        counted.was_complete = done;
        *report = counted;
    }
done:
    close_all(&at, !begun || status == TGR_OK || status == TGR_ERR_CANCELLED);
    return status;
}
