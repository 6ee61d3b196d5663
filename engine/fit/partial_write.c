/* partial_write.c - a partial fit to its file. */
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/fit/partial.h"
#include "engine/fit/sums_pack.h"
#include "engine/router/digest.h"
#include "engine/router/pack.h"

static void pack_word(msgpack_packer *packer, const char *word)
{
    tgr_pack_text(packer, word, strlen(word));
}

static void pack_text_or_nil(msgpack_packer *packer, const char *text)
{
    if (text == NULL) {
        msgpack_pack_nil(packer);
    } else {
        pack_word(packer, text);
    }
}

static void pack_bytes(msgpack_packer *packer, const tgr_buffer *bytes)
{
    msgpack_pack_bin(packer, bytes->length);
    msgpack_pack_bin_body(packer, bytes->bytes, bytes->length);
}

static tgr_status pack_sums(msgpack_packer *packer, const char *key, const tgr_sum *sums,
                            size_t count, tgr_error *error)
{
    tgr_buffer bytes = {0};
    tgr_status status = TGR_OK;
    tgr_sums_pack(&bytes, sums, count);
    if (bytes.failed) {
        status = tgr_fail_memory(error, "the partial fit");
    } else if (bytes.length > UINT32_MAX) {
        status = tgr_fail(error, TGR_ERR_UNSUPPORTED,
                          "the sums \"%s\" take %zu bytes, and a partial fit holds less than 4 GiB "
                          "of them; use more shards or fewer models",
                          key, bytes.length);
    } else {
        pack_word(packer, key);
        pack_bytes(packer, &bytes);
    }
    tgr_buffer_free(&bytes);
    return status;
}

static tgr_status pack_counts(msgpack_packer *packer, const char *key, const uint64_t *counts,
                              size_t count, tgr_error *error)
{
    tgr_sum *sums = tgr_mem_alloc(count, sizeof *sums);
    if (sums == NULL) {
        return tgr_fail_memory(error, "the partial fit");
    }
    for (size_t i = 0; i < count; i++) {
        sums[i] = (tgr_sum)counts[i] << 40;
    }
    tgr_status status = pack_sums(packer, key, sums, count, error);
    tgr_mem_free(sums);
    return status;
}

static tgr_status pack_means(msgpack_packer *packer, const tgr_partial *partial, tgr_error *error)
{
    size_t count = 3 * partial->models + 1;
    tgr_sum *sums = tgr_mem_alloc(2 * count, sizeof *sums);
    if (sums == NULL) {
        return tgr_fail_memory(error, "the partial fit");
    }
    for (size_t i = 0; i < count; i++) {
        sums[i] = partial->means[i].sum;
        sums[count + i] = tgr_mean_count(&partial->means[i]);
    }
    tgr_status status = pack_sums(packer, "mean_sums", sums, count, error);
    if (status == TGR_OK) {
        status = pack_sums(packer, "mean_counts", sums + count, count, error);
    }
    tgr_mem_free(sums);
    return status;
}

static void pack_head(msgpack_packer *packer, const tgr_partial *partial)
{
    pack_word(packer, "format");
    pack_word(packer, TGR_PARTIAL_FORMAT);
    pack_word(packer, "version");
    msgpack_pack_int(packer, TGR_PARTIAL_VERSION);
    pack_word(packer, "shard");
    msgpack_pack_array(packer, 2);
    msgpack_pack_uint64(packer, partial->shard);
    msgpack_pack_uint64(packer, partial->shards);
    pack_word(packer, "files");
    msgpack_pack_array(packer, partial->file_count);
    for (size_t i = 0; i < partial->file_count; i++) {
        msgpack_pack_array(packer, 2);
        pack_word(packer, partial->files[i].digest);
        msgpack_pack_uint64(packer, partial->files[i].rows);
    }
    pack_word(packer, "settings");
    pack_bytes(packer, &partial->settings);
    pack_word(packer, "options");
    msgpack_pack_map(packer, 3);
    pack_word(packer, "reference_given");
    partial->reference_given ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
    pack_word(packer, "parameter");
    isnan(partial->parameter) ? msgpack_pack_nil(packer)
                              : msgpack_pack_double(packer, partial->parameter);
    pack_word(packer, "split");
    pack_text_or_nil(packer, partial->split);
}

static void pack_tags(msgpack_packer *packer, const tgr_strings *tags)
{
    uint32_t count = tgr_strings_count(tags);
    pack_word(packer, "tags");
    msgpack_pack_array(packer, count);
    for (uint32_t i = 0; i < count; i++) {
        size_t length;
        const char *tag = tgr_strings_get(tags, i, &length);
        tgr_pack_text(packer, tag, length);
    }
}

