/* rows.c - see rows.h. Decisions and queries are read side by side, batch after batch. */
#include "engine/export/rows.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

#define BATCH_ROWS    ((size_t)1 << 16)
#define BATCH_ENTRIES ((size_t)1 << 22)

/* ---- what belongs together ---------------------------------------------------------------------
 */

static tgr_status check_file(const tgr_export_rows *rows, const tgr_query_file *file, size_t at,
                             tgr_error *error)
{
    const tgr_decisions_summary *header = &rows->decisions.header;
    const char *digest = file->digest;
    if (at < header->query_count && digest != NULL && digest[0] != '\0' &&
        header->query_digests[at][0] != '\0' && strcmp(digest, header->query_digests[at]) != 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: the decisions are of other queries; name the query files that were "
                        "routed, in that order",
                        file->path);
    }
    return TGR_OK;
}

static tgr_status survey(tgr_export_rows *rows, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; i < rows->path_count; i++) {
        tgr_query_file *file = NULL;
        TGR_TRY(tgr_query_open(rows->paths[i], &file, error));
        rows->total += file->rows;
        status = check_file(rows, file, i, error);
        tgr_query_close(file);
        TGR_TRY(status);
    }
    if (rows->total != rows->decisions.header.rows) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "the decisions are of %" PRIu64 " queries, and the query files hold "
                          "%" PRIu64 "; name all that were routed, and route without --split",
                          rows->decisions.header.rows, rows->total);
    }
done:
    return status;
}

static tgr_status check_decisions(const tgr_decisions_summary *header, const char *path,
                                  tgr_error *error)
{
    if (header->shards > 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: these are the decisions of one shard; merge them all first", path);
    }
    if (header->threshold_count != 1) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: decisions at %zu thresholds; route with the one that is to be used",
                        path, header->threshold_count);
    }
    return TGR_OK;
}

/* Costs are those of the router that decided. */
static tgr_status open_decide(tgr_export_rows *rows, tgr_error *error)
{
    static const double threshold = 0;
    const tgr_decisions_summary *header = &rows->decisions.header;
    if (strcmp(tgr_router_digest(rows->router), header->router_digest) != 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "the decisions are those of another router than the one given for costs");
    }
    const tgr_decide_plan plan = {
        .router = rows->router,
        .policy = TGR_POLICY_MARGIN,
        .thresholds = &threshold,
        .threshold_count = 1,
        .fallback = -1,
        .threads = tgr_run_threads(rows->run),
    };
    rows->deciding = true;
    rows->router_models = tgr_mem_alloc(header->model_count, sizeof *rows->router_models);
    if (rows->router_models == NULL) {
        return tgr_fail_memory(error, "the router's models");
    }
    for (size_t i = 0; i < header->model_count; i++) {
        rows->router_models[i] = tgr_router_find_model(rows->router, header->models[i]);
    }
    return tgr_decide_open(&rows->decide, &plan, error);
}

tgr_status tgr_export_rows_open(tgr_export_rows *rows, const char *decisions, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_decisions_file_open(decisions, &rows->decisions, error));
    rows->decisions_open = true;
    TGR_TRY(check_decisions(&rows->decisions.header, decisions, error));
    TGR_TRY(survey(rows, error));
    if (rows->router != NULL) {
        TGR_TRY(open_decide(rows, error));
    }
done:
    return status;
}

