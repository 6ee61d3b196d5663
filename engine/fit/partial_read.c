/* partial_read.c - a partial fit from its file, of which nothing is trusted: the bytes are
 * walked once before anything is decoded, and no allocation exceeds a small multiple of them. */
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include <tagroute/fit.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/fit/folds.h"
#include "engine/fit/partial.h"
#include "engine/fit/sums_pack.h"
#include "engine/router/digest.h"
#include "engine/router/fields.h"
#include "engine/router/file_bytes.h"
#include "engine/router/router_read.h"
#include "engine/router/schema.h"
#include "kernels/kernels.h"

enum {
    FORMAT,
    VERSION,
    SHARD,
    FILES,
    SETTINGS,
    OPTIONS,
    COUNTS,
    MEAN_SUMS,
    MEAN_COUNTS,
    MODEL_OUTCOMES,
    TAGS,
    OCCURRENCES,
    OUTCOMES,
    VALUES,
    DIGEST,
    KEYS
};

static const char *const names[KEYS] = {
    "format",  "version",     "shard",     "files",       "settings",
    "options", "counts",      "mean_sums", "mean_counts", "model_outcomes",
    "tags",    "occurrences", "outcomes",  "values",      "digest",
};

#define DIGEST_KEY                                                                                 \
    "\xa6"                                                                                         \
    "digest"

static tgr_status check_form(const char *bytes, size_t length, tgr_error *error)
{
    tgr_cursor cursor = {bytes, length, 0};
    switch (tgr_cursor_skip(&cursor)) {
    case TGR_CURSOR_CUT:
        return tgr_fail(error, TGR_ERR_INPUT,
                        "the file is cut off: it has %zu bytes, and the value at byte %zu needs "
                        "more; copy or write it again",
                        length, cursor.at);
    case TGR_CURSOR_BAD:
    case TGR_CURSOR_DEEP:
        return tgr_fail(error, TGR_ERR_INPUT,
                        "this is not a partial fit: byte %zu starts no value that one may hold",
                        cursor.at);
    case TGR_CURSOR_OK:
        break;
    }
    return cursor.at == length ? TGR_OK
                               : tgr_fail(error, TGR_ERR_INPUT,
                                          "%zu bytes follow the partial fit's end at byte %zu",
                                          length - cursor.at, cursor.at);
}

static tgr_status read_version(const tgr_fields *fields, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_item item;
    TGR_TRY(tgr_fields_need(fields, FORMAT, TGR_ITEM_STRING, &item, NULL, error));
    if (!tgr_item_is(&item, TGR_PARTIAL_FORMAT)) {
        return tgr_fields_complain(fields, FORMAT, "must be \"" TGR_PARTIAL_FORMAT "\"", error);
    }
    TGR_TRY(tgr_fields_need(fields, VERSION, TGR_ITEM_UNSIGNED, &item, NULL, error));
    if (item.as.whole != TGR_PARTIAL_VERSION) {
        return tgr_fail(error, TGR_ERR_UNSUPPORTED,
                        "the partial fit is of version %llu, and this tagroute reads version %d; "
                        "fit and merge with the same tagroute",
                        (unsigned long long)item.as.whole, TGR_PARTIAL_VERSION);
    }
done:
    return status;
}

/* The digest is the last pair and covers all others. */
static tgr_status check_digest(const tgr_fields *fields, const char *bytes, size_t length,
                               tgr_error *error)
{
    tgr_item item, map;
    tgr_status status = tgr_fields_need(fields, DIGEST, TGR_ITEM_STRING, &item, NULL, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_cursor cursor = {bytes, length, 0};
    size_t key = strlen(DIGEST_KEY), at = fields->at[DIGEST].at;
    if (tgr_cursor_next(&cursor, &map) != TGR_CURSOR_OK || at < cursor.at + key ||
        memcmp(bytes + at - key, DIGEST_KEY, key) != 0 || item.count != 32 ||
        item.as.bytes + item.count != bytes + length) {
        return tgr_fields_complain(fields, DIGEST, "must be the last, 32 hexadecimal digits",
                                   error);
    }
    char digest[33];
    tgr_map_digest sum = {0};
    tgr_map_digest_add(&sum, bytes + cursor.at, at - key - cursor.at, map.count - 1);
    tgr_map_digest_text(&sum, digest);
    return memcmp(digest, item.as.bytes, 32) == 0
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_INPUT,
                          "its digest does not match: the file was changed after it was written; "
                          "fit its shard again");
}

