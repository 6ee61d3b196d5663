/* partial_read.c - a partial simulation from its file, of which nothing is trusted: first what it
 * is part of, then its sums. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/policy/policy.h"
#include "engine/router/fields.h"
#include "engine/router/file_bytes.h"
#include "engine/simulate/partial.h"
#include "engine/simulate/partial_file.h"
#include "engine/simulate/partial_sums.h"

#define FILE_LIMIT ((size_t)1 << 32)
#define PADDING    8
#define SEAL       14 /* bytes of the last pair: "xxh3" and 64 bits */

void tgr_part_close(tgr_part *part)
{
    tgr_router_free(part->router);
    tgr_mem_free(part->digest);
    tgr_mem_free(part->fallback);
    tgr_mem_free(part->split);
    tgr_mem_free(part->thresholds);
    *part = (tgr_part){0};
}

static tgr_status damaged(tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT,
                    "this is no whole partial simulation; write the part again");
}

/* Below the checksum all is as it was written; what follows checks sizes all the same. */
static tgr_status check_seal(const char *bytes, size_t length, tgr_error *error)
{
    if (length <= SEAL || (unsigned char)bytes[length - 9] != 0xcf) {
        return damaged(error);
    }
    uint64_t recorded = 0;
    for (size_t i = length - 8; i < length; i++) {
        recorded = recorded << 8 | (unsigned char)bytes[i];
    }
    return XXH3_64bits(bytes, length - 9) == recorded ? TGR_OK : damaged(error);
}

static tgr_status read_fields(const char *bytes, size_t length, tgr_fields *fields,
                              tgr_error *error)
{
    tgr_cursor whole = {bytes, length, 0};
    if (tgr_cursor_skip(&whole) != TGR_CURSOR_OK || whole.at != length) {
        return damaged(error);
    }
    tgr_cursor cursor = {bytes, length, 0};
    return tgr_fields_read(fields, "", tgr_partial_keys, KEYS, &cursor, NULL, NULL, error);
}

static tgr_status read_text(const tgr_fields *fields, int key, char **text, tgr_error *error)
{
    tgr_item item;
    tgr_status status = tgr_fields_need(fields, (size_t)key, TGR_ITEM_STRING, &item, NULL, error);
    if (status == TGR_OK) {
        *text = tgr_mem_string_n(item.as.bytes, item.count);
        status = *text == NULL ? tgr_fail_memory(error, "a name") : TGR_OK;
    }
    return status;
}

static tgr_status read_numbers(const tgr_fields *fields, bool weighed,
                               uint64_t numbers[NUMBER_COUNT], tgr_error *error)
{
    tgr_item item;
    tgr_cursor values;
    tgr_status status = tgr_fields_need(fields, NUMBERS, TGR_ITEM_ARRAY, &item, &values, error);
    if (status != TGR_OK) {
        return status;
    }
    if (item.count != (weighed ? NUMBER_COUNT : WITHOUT_COUNT)) {
        return damaged(error);
    }
    size_t count = item.count;
    memset(numbers, 0, NUMBER_COUNT * sizeof *numbers);
    for (size_t i = 0; i < count; i++) {
        if (tgr_cursor_next(&values, &item) != TGR_CURSOR_OK || item.kind != TGR_ITEM_UNSIGNED) {
            return damaged(error);
        }
        numbers[i] = item.as.whole;
    }
    return TGR_OK;
}

static tgr_status read_models(const tgr_fields *fields, tgr_part *part, tgr_error *error)
{
    tgr_item item;
    tgr_cursor names;
    tgr_status status = tgr_fields_need(fields, MODELS, TGR_ITEM_ARRAY, &item, &names, error);
    if (status != TGR_OK) {
        return status;
    }
    if (item.count == 0 || item.count > TGR_MODELS_MAX) {
        return damaged(error);
    }
    size_t count = item.count;
    part->router = tgr_router_new();
    if (part->router == NULL) {
        return tgr_fail_memory(error, "the models");
    }
    part->router->models = tgr_mem_zalloc(count, sizeof *part->router->models);
    if (part->router->models == NULL) {
        return tgr_fail_memory(error, "the models");
    }
    part->router->model_count = count;
    for (size_t i = 0; i < count; i++) {
        if (tgr_cursor_next(&names, &item) != TGR_CURSOR_OK || item.kind != TGR_ITEM_STRING) {
            return damaged(error);
        }
        part->router->models[i].name = tgr_mem_string_n(item.as.bytes, item.count);
        if (part->router->models[i].name == NULL) {
            return tgr_fail_memory(error, "the models");
        }
    }
    return TGR_OK;
}

static tgr_status read_thresholds(const tgr_fields *fields, tgr_part *part, tgr_error *error)
{
    tgr_item item;
    tgr_status status = tgr_fields_need(fields, THRESHOLDS, TGR_ITEM_BINARY, &item, NULL, error);
    if (status != TGR_OK || item.count == 0) {
        return status;
    }
    size_t count = item.count / 8;
    part->thresholds = tgr_mem_alloc(count, sizeof *part->thresholds);
    if (part->thresholds == NULL) {
        return tgr_fail_memory(error, "the thresholds");
    }
    part->threshold_count = count;
    tgr_partial_take_doubles(item.as.bytes, count, part->thresholds);
    for (size_t i = 0; i < count; i++) {
        if (tgr_policy_check_threshold(part->policy, part->thresholds[i], error) != TGR_OK) {
            return damaged(error);
        }
    }
    return count > TGR_PARTIAL_MOST_ASKED || item.count % 8 != 0 ? damaged(error) : TGR_OK;
}