void tgr_export_rows_close(tgr_export_rows *rows)
{
    tgr_batch_free(&rows->batch);
    if (rows->deciding) {
        tgr_decide_close(&rows->decide);
    }
    tgr_query_close(rows->file);
    if (rows->decisions_open) {
        tgr_decisions_file_close(&rows->decisions);
    }
    tgr_mem_free(rows->codes);
    tgr_mem_free(rows->router_models);
    *rows = (tgr_export_rows){0};
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static tgr_status open_file(tgr_export_rows *rows, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_batch_free(&rows->batch);
    rows->batch = (tgr_batch){0};
    tgr_query_close(rows->file);
    rows->file = NULL;
    rows->read = 0;
    TGR_TRY(tgr_query_open(rows->paths[rows->opened++], &rows->file, error));
    rows->file->threads = tgr_run_threads(rows->run);
    TGR_TRY(check_file(rows, rows->file, rows->opened - 1, error));
    if (rows->with_places) {
        TGR_TRY(tgr_query_open_origins(rows->file, error));
        if (rows->file->sources == NULL || !rows->file->has_positions) {
            TGR_TRY(tgr_fail(error, TGR_ERR_INPUT,
                             "%s does not say where in which log its queries are from; export "
                             "takes files that ingest wrote",
                             rows->file->path));
        }
    }
    if (rows->deciding) {
        TGR_TRY(tgr_decide_file(&rows->decide, rows->file, error));
    }
done:
    return status;
}

static tgr_status read_codes(tgr_export_rows *rows, tgr_error *error)
{
    size_t width = (size_t)rows->decisions.row_bytes[TGR_REGION_MODEL];
    if ((width != 1 && width != 2) ||
        !tgr_mem_grow(&rows->codes, &rows->code_capacity, rows->batch.rows, width)) {
        return tgr_fail_memory(error, "a block of decisions");
    }
    return tgr_decisions_file_read(&rows->decisions, TGR_REGION_MODEL, rows->number,
                                   rows->batch.rows, rows->codes, error);
}

static tgr_status read_batch(tgr_export_rows *rows, tgr_error *error)
{
    unsigned wants = TGR_WANT_IDS | (rows->with_places ? TGR_WANT_PLACES : 0);
    tgr_status status = TGR_OK;
    if (rows->deciding) {
        wants |= tgr_decide_wants(&rows->decide, rows->file);
    }
    TGR_TRY(tgr_query_read(rows->file, rows->read, BATCH_ROWS, BATCH_ENTRIES, wants, &rows->batch,
                           error));
    rows->read += rows->batch.rows;
    rows->at = 0;
    TGR_TRY(read_codes(rows, error));
    if (rows->deciding) {
        TGR_TRY(tgr_decide_batch(&rows->decide, &rows->batch, error));
    }
done:
    return status;
}

static int code_at(const tgr_export_rows *rows, size_t row)
{
    int code = rows->decisions.row_bytes[TGR_REGION_MODEL] == 1
                   ? ((const int8_t *)rows->codes)[row]
                   : ((const int16_t *)rows->codes)[row];
    return code >= 0 && (size_t)code < rows->decisions.header.model_count ? code : -1;
}

static double cost_of(const tgr_export_rows *rows, size_t row, int model)
{
    if (!rows->deciding || model < 0 || rows->router_models[model] < 0) {
        return NAN;
    }
    return tgr_decide_cost(&rows->decide, row, (size_t)rows->router_models[model]);
}

static void take_place(const tgr_export_rows *rows, size_t at, tgr_export_row *row)
{
    const tgr_batch *batch = &rows->batch;
    const tgr_query_file *file = rows->file;
    int32_t source = batch->source != NULL ? batch->source[at] : -1;
    size_t length;
    if (source < 0) {
        return;
    }
    row->source = tgr_strings_get(file->sources, (uint32_t)source, &length);
    row->source_bytes = file->source_bytes != NULL ? file->source_bytes[source] : -1;
    row->source_hash = file->source_hashes != NULL ? file->source_hashes[source] : 0;
    row->position = batch->position != NULL ? batch->position[at] : -1;
    row->part = batch->record_part != NULL ? batch->record_part[at] : 0;
}

tgr_status tgr_export_rows_next(tgr_export_rows *rows, tgr_export_row *row, bool *more,
                                tgr_error *error)
{
    tgr_status status = TGR_OK;
    *more = true;
    while (rows->at == rows->batch.rows) {
        if (rows->file == NULL || rows->read == rows->file->rows) {
            *more = rows->opened < rows->path_count;
            if (!*more) {
                return TGR_OK;
            }
            TGR_TRY(open_file(rows, error));
            rows->at = rows->batch.rows = 0;
            continue;
        }
        TGR_TRY(read_batch(rows, error));
    }
    size_t at = rows->at++;
    const tgr_texts *ids = &rows->batch.ids;
    *row = (tgr_export_row){.number = rows->number++, .model = code_at(rows, at)};
    row->cost = cost_of(rows, at, row->model);
    if (ids->bytes != NULL) {
        row->id = (tgr_text){ids->bytes + ids->offsets[at],
                             (size_t)(ids->offsets[at + 1] - ids->offsets[at])};
    }
    if (rows->with_places) {
        take_place(rows, at, row);
    }
done:
    return status;
}