static tgr_status read_shard(const tgr_fields *fields, tgr_partial *partial, tgr_error *error)
{
    tgr_item list, shard, shards;
    tgr_cursor cursor;
    tgr_status status = tgr_fields_need(fields, SHARD, TGR_ITEM_ARRAY, &list, &cursor, error);
    if (status != TGR_OK) {
        return status;
    }
    if (list.count != 2 || tgr_cursor_next(&cursor, &shard) != TGR_CURSOR_OK ||
        tgr_cursor_next(&cursor, &shards) != TGR_CURSOR_OK || shard.kind != TGR_ITEM_UNSIGNED ||
        shards.kind != TGR_ITEM_UNSIGNED || shards.as.whole > TGR_SHARDS_MAX ||
        shard.as.whole < 1 || shard.as.whole > shards.as.whole) {
        return tgr_fields_complain(fields, SHARD, "must be I and N, with 1 <= I <= N <= 65536",
                                   error);
    }
    partial->shard = shard.as.whole;
    partial->shards = shards.as.whole;
    return TGR_OK;
}

static bool read_file(tgr_cursor *cursor, tgr_partial_file *file)
{
    tgr_item pair, digest, rows;
    if (tgr_cursor_next(cursor, &pair) != TGR_CURSOR_OK || pair.kind != TGR_ITEM_ARRAY ||
        pair.count != 2 || tgr_cursor_next(cursor, &digest) != TGR_CURSOR_OK ||
        digest.kind != TGR_ITEM_STRING || digest.count > 32 ||
        tgr_cursor_next(cursor, &rows) != TGR_CURSOR_OK || rows.kind != TGR_ITEM_UNSIGNED ||
        rows.as.whole > (uint64_t)1 << TGR_PARTIAL_COUNT_BITS) {
        return false;
    }
    memset(file->digest, 0, sizeof file->digest);
    memcpy(file->digest, digest.as.bytes, digest.count);
    file->rows = rows.as.whole;
    return true;
}

static tgr_status read_files(const tgr_fields *fields, tgr_partial *partial, tgr_error *error)
{
    tgr_item list;
    tgr_cursor cursor;
    tgr_status status = tgr_fields_need(fields, FILES, TGR_ITEM_ARRAY, &list, &cursor, error);
    if (status != TGR_OK) {
        return status;
    }
    partial->files = tgr_mem_alloc(list.count, sizeof *partial->files);
    if (partial->files == NULL) {
        return tgr_fail_memory(error, "the partial fit");
    }
    for (uint32_t i = 0; i < list.count; i++) {
        if (!read_file(&cursor, &partial->files[i])) {
            return tgr_fields_complain(fields, FILES, "must be a list of digests and rows", error);
        }
    }
    partial->file_count = list.count;
    return TGR_OK;
}

