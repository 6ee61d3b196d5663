/* table.c - decisions as a table of ids and models. */
#include <tagroute/batches.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <msgpack/pack.h>

#include "engine/base/error.h"
#include "engine/base/json_write.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/base/runtime.h"
#include "engine/export/rows.h"
#include "engine/router/pack.h"

#define WRITE_BYTES ((size_t)1 << 18)
#define H5_ROWS     ((size_t)1 << 14) /* put at once */

/* ---- lines --------------------------------------------------------------------------------------
 */

/* As RFC 4180 quotes. */
static void put_csv(tgr_buffer *buffer, const char *text, size_t length)
{
    bool plain = true;
    for (size_t i = 0; i < length; i++) {
        plain = plain && strchr("\",\r\n", text[i]) == NULL;
    }
    if (plain) {
        tgr_buffer_add(buffer, text, length);
        return;
    }
    tgr_buffer_text(buffer, "\"");
    for (size_t i = 0; i < length; i++) {
        tgr_buffer_add(buffer, &text[i], 1);
        tgr_buffer_add(buffer, "\"", text[i] == '"');
    }
    tgr_buffer_text(buffer, "\"");
}

static void put_line(tgr_buffer *buffer, tgr_table_format format, const tgr_text *id,
                     const char *model)
{
    tgr_json json;
    msgpack_packer packer;
    switch (format) {
    case TGR_TABLE_CSV:
        put_csv(buffer, id->bytes, id->length);
        tgr_buffer_text(buffer, ",");
        put_csv(buffer, model == NULL ? "" : model, model == NULL ? 0 : strlen(model));
        tgr_buffer_text(buffer, "\n");
        break;
    case TGR_TABLE_JSONL:
        tgr_json_begin(&json, buffer, false);
        tgr_json_object(&json, NULL);
        tgr_json_string_n(&json, "id", id->bytes, id->length);
        tgr_json_string(&json, "model", model);
        tgr_json_end_object(&json);
        tgr_buffer_text(buffer, "\n");
        break;
    default:
        msgpack_packer_init(&packer, buffer, tgr_pack_to_buffer);
        msgpack_pack_map(&packer, 2);
        tgr_pack_text(&packer, "id", 2);
        tgr_pack_text(&packer, id->bytes, id->length);
        tgr_pack_text(&packer, "model", 5);
        if (model == NULL) {
            msgpack_pack_nil(&packer);
        } else {
            tgr_pack_text(&packer, model, strlen(model));
        }
        break;
    }
}

/* A row's id, or its number where the query file has none. */
static tgr_text id_of(const tgr_export_row *row, char digits[24])
{
    if (row->id.bytes != NULL) {
        return row->id;
    }
    int length = snprintf(digits, 24, "%" PRIu64, row->number);
    return (tgr_text){digits, (size_t)length};
}

static tgr_status write_lines(tgr_export_rows *rows, tgr_table_format format, int fd,
                              const char *path, tgr_error *error)
{
    tgr_buffer lines = {0};
    tgr_export_row row;
    bool more = true;
    char digits[24];
    tgr_status status = TGR_OK;
    if (format == TGR_TABLE_CSV) {
        tgr_buffer_text(&lines, "id,model\n");
    }
    while (more) {
        TGR_TRY(tgr_export_rows_next(rows, &row, &more, error));
        if (more) {
            const tgr_text id = id_of(&row, digits);
            put_line(&lines, format, &id,
                     row.model < 0 ? NULL : rows->decisions.header.models[row.model]);
        }
        if (!more || lines.length >= WRITE_BYTES) {
            TGR_TRY(lines.failed ? tgr_fail_memory(error, "a table") : TGR_OK);
            TGR_TRY(tgr_run_check(rows->run, error));
            TGR_TRY(tgr_write_all(fd, lines.bytes, lines.length, path, error));
            tgr_buffer_clear(&lines);
            tgr_run_progress(rows->run, "writing", "queries", rows->number, rows->total,
                             rows->number);
        }
    }
done:
    tgr_buffer_free(&lines);
    return status;
}

static tgr_status write_text(tgr_export_rows *rows, tgr_table_format format, const char *path,
                             tgr_error *error)
{
    tgr_output output = {0};
    tgr_status status = TGR_OK;
    if (strcmp(path, "-") == 0) {
        return write_lines(rows, format, STDOUT_FILENO, "standard output", error);
    }
    TGR_TRY(tgr_output_open(&output, path, error));
    TGR_TRY(write_lines(rows, format, output.fd, path, error));
    TGR_TRY(tgr_output_commit(&output, error));
done:
    tgr_output_abandon(&output);
    return status;
}

/* ---- HDF5 ---------------------------------------------------------------------------------------
 */

/* Rows that wait to be written. */
typedef struct block {
    char *bytes;
    size_t room;
    uint64_t offsets[H5_ROWS + 1];
    int16_t models[H5_ROWS];
    size_t rows;
} block;

static tgr_status put_block(block *at, tgr_decisions_writer *writer, tgr_error *error)
{
    const tgr_texts ids = {at->bytes, at->offsets};
    size_t rows = at->rows;
    at->rows = 0;
    return rows == 0 ? TGR_OK : tgr_decisions_put(writer, &ids, at->models, NULL, rows, error);
}

