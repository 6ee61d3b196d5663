/* decisions_header.c - what a file of decisions in HDF5 says of itself. */
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/decisions_source.h"
#include "engine/store/layout.h"
#include "engine/store/texts.h"

#define INPUTS_MAX 1000000 /* query files of one run */

tgr_status tgr_decisions_bad(const tgr_h5_file *file, const char *why, tgr_error *error)
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
        status = tgr_decisions_bad(file, "/uns/tagroute/models is not a list of models", error);
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
        status =
            tgr_decisions_bad(file, "/uns/tagroute/thresholds is not a list of numbers", error);
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

/* Where ties were let pass; files without a cut say nothing of it. */
static tgr_status read_cut(const tgr_h5_file *file, hid_t own, tgr_decisions_summary *summary,
                           tgr_error *error)
{
    tgr_array array = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(read_integer(file, own, "cut_rows", &summary->cut_rows, error));
    TGR_TRY(tgr_array_open(file, own, "cut_threshold", &array, error));
    if (array.dataset && array.rank == 1 && array.rows == 1 && tgr_array_is_number(&array)) {
        TGR_TRY(tgr_array_read_double(&array, 0, 1, &summary->cut_threshold, error));
    }
done:
    tgr_array_close(&array);
    return status;
}

static tgr_status keep_digests(tgr_decisions_summary *summary, const tgr_text_block *block,
                               tgr_error *error)
{
    summary->query_digests = tgr_mem_zalloc(block->count, sizeof(*summary->query_digests));
    if (!summary->query_digests) {
        return tgr_fail_memory(error, "the digests of the query files");
    }
    for (; summary->query_count < block->count; summary->query_count++) {
        size_t i = summary->query_count;
        uint64_t begin = block->texts.offsets[i], end = block->texts.offsets[i + 1];
        summary->query_digests[i] =
            tgr_mem_string_n(block->texts.bytes + begin, (size_t)(end - begin));
        if (!summary->query_digests[i]) {
            return tgr_fail_memory(error, "the digests of the query files");
        }
    }
    return TGR_OK;
}

/* query_digest becomes the first of the list, "" where there is none. */
static tgr_status read_query_digests(const tgr_h5_file *file, hid_t own,
                                     tgr_decisions_summary *summary, tgr_error *error)
{
    tgr_array array = {0};
    tgr_text_block block = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_texts_open(file, own, "query_digests", &array, error));
    if (array.dataset && array.rank == 1 && array.rows > 0) {
        if (array.rows > INPUTS_MAX) {
            status = tgr_decisions_bad(file, "it names more query files than there can be", error);
            goto done;
        }
        TGR_TRY(tgr_texts_read(&array, 0, array.rows, &block, error));
        TGR_TRY(keep_digests(summary, &block, error));
    }
    summary->query_digest = tgr_mem_string(summary->query_count ? summary->query_digests[0] : "");
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

tgr_status tgr_decisions_read_header(const tgr_h5_file *file, tgr_decisions_summary *summary,
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
        status = tgr_decisions_bad(file, "not a file of decisions", error);
        goto done;
    }
    TGR_TRY(read_integer(file, own, "version", &version, error));
    if (version > TGR_FORMAT_VERSION) {
        status = tgr_decisions_bad(file, "written by a newer tagroute; update tagroute", error);
        goto done;
    }
    TGR_TRY(read_integer(file, own, "ids", &ids, error));
    summary->has_ids = ids != 0;
    TGR_TRY(read_models(file, own, summary, error));
    TGR_TRY(read_thresholds(file, own, summary, error));
    TGR_TRY(read_cut(file, own, summary, error));
    TGR_TRY(read_text(file, own, "policy", &summary->policy, error));
    TGR_TRY(read_text(file, own, "router_digest", &summary->router_digest, error));
    TGR_TRY(read_text(file, own, "reference", &summary->reference, error));
    TGR_TRY(read_text(file, own, "fallback", &summary->fallback, error));
    TGR_TRY(read_text(file, own, "run_digest", &summary->run_digest, error));
    TGR_TRY(read_query_digests(file, own, summary, error));
    TGR_TRY(read_integer(file, own, "shard", &summary->shard, error));
    TGR_TRY(read_integer(file, own, "shards", &summary->shards, error));
    TGR_TRY(read_integer(file, own, "first_row", &summary->first_row, error));
    TGR_TRY(read_integer(file, own, "total_rows", &summary->total_rows, error));
done:
    tgr_mem_free(format);
    tgr_h5_close(own);
    tgr_h5_close(uns);
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
    for (size_t i = 0; i < summary->query_count; i++) {
        tgr_mem_free(summary->query_digests[i]);
    }
    tgr_mem_free(summary->query_digests);
    tgr_mem_free(summary->reference);
    tgr_mem_free(summary->fallback);
    tgr_mem_free(summary->run_digest);
    tgr_mem_free(summary->thresholds);
    tgr_mem_free(summary->chosen);
    *summary = (tgr_decisions_summary){0};
}