static tgr_status read_settings(const tgr_fields *fields, tgr_partial *partial, tgr_error *error)
{
    tgr_item item;
    tgr_status status = tgr_fields_need(fields, SETTINGS, TGR_ITEM_BINARY, &item, NULL, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_buffer_add(&partial->settings, item.as.bytes, item.count);
    partial->router = tgr_router_new();
    if (partial->settings.failed || partial->router == NULL) {
        return tgr_fail_memory(error, "the partial fit");
    }
    status = tgr_router_decode(partial->settings.bytes, item.count, partial->router, error);
    if (status != TGR_OK) {
        tgr_error_prefix(error, "\"settings\" at byte %zu", fields->at[SETTINGS].at);
        return status;
    }
    partial->models = partial->router->model_count;
    return tgr_router_tags(partial->router) == 0
               ? TGR_OK
               : tgr_fields_complain(fields, SETTINGS, "must be a router without tags", error);
}

static tgr_status read_options(const tgr_fields *fields, tgr_partial *partial, tgr_error *error)
{
    enum { REFERENCE_GIVEN, PARAMETER, SPLIT, OPTION_KEYS };
    static const char *const option_names[OPTION_KEYS] = {"reference_given", "parameter", "split"};
    tgr_status status = TGR_OK;
    tgr_item item;
    tgr_fields options;
    TGR_TRY(tgr_fields_need(fields, OPTIONS, TGR_ITEM_MAP, &item, NULL, error));
    tgr_cursor cursor = fields->at[OPTIONS];
    TGR_TRY(tgr_fields_read(&options, "options", option_names, OPTION_KEYS, &cursor, NULL, NULL,
                            error));
    TGR_TRY(tgr_fields_need(&options, REFERENCE_GIVEN, TGR_ITEM_BOOLEAN, &item, NULL, error));
    partial->reference_given = item.as.boolean;
    TGR_TRY(tgr_fields_number(&options, PARAMETER, &partial->parameter, error));
    if (!isnan(partial->parameter) && !(partial->parameter >= 0 && isfinite(partial->parameter))) {
        return tgr_fields_complain(&options, PARAMETER, "must be a number not below 0", error);
    }
    if (tgr_fields_has(&options, SPLIT)) {
        TGR_TRY(tgr_fields_text(&options, SPLIT, &partial->split, error));
    }
done:
    return status;
}

/* A new array of `count` sums, which `fields` must hold exactly. */
static tgr_status read_sums(const tgr_fields *fields, size_t key, int most_bits, size_t count,
                            tgr_sum **sums, tgr_error *error)
{
    tgr_item item;
    tgr_status status = tgr_fields_need(fields, key, TGR_ITEM_BINARY, &item, NULL, error);
    if (status != TGR_OK) {
        return status;
    }
    if (item.count <= count) { /* a byte before them, and one each at least */
        return tgr_fields_complain(fields, key, "holds too few sums", error);
    }
    *sums = tgr_mem_alloc(count, sizeof **sums);
    if (*sums == NULL) {
        return tgr_fail_memory(error, "the partial fit");
    }
    return tgr_sums_unpack(item.as.bytes, item.count, most_bits, *sums, count)
               ? TGR_OK
               : tgr_fields_complain(fields, key,
                                     "does not hold the sums that belong there, or one of them is "
                                     "too large",
                                     error);
}

/* Likewise of counts, which are whole and not below 0. */
static tgr_status read_counts(const tgr_fields *fields, size_t key, size_t count, uint64_t **counts,
                              tgr_error *error)
{
    tgr_sum *sums = NULL;
    tgr_status status = read_sums(fields, key, TGR_PARTIAL_COUNT_BITS + 40, count, &sums, error);
    *counts = status == TGR_OK ? tgr_mem_alloc(count, sizeof **counts) : NULL;
    if (status == TGR_OK && *counts == NULL) {
        status = tgr_fail_memory(error, "the partial fit");
    }
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        if (sums[i] < 0 || (sums[i] & (((tgr_sum)1 << 40) - 1)) != 0) {
            status = tgr_fields_complain(fields, key, "holds what is not a count", error);
        } else {
            (*counts)[i] = (uint64_t)(sums[i] >> 40);
        }
    }
    tgr_mem_free(sums);
    return status;
}

/* Likewise of counts by weight, which are not below 0. */
static tgr_status read_weights(const tgr_fields *fields, size_t key, size_t count, tgr_sum **sums,
                               tgr_error *error)
{
    tgr_status status = read_sums(fields, key, TGR_PARTIAL_SUM_BITS, count, sums, error);
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        if ((*sums)[i] < 0) {
            status = tgr_fields_complain(fields, key, "holds what is not a count", error);
        }
    }
    return status;
}