static tgr_status read_part(const tgr_fields *fields, tgr_part *part, tgr_error *error)
{
    tgr_status status = TGR_OK;
    uint64_t numbers[NUMBER_COUNT];
    char *format = NULL, *policy = NULL;
    tgr_item version;
    TGR_TRY(read_text(fields, FORMAT_KEY, &format, error));
    TGR_TRY(tgr_fields_need(fields, VERSION_KEY, TGR_ITEM_UNSIGNED, &version, NULL, error));
    part->weighing.weighed = version.as.whole == TGR_PARTIAL_VERSION;
    if (strcmp(format, TGR_PARTIAL_FORMAT) != 0 ||
        !(part->weighing.weighed || version.as.whole == TGR_PARTIAL_WITHOUT)) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "this is no partial simulation of version %d or %d; write it with "
                          "--partial",
                          TGR_PARTIAL_WITHOUT, TGR_PARTIAL_VERSION);
        goto done;
    }
    TGR_TRY(read_text(fields, ROUTER, &part->digest, error));
    TGR_TRY(read_text(fields, FALLBACK, &part->fallback, error));
    TGR_TRY(read_text(fields, SPLIT, &part->split, error));
    TGR_TRY(read_text(fields, POLICY, &policy, error));
    if (tgr_policy_by_name(policy, &part->policy, error) != TGR_OK) {
        status = damaged(error);
        goto done;
    }
    TGR_TRY(read_models(fields, part, error));
    snprintf(part->router->digest, sizeof part->router->digest, "%s", part->digest);
    TGR_TRY(read_numbers(fields, part->weighing.weighed, numbers, error));
    TGR_TRY(read_thresholds(fields, part, error));
    if (numbers[REFERENCE] >= part->router->model_count || numbers[QUALITY] > TGR_QUALITY_ACCEPT ||
        numbers[SHARD] >= numbers[SHARDS] || numbers[GRID] > TGR_PARTIAL_MOST_ASKED ||
        numbers[WEIGHT_BITS] > 40 || numbers[SQUARES_HIGH] >> 52 != 0) {
        status = damaged(error);
        goto done;
    }
    part->router->reference = (size_t)numbers[REFERENCE];
    part->quality = (tgr_quality)numbers[QUALITY];
    part->grid = (size_t)numbers[GRID];
    part->total = numbers[TOTAL];
    part->shard = numbers[SHARD];
    part->shards = numbers[SHARDS];
    part->moving = numbers[MOVING] != 0;
    part->weighing.bits = (unsigned)numbers[WEIGHT_BITS];
done:
    tgr_mem_free(format);
    tgr_mem_free(policy);
    return status;
}

/* The format is the first value of the map. */
bool tgr_partial_simulation_is(const char *path)
{
    static const char format[] = TGR_PARTIAL_FORMAT;
    char bytes[16 + sizeof format];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    ssize_t length = pread(fd, bytes, sizeof bytes, 0);
    close(fd);
    bool found = false;
    for (ssize_t i = 0; i + (ssize_t)sizeof format - 1 <= length && !found; i++) {
        found = memcmp(bytes + i, format, sizeof format - 1) == 0;
    }
    return found;
}

tgr_status tgr_partial_open(const char *path, tgr_part *part, char **bytes, size_t *length,
                            tgr_error *error)
{
    tgr_file_bytes file = {0};
    tgr_fields fields;
    *part = (tgr_part){0};
    *bytes = NULL;
    tgr_status status = tgr_file_bytes_read(path, FILE_LIMIT, PADDING, NULL, &file, error);
    if (status != TGR_OK) {
        return status;
    }
    status = check_seal(file.bytes, file.length, error);
    if (status == TGR_OK) {
        status = read_fields(file.bytes, file.length, &fields, error);
    }
    if (status == TGR_OK) {
        status = read_part(&fields, part, error);
    }
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", path);
        tgr_part_close(part);
        tgr_mem_free(file.bytes);
        return status;
    }
    *bytes = file.bytes;
    *length = file.length;
    return TGR_OK;
}

tgr_status tgr_partial_add(const char *path, const char *bytes, size_t length, tgr_simulating *work,
                           tgr_error *error)
{
    tgr_fields fields;
    tgr_item sums, bins;
    uint64_t numbers[NUMBER_COUNT];
    size_t models = work->router->model_count, asked = work->gathering.asked.count;
    tgr_status status = TGR_OK;
    TGR_TRY(read_fields(bytes, length, &fields, error));
    TGR_TRY(read_numbers(&fields, work->gathering.weighing.weighed, numbers, error));
    TGR_TRY(tgr_fields_need(&fields, SUMS, TGR_ITEM_BINARY, &sums, NULL, error));
    TGR_TRY(tgr_fields_need(&fields, BINS, TGR_ITEM_BINARY, &bins, NULL, error));
    if (tgr_partial_add_sums(sums.as.bytes, sums.count, work->observers.each, models, asked) !=
        TGR_OK) {
        status = damaged(error);
        goto done;
    }
    work->decide.queries += numbers[QUERIES];
    work->observers.each[0].undecided += numbers[UNDECIDED];
    const tgr_stand stand = {numbers[WEIGHT],
                             (tgr_sum)numbers[SQUARES_HIGH] << 64 | numbers[SQUARES_LOW]};
    tgr_stand_merge(&work->observers.each[0].stand, &stand);
    status = tgr_partial_add_bins(bins.as.bytes, bins.count, work->gathering.bins);
    if (status == TGR_ERR_NOMEM) {
        status = tgr_fail_memory(error, "the bins of thresholds");
    } else if (status != TGR_OK) {
        status = damaged(error);
    }
done:
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", path);
    }
    return status;
}
