/* partial_write.c - a partial simulation as a file: a MessagePack map behind a checksum. */
#include <string.h>

#include <xxhash.h>

#include "engine/base/error.h"
#include "engine/base/output.h"
#include "engine/policy/policy.h"
#include "engine/router/pack.h"
#include "engine/simulate/partial.h"
#include "engine/simulate/partial_file.h"
#include "engine/simulate/partial_sums.h"

static void pack_key(msgpack_packer *packer, int key)
{
    tgr_pack_text(packer, tgr_partial_keys[key], strlen(tgr_partial_keys[key]));
}

static void pack_text(msgpack_packer *packer, int key, const char *text)
{
    pack_key(packer, key);
    tgr_pack_text(packer, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static void pack_bytes(msgpack_packer *packer, int key, const tgr_buffer *bytes)
{
    pack_key(packer, key);
    msgpack_pack_bin(packer, bytes->length);
    msgpack_pack_bin_body(packer, bytes->bytes, bytes->length);
}

static void pack_numbers(msgpack_packer *packer, const tgr_simulating *work)
{
    const tgr_simulate_options *options = &work->options;
    const tgr_stand *stand = &work->observers.each[0].stand;
    const uint64_t numbers[NUMBER_COUNT] = {
        [REFERENCE] = work->router->reference,
        [QUALITY] = (uint64_t)options->quality,
        [GRID] = options->grid,
        [TOTAL] = work->total,
        [SHARD] = options->shard,
        [SHARDS] = options->shards,
        [MOVING] = work->gathering.moving,
        [QUERIES] = work->decide.queries,
        [UNDECIDED] = work->observers.each[0].undecided,
        [WEIGHT_BITS] = work->gathering.weighing.bits,
        [WEIGHT] = stand->weight,
        [SQUARES_LOW] = (uint64_t)stand->squares,
        [SQUARES_HIGH] = (uint64_t)(stand->squares >> 64),
    };
    size_t count = work->gathering.weighing.weighed ? NUMBER_COUNT : WITHOUT_COUNT;
    pack_key(packer, NUMBERS);
    msgpack_pack_array(packer, count);
    for (size_t i = 0; i < count; i++) {
        msgpack_pack_uint64(packer, numbers[i]);
    }
}

static void pack_thresholds(msgpack_packer *packer, const tgr_simulating *work)
{
    tgr_buffer bytes = {0};
    tgr_partial_put_doubles(&bytes, work->thresholds, work->gathering.asked.count);
    pack_bytes(packer, THRESHOLDS, &bytes);
    tgr_buffer_free(&bytes);
}

static void pack_all(const tgr_simulating *work, const tgr_buffer *sums, const tgr_buffer *bins,
                     msgpack_packer *packer)
{
    const tgr_router *router = work->router;
    msgpack_pack_map(packer, KEYS);
    pack_text(packer, FORMAT_KEY, TGR_PARTIAL_FORMAT);
    pack_key(packer, VERSION_KEY);
    msgpack_pack_uint64(packer, work->gathering.weighing.weighed ? TGR_PARTIAL_VERSION
                                                                 : TGR_PARTIAL_WITHOUT);
    pack_text(packer, ROUTER, router->digest);
    pack_key(packer, MODELS);
    msgpack_pack_array(packer, router->model_count);
    for (size_t i = 0; i < router->model_count; i++) {
        tgr_pack_text(packer, router->models[i].name, strlen(router->models[i].name));
    }
    pack_text(packer, POLICY, tgr_policy_name(work->options.policy));
    pack_text(packer, FALLBACK, work->options.fallback);
    pack_text(packer, SPLIT, work->options.split);
    pack_numbers(packer, work);
    pack_thresholds(packer, work);
    pack_bytes(packer, SUMS, sums);
    pack_bytes(packer, BINS, bins);
    pack_key(packer, XXH3);
}

static tgr_status seal(tgr_buffer *file, tgr_error *error)
{
    if (file->failed) {
        return tgr_fail_memory(error, "the partial simulation");
    }
    uint64_t sum = XXH3_64bits(file->bytes, file->length);
    msgpack_packer packer;
    msgpack_packer_init(&packer, file, tgr_pack_to_buffer);
    msgpack_pack_fix_uint64(&packer, sum);
    return file->failed ? tgr_fail_memory(error, "the partial simulation") : TGR_OK;
}

tgr_status tgr_partial_write(const tgr_simulating *work, const char *path, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_output output = {.fd = -1};
    tgr_buffer sums = {0}, bins = {0}, file = {0};
    msgpack_packer packer;
    size_t models = work->router->model_count, asked = work->gathering.asked.count;
    if (!tgr_partial_put_sums(&sums, work->observers.each, models, asked) ||
        !tgr_partial_put_bins(&bins, work->gathering.bins) || asked > TGR_PARTIAL_MOST_ASKED) {
        status = tgr_fail(error, TGR_ERR_UNSUPPORTED,
                          "%s: costs or scores add up to more than 10^12, or there are more than a "
                          "million thresholds, which no partial simulation holds; take more shards",
                          path);
        goto done;
    }
    if (sums.failed || bins.failed) {
        status = tgr_fail_memory(error, "the partial simulation");
        goto done;
    }
    if (sums.length > UINT32_MAX / 4 || bins.length > UINT32_MAX / 4 * 3) {
        status = tgr_fail(error, TGR_ERR_UNSUPPORTED,
                          "%s: the sums of so many thresholds and models do not fit a file of a "
                          "partial simulation, which is below 4 GiB; ask for fewer thresholds",
                          path);
        goto done;
    }
    msgpack_packer_init(&packer, &file, tgr_pack_to_buffer);
    pack_all(work, &sums, &bins, &packer);
    TGR_TRY(seal(&file, error));
    TGR_TRY(tgr_output_open(&output, path, error));
    TGR_TRY(tgr_write_all(output.fd, file.bytes, file.length, path, error));
    TGR_TRY(tgr_output_commit(&output, error));
done:
    tgr_output_abandon(&output);
    tgr_buffer_free(&sums);
    tgr_buffer_free(&bins);
    tgr_buffer_free(&file);
    return status;
}
