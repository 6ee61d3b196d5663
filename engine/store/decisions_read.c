/* decisions_read.c - what a file of decisions in HDF5 holds, checked and counted. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/checksum.h"
#include "engine/store/decisions.h"
#include "engine/store/layout.h"
#include "engine/store/probe.h"
#include "engine/store/texts.h"

#define PIECE 65536 /* decisions read at once */

static tgr_status bad(const tgr_h5_file *file, const char *why, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT, "%s: %s", file->path, why);
}

static tgr_status read_models(const tgr_h5_file *file, hid_t own, tgr_decisions_summary *summary,
                              tgr_error *error)
{
    tgr_array array = {0};
    tgr_strings *names = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_texts_open(file, own, "models", &array, error));
    if (!array.dataset || array.rank != 1 || array.rows > TGR_MODELS_MAX) {
        status = bad(file, "/uns/tagroute/models is not a list of models", error);
        goto done;
    }
    TGR_TRY(tgr_texts_distinct(&array, "model", &names, error));
    size_t count = tgr_strings_count(names);
    summary->models = tgr_mem_zalloc(count, sizeof(*summary->models));
    if (!summary->models) {
        status = tgr_fail_memory(error, "the names of the models");
        goto done;
    }
    for (summary->model_count = 0; summary->model_count < count; summary->model_count++) {
        size_t length;
        const char *name = tgr_strings_get(names, (uint32_t)summary->model_count, &length);
        summary->models[summary->model_count] = tgr_mem_string_n(name, length);
        if (!summary->models[summary->model_count]) {
            status = tgr_fail_memory(error, "the names of the models");
            goto done;
        }
    }
done:
    tgr_strings_free(names);
    tgr_array_close(&array);
    return status;
}

static tgr_status read_thresholds(const tgr_h5_file *file, hid_t own,
                                  tgr_decisions_summary *summary, tgr_error *error)
{
    tgr_array array = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_array_open(file, own, "thresholds", &array, error));
    if (!array.dataset || array.rank != 1 || array.rows == 0 || !tgr_array_is_number(&array)) {
        status = bad(file, "/uns/tagroute/thresholds is not a list of numbers", error);
        goto done;
    }
    summary->thresholds = tgr_mem_alloc((size_t)array.rows, sizeof(double));
    if (!summary->thresholds) {
        status = tgr_fail_memory(error, "the thresholds");
        goto done;
    }
    summary->threshold_count = (size_t)array.rows;
    TGR_TRY(tgr_array_read_double(&array, 0, array.rows, summary->thresholds, error));
done:
    tgr_array_close(&array);
    return status;
}

/* The first digest of the list, "" where there is none. */
static tgr_status read_query_digest(const tgr_h5_file *file, hid_t own,
                                    tgr_decisions_summary *summary, tgr_error *error)
{
    tgr_array array = {0};
    tgr_text_block block = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_texts_open(file, own, "query_digests", &array, error));
    bool some = array.dataset && array.rank == 1 && array.rows > 0;
    if (some) {
        TGR_TRY(tgr_texts_read(&array, 0, 1, &block, error));
    }
    summary->query_digest =
        some ? tgr_mem_string_n(block.texts.bytes, (size_t)block.texts.offsets[1])
             : tgr_mem_string("");
    status = summary->query_digest ? TGR_OK : tgr_fail_memory(error, "a digest");
done:
    tgr_text_block_free(&block);
    tgr_array_close(&array);
    return status;
}

static tgr_status read_text(const tgr_h5_file *file, hid_t own, const char *name, char **text,
                            tgr_error *error)
{
    tgr_status status = tgr_texts_scalar(file, own, name, text, error);
    if (status == TGR_OK && !*text && !(*text = tgr_mem_string(""))) {
        status = tgr_fail_memory(error, name);
    }
    return status;
}

static tgr_status read_integer(const tgr_h5_file *file, hid_t own, const char *name, int64_t *value,
                               tgr_error *error)
{
    tgr_array array;
    tgr_status status = tgr_array_open(file, own, name, &array, error);
    if (status == TGR_OK && array.dataset && array.rank == 0 && tgr_array_is_number(&array)) {
        status = tgr_array_read_int64(&array, 0, 1, value, error);
    }
    tgr_array_close(&array);
    return status;
}

static tgr_status read_header(const tgr_h5_file *file, tgr_decisions_summary *summary,
                              tgr_error *error)
{
    hid_t uns = 0, own = 0;
    char *format = NULL;
    int64_t version = 0, ids = 0;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_h5_group(file, file->id, "uns", &uns, error));
    if (uns) {
        TGR_TRY(tgr_h5_group(file, uns, "tagroute", &own, error));
    }
    if (own) {
        TGR_TRY(tgr_texts_scalar(file, own, "format", &format, error));
    }
    if (!format || strcmp(format, TGR_DECISIONS_FORMAT) != 0) {
        status = bad(file, "not a file of decisions", error);
        goto done;
    }
    TGR_TRY(read_integer(file, own, "version", &version, error));
    if (version > TGR_FORMAT_VERSION) {
        status = bad(file, "written by a newer tagroute; update tagroute", error);
        goto done;
    }
    TGR_TRY(read_integer(file, own, "ids", &ids, error));
    summary->has_ids = ids != 0;
    TGR_TRY(read_models(file, own, summary, error));
    TGR_TRY(read_thresholds(file, own, summary, error));
    TGR_TRY(read_text(file, own, "policy", &summary->policy, error));
    TGR_TRY(read_text(file, own, "router_digest", &summary->router_digest, error));
    TGR_TRY(read_query_digest(file, own, summary, error));
done:
    tgr_mem_free(format);
    tgr_h5_close(own);
    tgr_h5_close(uns);
    return status;
}

/* Opens the codes: of the categorical /obs/model, or the matrix /obsm/model. */
static tgr_status open_codes(const tgr_h5_file *file, hid_t frame, bool single, tgr_array *codes,
                             tgr_error *error)
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
            return bad(file, "a decision names no model of its list", error);
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
        status = bad(file, "its columns differ in length", error);
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
    TGR_TRY(read_header(file, summary, error));
    TGR_TRY(tgr_h5_group(file, file->id, "obs", &obs, error));
    TGR_TRY(tgr_h5_group(file, file->id, "obsm", &obsm, error));
    bool single = summary->threshold_count == 1;
    hid_t frame = single ? obs : obsm;
    if (frame && obs) {
        TGR_TRY(open_codes(file, frame, single, &codes, error));
    }
    if (!codes.dataset || codes.kind != TGR_ARRAY_INTEGER || codes.rank != (single ? 1 : 2) ||
        codes.columns != (single ? 1 : summary->threshold_count)) {
        status = bad(file, "it lacks the decisions, or they do not match its thresholds", error);
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

void tgr_decisions_summary_free(tgr_decisions_summary *summary)
{
    for (size_t model = 0; model < summary->model_count; model++) {
        tgr_mem_free(summary->models[model]);
    }
    tgr_mem_free(summary->models);
    tgr_mem_free(summary->policy);
    tgr_mem_free(summary->router_digest);
    tgr_mem_free(summary->query_digest);
    tgr_mem_free(summary->thresholds);
    tgr_mem_free(summary->chosen);
    *summary = (tgr_decisions_summary){0};
}