static tgr_status add_row(block *at, const tgr_export_row *row, tgr_error *error)
{
    char digits[24];
    const tgr_text id = id_of(row, digits);
    size_t begin = at->rows == 0 ? 0 : (size_t)at->offsets[at->rows];
    void *bytes = at->bytes;
    if (!tgr_mem_grow(&bytes, &at->room, begin + id.length + 1, 1)) {
        return tgr_fail_memory(error, "a block of ids");
    }
    at->bytes = bytes;
    memcpy(at->bytes + begin, id.bytes, id.length);
    at->offsets[0] = 0;
    at->models[at->rows++] = (int16_t)row->model;
    at->offsets[at->rows] = begin + id.length;
    return TGR_OK;
}

static tgr_status longest_id(const char *const *queries, size_t count, uint64_t rows, size_t *width,
                             tgr_error *error)
{
    tgr_status status = TGR_OK;
    *width = (size_t)snprintf(NULL, 0, "%" PRIu64, rows);
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        tgr_query_file *file = NULL;
        status = tgr_query_open(queries[i], &file, error);
        if (status == TGR_OK && file->has_ids && file->id_width == 0) {
            status =
                tgr_fail(error, TGR_ERR_UNSUPPORTED,
                         "%s: its ids are of any length; write another kind of table", queries[i]);
        }
        if (status == TGR_OK && file->id_width > *width) {
            *width = file->id_width;
        }
        tgr_query_close(file);
    }
    return status;
}

static tgr_status write_h5(tgr_export_rows *rows, const char *path, size_t width, tgr_error *error)
{
    const tgr_decisions_summary *header = &rows->decisions.header;
    tgr_policy policy;
    tgr_decisions_writer *writer = NULL;
    block *at = tgr_mem_zalloc(1, sizeof *at);
    tgr_export_row row;
    bool more = true;
    tgr_status status = TGR_OK;
    if (at == NULL) {
        return tgr_fail_memory(error, "a block of ids");
    }
    TGR_TRY(tgr_policy_by_name(header->policy, &policy, error));
    const tgr_decisions_plan plan = {
        .rows = header->rows,
        .models = (const char *const *)header->models,
        .model_count = header->model_count,
        .reference = header->reference,
        .policy = policy,
        .thresholds = header->thresholds,
        .threshold_count = 1,
        .cut_rows = (uint64_t)header->cut_rows,
        .cut_threshold = header->cut_threshold,
        .fallback = header->fallback[0] != '\0' ? header->fallback : NULL,
        .ids = true,
        .id_width = width,
        .router_digest = header->router_digest,
        .query_digests = (const char *const *)header->query_digests,
        .query_count = header->query_count,
    };
    TGR_TRY(tgr_decisions_open(path, TGR_DECISIONS_H5, &plan, &writer, error));
    while (more) {
        TGR_TRY(tgr_export_rows_next(rows, &row, &more, error));
        if (more) {
            TGR_TRY(add_row(at, &row, error));
        }
        if (!more || at->rows == H5_ROWS) {
            TGR_TRY(tgr_run_check(rows->run, error));
            TGR_TRY(put_block(at, writer, error));
        }
    }
    TGR_TRY(tgr_decisions_commit(writer, error));
done:
    tgr_decisions_free(writer);
    tgr_mem_free(at->bytes);
    tgr_mem_free(at);
    return status;
}

/* ---- the call -----------------------------------------------------------------------------------
 */

static tgr_status settle_format(const char *output, tgr_table_format *format, tgr_error *error)
{
    static const struct {
        const char *ending;
        tgr_table_format format;
    } endings[] = {
        {".csv", TGR_TABLE_CSV},         {".jsonl", TGR_TABLE_JSONL}, {".ndjson", TGR_TABLE_JSONL},
        {".msgpack", TGR_TABLE_MSGPACK}, {".h5", TGR_TABLE_H5},       {".h5ad", TGR_TABLE_H5},
        {".hdf5", TGR_TABLE_H5},
    };
    bool standard = strcmp(output, "-") == 0;
    for (size_t i = 0; *format == TGR_TABLE_AUTO && i < sizeof endings / sizeof *endings; i++) {
        size_t length = strlen(output), ending = strlen(endings[i].ending);
        if (length > ending && strcmp(output + length - ending, endings[i].ending) == 0) {
            *format = endings[i].format;
        }
    }
    if (*format == TGR_TABLE_AUTO && standard) {
        *format = TGR_TABLE_CSV;
    }
    if (*format == TGR_TABLE_AUTO || (standard && *format == TGR_TABLE_H5)) {
        return tgr_fail(
            error, TGR_ERR_ARGUMENT,
            "%s: a table ends in .csv, .jsonl, .msgpack or .h5; HDF5 goes to files only", output);
    }
    return TGR_OK;
}

tgr_status tgr_export_table(const char *const *queries, size_t query_count, const char *decisions,
                            const char *output, tgr_table_format format, const tgr_run *run,
                            tgr_error *error)
{
    tgr_export_rows rows = {.paths = queries, .path_count = query_count, .run = run};
    size_t width = 0;
    tgr_status status = TGR_OK;
    TGR_TRY(settle_format(output, &format, error));
    TGR_TRY(tgr_export_rows_open(&rows, decisions, error));
    if (format == TGR_TABLE_H5) {
        TGR_TRY(longest_id(queries, query_count, rows.total, &width, error));
        TGR_TRY(write_h5(&rows, output, width, error));
    } else {
        TGR_TRY(write_text(&rows, format, output, error));
    }
done:
    tgr_export_rows_close(&rows);
    return status;
}
