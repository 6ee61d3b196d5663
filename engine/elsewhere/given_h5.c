/* given_h5.c - decisions as `tagroute route` writes them to HDF5. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/elsewhere/given.h"
#include "engine/store/decisions.h"
#include "kernels/kernels.h"

#define PIECE_BYTES ((size_t)1 << 18)

typedef struct reading {
    tgr_given *given;
    tgr_decisions_file file;
    int *models; /* the file's: their number in the router */
    char *codes, *ids;
    size_t code_bytes, id_bytes; /* a row */
} reading;

static tgr_status match_models(reading *work, tgr_error *error)
{
    const tgr_decisions_summary *header = &work->file.header;
    tgr_status status = TGR_OK;
    work->models = tgr_mem_alloc(header->model_count, sizeof *work->models);
    if (work->models == NULL) {
        return tgr_fail_memory(error, work->given->path);
    }
    for (size_t i = 0; i < header->model_count;
         i++) { /* unless it is chosen it need not be known */
        work->models[i] = tgr_router_find_model(work->given->router, header->models[i]);
    }
    return status;
}

static tgr_status open_file(reading *work, tgr_error *error)
{
    const char *path = work->given->path;
    tgr_status status = tgr_decisions_file_open(path, &work->file, error);
    if (status == TGR_OK && work->file.header.threshold_count != 1) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s has decisions at %zu thresholds; route at one of them", path,
                          work->file.header.threshold_count);
    }
    if (status == TGR_OK && work->file.header.rows > work->given->most) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s holds more decisions than the query files hold queries, %" PRIu64,
                          path, work->given->most);
    }
    work->code_bytes = work->file.row_bytes[TGR_REGION_MODEL];
    work->id_bytes = work->file.header.has_ids ? work->file.row_bytes[TGR_REGION_INDEX] : 0;
    return status == TGR_OK ? match_models(work, error) : status;
}

static int64_t code_at(const reading *work, size_t row)
{
    if (work->code_bytes == 1) {
        return (int8_t)work->codes[row];
    }
    int16_t code;
    memcpy(&code, work->codes + row * sizeof code, sizeof code);
    return code;
}

static tgr_status add_row(reading *work, uint64_t row, size_t at, tgr_error *error)
{
    const tgr_decisions_summary *header = &work->file.header;
    int64_t code = code_at(work, at);
    if (code < -1 || code >= (int64_t)header->model_count) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: row %" PRIu64 " names no model of its list",
                        work->given->path, row);
    }
    int model = code < 0 ? TGR_UNDECIDED : work->models[code];
    if (code >= 0 && model < 0) { /* says so */
        char place[40];
        snprintf(place, sizeof place, "row %" PRIu64, row);
        return tgr_given_find(work->given, header->models[code], place, &model, error);
    }
    const char *id = work->id_bytes > 0 ? work->ids + at * work->id_bytes : NULL;
    size_t length = id == NULL ? 0 : strnlen(id, work->id_bytes);
    return tgr_given_add(work->given, model, id, length, error);
}

static tgr_status read_rows(reading *work, tgr_error *error)
{
    tgr_status status = TGR_OK;
    size_t wide = work->code_bytes + work->id_bytes;
    size_t piece = wide < PIECE_BYTES ? PIECE_BYTES / wide : 1;
    uint64_t rows = work->file.header.rows;
    work->codes = tgr_mem_alloc(piece, work->code_bytes);
    work->ids = tgr_mem_alloc(piece, work->id_bytes);
    if (work->codes == NULL || work->ids == NULL) {
        return tgr_fail_memory(error, work->given->path);
    }
    for (uint64_t row = 0; row < rows; row += piece) {
        size_t count = rows - row < piece ? (size_t)(rows - row) : piece;
        TGR_TRY(
            tgr_decisions_file_read(&work->file, TGR_REGION_MODEL, row, count, work->codes, error));
        if (work->id_bytes > 0) {
            TGR_TRY(tgr_decisions_file_read(&work->file, TGR_REGION_INDEX, row, count, work->ids,
                                            error));
        }
        for (size_t i = 0; i < count; i++) {
            TGR_TRY(add_row(work, row + i, i, error));
        }
    }
done:
    return status;
}

tgr_status tgr_given_read_h5(tgr_given *given, tgr_error *error)
{
    reading work = {.given = given};
    tgr_status status = open_file(&work, error);
    if (status == TGR_OK) {
        status = read_rows(&work, error);
    }
    tgr_decisions_file_close(&work.file);
    tgr_mem_free(work.models);
    tgr_mem_free(work.codes);
    tgr_mem_free(work.ids);
    return status;
}
