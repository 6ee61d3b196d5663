/* decisions_read.c - what a file of decisions in HDF5 holds, checked and counted. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/checksum.h"
#include "engine/store/decisions_source.h"
#include "engine/store/probe.h"

#define PIECE 65536 /* decisions read at once */

tgr_status tgr_decisions_open_codes(const tgr_h5_file *file, hid_t frame, bool single,
                                    tgr_array *codes, tgr_error *error)
{
    if (!single) {
        return tgr_array_open(file, frame, "model", codes, error);
    }
    hid_t model;
    tgr_status status = tgr_h5_group(file, frame, "model", &model, error);
    if (status == TGR_OK && model) {
        status = tgr_array_open(file, model, "codes", codes, error);
    }
    tgr_h5_close(model);
    return status;
}

static tgr_status count_piece(const tgr_h5_file *file, const int64_t *codes, size_t count,
                              tgr_decisions_summary *summary, tgr_error *error)
{
    size_t models = summary->model_count;
    for (size_t i = 0; i < count; i++) {
        if (codes[i] < -1 || codes[i] >= (int64_t)models) {
            return tgr_decisions_bad(file, "a decision names no model of its list", error);
        }
        size_t model = codes[i] < 0 ? models : (size_t)codes[i];
        summary->chosen[i % summary->threshold_count * (models + 1) + model]++;
    }
    return TGR_OK;
}

static tgr_status count_codes(const tgr_h5_file *file, const tgr_array *codes,
                              tgr_decisions_summary *summary, tgr_error *error)
{
    tgr_status status = TGR_OK;
    uint64_t thresholds = summary->threshold_count;
    uint64_t piece = thresholds < PIECE ? PIECE / thresholds : 1;
    int64_t *values = tgr_mem_alloc((size_t)(piece * thresholds), sizeof(*values));
    summary->chosen =
        tgr_mem_zalloc(summary->threshold_count, (summary->model_count + 1) * sizeof(uint64_t));
    if (!values || !summary->chosen) {
        status = tgr_fail_memory(error, "the decisions");
        goto done;
    }
    for (uint64_t row = 0; row < codes->rows; row += piece) {
        uint64_t now = codes->rows - row < piece ? codes->rows - row : piece;
        TGR_TRY(tgr_array_read_int64(codes, row, now, values, error));
        TGR_TRY(count_piece(file, values, (size_t)(now * thresholds), summary, error));
    }
done:
    tgr_mem_free(values);
    return status;
}

/* A member of a frame, if it is there: as many rows as decisions, contents as its checksum says. */
static tgr_status check_member(const tgr_h5_file *file, hid_t frame, const char *name,
                               uint64_t rows, bool *present, tgr_error *error)
{
    tgr_array array;
    hid_t object = 0;
    tgr_status status = tgr_array_open(file, frame, name, &array, error);
    *present = status == TGR_OK && array.dataset;
    if (*present && array.rows != rows) {
        status = tgr_decisions_bad(file, "its columns differ in length", error);
    }
    tgr_array_close(&array);
    if (status == TGR_OK && *present) {
        status = tgr_h5_child(file, frame, name, &object, error);
    }
    return status == TGR_OK && object ? tgr_checksum_verify(file, object, error) : status;
}

static tgr_status summarise(const tgr_h5_file *file, tgr_decisions_summary *summary,
                            tgr_error *error)
{
    hid_t obs = 0, obsm = 0;
    tgr_array codes = {0};
    bool index;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_decisions_read_header(file, summary, error));
    TGR_TRY(tgr_h5_group(file, file->id, "obs", &obs, error));
    TGR_TRY(tgr_h5_group(file, file->id, "obsm", &obsm, error));
    bool single = summary->threshold_count == 1;
    hid_t frame = single ? obs : obsm;
    if (frame && obs) {
        TGR_TRY(tgr_decisions_open_codes(file, frame, single, &codes, error));
    }
    if (!codes.dataset || codes.kind != TGR_ARRAY_INTEGER || codes.rank != (single ? 1 : 2) ||
        codes.columns != (single ? 1 : summary->threshold_count)) {
        status = tgr_decisions_bad(
            file, "it lacks the decisions, or they do not match its thresholds", error);
        goto done;
    }
    summary->rows = codes.rows;
    TGR_TRY(count_codes(file, &codes, summary, error));
    hid_t verified = codes.dataset;
    codes.dataset = 0;
    TGR_TRY(tgr_checksum_verify(file, verified, error));
    TGR_TRY(check_member(file, obs, "_index", summary->rows, &index, error));
    TGR_TRY(check_member(file, frame, "margin", summary->rows, &summary->has_margins, error));
done:
    tgr_array_close(&codes);
    tgr_h5_close(obsm);
    tgr_h5_close(obs);
    return status;
}

static tgr_status open_and_summarise(const char *path, tgr_decisions_summary *summary,
                                     tgr_error *error)
{
    tgr_h5_file file;
    *summary = (tgr_decisions_summary){0};
    tgr_status status = tgr_h5_open(path, &file, error);
    if (status == TGR_OK) {
        status = summarise(&file, summary, error);
        tgr_h5_file_close(&file);
    }
    if (status != TGR_OK) {
        tgr_decisions_summary_free(summary);
    }
    return status;
}

static tgr_status try_to_summarise(void *data, tgr_error *error)
{
    tgr_decisions_summary summary;
    return open_and_summarise(data, &summary, error);
}

tgr_status tgr_decisions_summarise(const char *path, tgr_decisions_summary *summary,
                                   tgr_error *error)
{
    tgr_h5_quiet quiet;
    *summary = (tgr_decisions_summary){0};
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = tgr_probe(path, try_to_summarise, (void *)(uintptr_t)path, error);
    if (status == TGR_OK) {
        status = open_and_summarise(path, summary, error);
    }
    tgr_h5_quiet_end(&quiet);
    return status;
}