static tgr_status read_numbers(const tgr_fields *fields, tgr_partial *partial, tgr_error *error)
{
    uint64_t *const into[] = {&partial->training, &partial->queries, &partial->judged,
                              &partial->derived,  &partial->assumed, &partial->reference_recorded};
    const size_t counted = sizeof into / sizeof *into;
    size_t count = 3 * partial->models + 1;
    uint64_t *counts = NULL;
    tgr_sum *mean_sums = NULL, *mean_counts = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(read_counts(fields, COUNTS, counted, &counts, error));
    for (size_t i = 0; i < counted; i++) {
        *into[i] = counts[i];
    }
    TGR_TRY(read_sums(fields, MEAN_SUMS, TGR_PARTIAL_SUM_BITS, count, &mean_sums, error));
    TGR_TRY(read_weights(fields, MEAN_COUNTS, count, &mean_counts, error));
    partial->means = tgr_mem_alloc(count, sizeof *partial->means);
    if (partial->means == NULL) {
        TGR_TRY(tgr_fail_memory(error, "the partial fit"));
    }
    for (size_t i = 0; i < count; i++) {
        partial->means[i] = (tgr_mean){mean_sums[i], 0, mean_counts[i]};
    }
    TGR_TRY(
        read_weights(fields, MODEL_OUTCOMES, 3 * partial->models, &partial->model_outcomes, error));
done:
    tgr_mem_free(counts);
    tgr_mem_free(mean_sums);
    tgr_mem_free(mean_counts);
    return status;
}

static tgr_status read_tags(const tgr_fields *fields, tgr_partial *partial, tgr_error *error)
{
    tgr_item list;
    tgr_cursor cursor;
    tgr_status status = tgr_fields_need(fields, TAGS, TGR_ITEM_ARRAY, &list, &cursor, error);
    if (status != TGR_OK) {
        return status;
    }
    partial->tags = tgr_strings_new();
    if (partial->tags == NULL) {
        return tgr_fail_memory(error, "the partial fit's tags");
    }
    for (uint32_t i = 0; i < list.count; i++) {
        tgr_item tag;
        if (tgr_cursor_next(&cursor, &tag) != TGR_CURSOR_OK || tag.kind != TGR_ITEM_STRING ||
            !tgr_name_is_text(tag.as.bytes, tag.count)) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "tag %u at byte %zu is not UTF-8 text without NUL", (unsigned)i,
                            tag.at);
        }
        uint32_t number = tgr_strings_add(partial->tags, tag.as.bytes, tag.count);
        if (number == TGR_STRING_NONE) {
            return tgr_fail_memory(error, "the partial fit's tags");
        }
        if (number != i) {
            return tgr_fail(error, TGR_ERR_INPUT, "tag %u at byte %zu was there before, as tag %u",
                            (unsigned)i, tag.at, (unsigned)number);
        }
    }
    return TGR_OK;
}

static tgr_status read_values(const tgr_fields *fields, tgr_partial *partial, tgr_error *error)
{
    enum { VALUE_FOLDS, X, XY, Y, JUDGED, VALUE_KEYS };
    static const char *const value_names[VALUE_KEYS] = {"folds", "x", "xy", "y", "judged"};
    tgr_value_sums *values = &partial->values;
    size_t tags = tgr_strings_count(partial->tags), models = partial->models;
    tgr_status status = TGR_OK;
    tgr_item item;
    tgr_fields of;
    TGR_TRY(tgr_fields_need(fields, VALUES, TGR_ITEM_MAP, &item, NULL, error));
    tgr_cursor cursor = fields->at[VALUES];
    TGR_TRY(tgr_fields_read(&of, "values", value_names, VALUE_KEYS, &cursor, NULL, NULL, error));
    TGR_TRY(tgr_fields_need(&of, VALUE_FOLDS, TGR_ITEM_UNSIGNED, &item, NULL, error));
    if (item.as.whole < 1 || item.as.whole > TGR_FOLDS_MOST) {
        return tgr_fields_complain(&of, VALUE_FOLDS, "must be from 1 to 64", error);
    }
    values->tags = tags;
    values->models = models;
    values->folds = (size_t)item.as.whole;
    size_t cells = values->folds * tags * models; /* < 2^7 * 2^32 * 2^10 */
    TGR_TRY(read_sums(&of, X, TGR_PARTIAL_SUM_BITS, cells, &values->x, error));
    TGR_TRY(read_sums(&of, XY, TGR_PARTIAL_SUM_BITS, cells, &values->xy, error));
    TGR_TRY(read_sums(&of, Y, TGR_PARTIAL_SUM_BITS, values->folds * models, &values->y, error));
    TGR_TRY(read_weights(&of, JUDGED, values->folds * models, &values->judged, error));
done:
    return status;
}