static tgr_status pack_values(msgpack_packer *packer, const tgr_value_sums *values,
                              tgr_error *error)
{
    size_t cells = values->folds * values->tags * values->models;
    tgr_status status = TGR_OK;
    pack_word(packer, "values");
    msgpack_pack_map(packer, 5);
    pack_word(packer, "folds");
    msgpack_pack_uint64(packer, values->folds);
    TGR_TRY(pack_sums(packer, "x", values->x, cells, error));
    TGR_TRY(pack_sums(packer, "xy", values->xy, cells, error));
    TGR_TRY(pack_sums(packer, "y", values->y, values->folds * values->models, error));
    TGR_TRY(pack_sums(packer, "judged", values->judged, values->folds * values->models, error));
done:
    return status;
}

static tgr_status pack_partial(msgpack_packer *packer, const tgr_partial *partial, tgr_error *error)
{
    const uint64_t counts[] = {partial->training, partial->queries, partial->judged,
                               partial->derived,  partial->assumed, partial->reference_recorded};
    size_t tags = tgr_strings_count(partial->tags);
    tgr_status status = TGR_OK;
    pack_head(packer, partial);
    TGR_TRY(pack_counts(packer, "counts", counts, sizeof counts / sizeof *counts, error));
    TGR_TRY(pack_means(packer, partial, error));
    TGR_TRY(
        pack_sums(packer, "model_outcomes", partial->model_outcomes, 3 * partial->models, error));
    pack_tags(packer, partial->tags);
    TGR_TRY(pack_sums(packer, "occurrences", partial->occurrences, tags, error));
    if (partial->outcomes != NULL) {
        TGR_TRY(
            pack_sums(packer, "outcomes", partial->outcomes, 3 * tags * partial->models, error));
    }
    if (partial->values.folds > 0) {
        TGR_TRY(pack_values(packer, &partial->values, error));
    }
done:
    return status;
}

tgr_status tgr_fit_partial_write(const tgr_partial *partial, const char *path, tgr_error *error)
{
    uint32_t pairs = 13 + (partial->outcomes != NULL) + (partial->values.folds > 0);
    tgr_buffer bytes = {0}, head = {0};
    tgr_output output = {.fd = -1};
    msgpack_packer packer;
    tgr_status status = TGR_OK;
    msgpack_packer_init(&packer, &head, tgr_pack_to_buffer);
    msgpack_pack_map(&packer, pairs);
    msgpack_packer_init(&packer, &bytes, tgr_pack_to_buffer);
    TGR_TRY(pack_partial(&packer, partial, error));
    if (bytes.failed || head.failed) {
        TGR_TRY(tgr_fail_memory(error, "the partial fit"));
    }
    char digest[33];
    tgr_map_digest map = {0};
    tgr_map_digest_add(&map, bytes.bytes, bytes.length, pairs - 1);
    tgr_map_digest_text(&map, digest);
    pack_word(&packer, "digest");
    pack_word(&packer, digest);
    if (bytes.failed) {
        TGR_TRY(tgr_fail_memory(error, "the partial fit"));
    }
    TGR_TRY(tgr_output_open(&output, path, error));
    TGR_TRY(tgr_write_all(output.fd, head.bytes, head.length, path, error));
    TGR_TRY(tgr_write_all(output.fd, bytes.bytes, bytes.length, path, error));
    TGR_TRY(tgr_output_commit(&output, error));
done:
    tgr_output_abandon(&output);
    tgr_buffer_free(&head);
    tgr_buffer_free(&bytes);
    return status;
}

tgr_status tgr_partial_settings(tgr_router *router, tgr_buffer *settings, tgr_error *error)
{
    tgr_strings *tags = router->tags;
    const float zero = 0;
    msgpack_packer packer;
    msgpack_packer_init(&packer, settings, tgr_pack_to_buffer);
    router->tags = NULL;
    msgpack_pack_map(&packer, (size_t)tgr_router_pairs(router) + TGR_ROUTER_ARRAYS);
    tgr_router_pack(router, &packer);
    router->tags = tags;
    pack_word(&packer, "counts");
    msgpack_pack_bin(&packer, 0);
    pack_word(&packer, "bias");
    msgpack_pack_bin(&packer, router->model_count * sizeof zero);
    for (size_t i = 0; i < router->model_count; i++) {
        msgpack_pack_bin_body(&packer, &zero, sizeof zero);
    }
    pack_word(&packer, "weights");
    msgpack_pack_bin(&packer, 0);
    return settings->failed ? tgr_fail_memory(error, "the partial fit") : TGR_OK;
}
