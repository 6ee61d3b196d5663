/* manifest.c - what an export holds, for people and for scripts that submit it. */
#include "engine/export/export.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

static void write_file(tgr_json *json, const tgr_export *at, const tgr_export_file *file)
{
    const tgr_export_model *model = &at->files.models[file->model];
    tgr_json_object(json, NULL);
    tgr_json_string(json, "file", file->name);
    tgr_json_string(json, "model", model->name);
    tgr_json_string(json, "called", model->called);
    tgr_json_unsigned(json, "requests", file->requests);
    tgr_json_unsigned(json, "bytes", file->bytes);
    tgr_json_string(json, "xxh3_128", file->hash);
    tgr_json_number(json, "expected_cost", file->cost);
    tgr_json_end_object(json);
}

static void write_log(tgr_json *json, const tgr_export_log *log)
{
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, log->hash);
    tgr_json_object(json, NULL);
    tgr_json_string(json, "log", log->name);
    tgr_json_unsigned(json, "bytes", log->bytes);
    tgr_json_string(json, "hash", hash);
    tgr_json_end_object(json);
}

void tgr_export_count(const tgr_export *at, tgr_export_report *report)
{
    report->queries = at->rows.total;
    report->left_out = at->left_out.total;
    report->files = at->files.file_count;
    report->resumed = at->files.kept_count;
    report->cost = 0;
    for (size_t i = 0; i < at->files.file_count; i++) {
        const tgr_export_file *file = &at->files.files[i];
        report->requests += file->requests;
        report->renamed += file->renamed;
        report->from_text += file->from_text;
        report->bytes += file->bytes;
        report->cost += file->cost;
    }
}

tgr_status tgr_export_manifest(tgr_export *at, tgr_error *error)
{
    tgr_buffer text = {0};
    tgr_json json;
    tgr_export_report report = {0};
    tgr_export_count(at, &report);
    tgr_json_begin(&json, &text, true);
    tgr_json_object(&json, NULL);
    tgr_json_string(&json, "format", "tagroute.export");
    tgr_json_unsigned(&json, "version", 1);
    tgr_json_string(&json, "batch", at->target->name);
    tgr_json_string(&json, "router_digest", at->rows.decisions.header.router_digest);
    tgr_json_unsigned(&json, "queries", report.queries);
    tgr_json_unsigned(&json, "requests", report.requests);
    tgr_json_unsigned(&json, "bytes", report.bytes);
    tgr_json_unsigned(&json, "renamed", report.renamed);
    tgr_json_unsigned(&json, "from_text", report.from_text);
    tgr_json_number(&json, "expected_cost", report.cost);
    tgr_json_unsigned(&json, "left_out", report.left_out);
    tgr_left_out_write(&at->left_out, &json, "left_out_by_reason");
    tgr_json_array(&json, "files");
    for (size_t i = 0; i < at->files.file_count; i++) {
        write_file(&json, at, &at->files.files[i]);
    }
    tgr_json_end_array(&json);
    tgr_json_array(&json, "logs");
    for (size_t i = 0; i < at->options.log_count; i++) {
        write_log(&json, &at->logs[i]);
    }
    tgr_json_end_array(&json);
    tgr_json_end_object(&json);
    tgr_buffer_text(&text, "\n");
    tgr_output output = {0};
    const char *path = tgr_export_files_path(&at->files, "manifest.json");
    tgr_status status = TGR_OK;
    if (path == NULL || text.failed) {
        TGR_TRY(tgr_fail_memory(error, "the manifest"));
    }
    TGR_TRY(tgr_output_open(&output, path, error));
    TGR_TRY(tgr_write_all(output.fd, text.bytes, text.length, path, error));
    TGR_TRY(tgr_output_commit(&output, error));
done:
    tgr_output_abandon(&output);
    tgr_buffer_free(&text);
    return status;
}