static tgr_status decode(const char *bytes, size_t length, tgr_partial *partial, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_fields fields;
    tgr_cursor cursor = {bytes, length, 0};
    TGR_TRY(check_form(bytes, length, error));
    TGR_TRY(tgr_fields_read(&fields, "", names, KEYS, &cursor, NULL, NULL, error));
    TGR_TRY(read_version(&fields, error));
    TGR_TRY(check_digest(&fields, bytes, length, error));
    TGR_TRY(read_shard(&fields, partial, error));
    TGR_TRY(read_files(&fields, partial, error));
    TGR_TRY(read_settings(&fields, partial, error));
    TGR_TRY(read_options(&fields, partial, error));
    TGR_TRY(read_numbers(&fields, partial, error));
    TGR_TRY(read_tags(&fields, partial, error));
    size_t tags = tgr_strings_count(partial->tags);
    TGR_TRY(
        read_sums(&fields, OCCURRENCES, TGR_PARTIAL_SUM_BITS, tags, &partial->occurrences, error));
    if (tgr_fields_has(&fields, OUTCOMES)) {
        TGR_TRY(read_sums(&fields, OUTCOMES, TGR_PARTIAL_SUM_BITS, 3 * tags * partial->models,
                          &partial->outcomes, error));
    }
    if (tgr_fields_has(&fields, VALUES)) {
        TGR_TRY(read_values(&fields, partial, error));
    }
done:
    return status;
}

/* Whether the bytes begin as those of a partial fit: a map whose first pair says so. */
static bool looks_right(const char *bytes, size_t length)
{
    tgr_cursor cursor = {bytes, length, 0};
    tgr_item key, value;
    unsigned char first = length > 0 ? (unsigned char)bytes[0] : 0;
    cursor.at = (first & 0xf0) == 0x80 ? 1 : first == 0xde ? 3 : first == 0xdf ? 5 : length;
    return cursor.at < length && tgr_cursor_next(&cursor, &key) == TGR_CURSOR_OK &&
           tgr_item_is(&key, "format") && tgr_cursor_next(&cursor, &value) == TGR_CURSOR_OK &&
           tgr_item_is(&value, TGR_PARTIAL_FORMAT);
}

static tgr_status glance(const char *bytes, size_t length, tgr_error *error)
{
    return looks_right(bytes, length)
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_INPUT,
                          "this is not a partial fit, as fit --shard writes them");
}

bool tgr_partial_fit_is(const char *path)
{
    char bytes[64];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    ssize_t length = pread(fd, bytes, sizeof bytes, 0);
    close(fd);
    return length > 0 && looks_right(bytes, (size_t)length);
}

tgr_status tgr_fit_partial_read(const char *path, tgr_partial *partial, tgr_error *error)
{
    *partial = (tgr_partial){.parameter = NAN};
    tgr_file_bytes file;
    tgr_status status = tgr_file_bytes_read(path, SIZE_MAX / 2, 0, glance, &file, error);
    if (status != TGR_OK) {
        return status;
    }
    status = decode(file.bytes, file.length, partial, error);
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", path);
    }
    tgr_mem_free(file.bytes);
    return status;
}

void tgr_fit_partial_free(tgr_partial *partial)
{
    tgr_buffer_free(&partial->settings);
    tgr_router_free(partial->router);
    tgr_mem_free(partial->split);
    tgr_mem_free(partial->files);
    tgr_mem_free(partial->means);
    tgr_mem_free(partial->model_outcomes);
    tgr_strings_free(partial->tags);
    tgr_mem_free(partial->occurrences);
    tgr_mem_free(partial->outcomes);
    tgr_value_sums_free(&partial->values);
    *partial = (tgr_partial){0};
}
