/* router_read.c - a router from its file. Nothing in it is trusted: the bytes are walked once
 * before anything is decoded, and no allocation exceeds a small multiple of them. */
#include "engine/router/router_read.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/file_bytes.h"
#include "engine/router/schema.h"

static const char *const key_names[TGR_KEYS] = {
    "format",    "version", "models", "reference", "scorer",  "tagger",
    "quantiles", "tags",    "counts", "bias",      "weights", "digest",
};

static tgr_status glance(const char *bytes, size_t length, tgr_error *error)
{
    unsigned char first = length > 0 ? (unsigned char)bytes[0] : 0;
    if (length >= 8 && memcmp(bytes, "\x89HDF\r\n\x1a\n", 8) == 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "this is an HDF5 file, where a router (MessagePack) is expected");
    }
    if (length == 0) {
        return tgr_fail(error, TGR_ERR_INPUT, "the file is empty, where a router is expected");
    }
    if ((first & 0xf0) != 0x80 && first != 0xde && first != 0xdf) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "this is not a router: it does not start with a MessagePack "
                        "map");
    }
    return TGR_OK;
}

/* Walks the whole file, so that what comes later meets only well-formed values. */
static tgr_status check_form(const char *bytes, size_t length, tgr_error *error)
{
    tgr_cursor cursor = {bytes, length, 0};
    switch (tgr_cursor_skip(&cursor)) {
    case TGR_CURSOR_CUT:
        return tgr_fail(
            error, TGR_ERR_INPUT,
            "the file is cut off: it has %zu bytes, and the value at byte %zu needs more; copy "
            "or write it again",
            length, cursor.at);
    case TGR_CURSOR_BAD:
        return tgr_fail(error, TGR_ERR_INPUT, "byte %zu starts no MessagePack value", cursor.at);
    case TGR_CURSOR_DEEP:
        return tgr_fail(error, TGR_ERR_INPUT,
                        "the value at byte %zu is nested deeper than %d levels", cursor.at,
                        TGR_CURSOR_DEPTH);
    case TGR_CURSOR_OK:
        break;
    }
    if (cursor.at != length) {
        return tgr_fail(error, TGR_ERR_INPUT, "%zu bytes follow the router's end at byte %zu",
                        length - cursor.at, cursor.at);
    }
    return TGR_OK;
}

static tgr_status read_version(const tgr_fields *fields, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_item item;
    TGR_TRY(tgr_fields_need(fields, TGR_KEY_FORMAT, TGR_ITEM_STRING, &item, NULL, error));
    if (!tgr_item_is(&item, TGR_ROUTER_FORMAT)) {
        return tgr_fields_complain(fields, TGR_KEY_FORMAT, "must be \"" TGR_ROUTER_FORMAT "\"",
                                   error);
    }
    TGR_TRY(tgr_fields_need(fields, TGR_KEY_VERSION, TGR_ITEM_UNSIGNED, &item, NULL, error));
    if (item.as.whole > TGR_ROUTER_VERSION) {
        return tgr_fail(
            error, TGR_ERR_UNSUPPORTED,
            "the router is of version %llu, and this tagroute reads version %d; use a newer "
            "tagroute or fit the router again",
            (unsigned long long)item.as.whole, TGR_ROUTER_VERSION);
    }
    if (item.as.whole != TGR_ROUTER_VERSION) {
        return tgr_fields_complain(fields, TGR_KEY_VERSION, "must be 1", error);
    }
done:
    return status;
}

static tgr_status read_reference(const tgr_fields *fields, tgr_router *router, tgr_error *error)
{
    tgr_item item;
    tgr_status status =
        tgr_fields_need(fields, TGR_KEY_REFERENCE, TGR_ITEM_UNSIGNED, &item, NULL, error);
    if (status == TGR_OK && item.as.whole >= router->model_count) {
        return tgr_fields_complain(fields, TGR_KEY_REFERENCE,
                                   "must be the index of a model, counted from 0", error);
    }
    router->reference = (size_t)item.as.whole;
    return status;
}

static tgr_status read_tags(const tgr_fields *fields, tgr_router *router, tgr_error *error)
{
    tgr_item list;
    tgr_cursor cursor;
    tgr_status status =
        tgr_fields_need(fields, TGR_KEY_TAGS, TGR_ITEM_ARRAY, &list, &cursor, error);
    if (status != TGR_OK) {
        return status;
    }
    router->tags = tgr_strings_new();
    if (router->tags == NULL) {
        return tgr_fail_memory(error, "the router's tags");
    }
    for (uint32_t i = 0; i < list.count; i++) {
        tgr_item tag;
        if (tgr_cursor_next(&cursor, &tag) != TGR_CURSOR_OK || tag.kind != TGR_ITEM_STRING ||
            !tgr_name_is_text(tag.as.bytes, tag.count)) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "tag %u at byte %zu is not UTF-8 text without NUL", (unsigned)i,
                            tag.at);
        }
        uint32_t number = tgr_strings_add(router->tags, tag.as.bytes, tag.count);
        if (number == TGR_STRING_NONE) {
            return tgr_fail_memory(error, "the router's tags");
        }
        if (number != i) {
            return tgr_fail(
                error, TGR_ERR_INPUT, "tag \"%.*s\" at byte %zu was there before, as tag %u",
                tag.count > 200 ? 200 : (int)tag.count, tag.as.bytes, tag.at, (unsigned)number);
        }
    }
    return TGR_OK;
}

/* Copies an array of rows x columns elements; `size` bytes each. */
static tgr_status read_array(const tgr_fields *fields, size_t key, size_t rows, size_t columns,
                             size_t size, void **array, tgr_error *error)
{
    tgr_item item;
    tgr_status status = tgr_fields_need(fields, key, TGR_ITEM_BINARY, &item, NULL, error);
    if (status != TGR_OK) {
        return status;
    }
    uint64_t need = (uint64_t)rows * columns * size; /* < 2^32 * 2^10 * 2^3 */
    if (item.count != need) {
        char complaint[128];
        snprintf(complaint, sizeof complaint, "holds %u bytes, where %zu x %zu numbers take %llu",
                 (unsigned)item.count, rows, columns, (unsigned long long)need);
        return tgr_fields_complain(fields, key, complaint, error);
    }
    *array = tgr_mem_alloc(rows * columns, size);
    if (*array == NULL) {
        return tgr_fail_memory(error, "the router's arrays");
    }
    memcpy(*array, item.as.bytes, item.count);
    return TGR_OK;
}

static tgr_status read_arrays(const tgr_fields *fields, tgr_router *router, tgr_error *error)
{
    size_t tags = tgr_strings_count(router->tags), models = router->model_count;
    tgr_status status = TGR_OK;
    void *counts = NULL, *bias = NULL, *weights = NULL;
    TGR_TRY(read_array(fields, TGR_KEY_COUNTS, tags, 1, sizeof(double), &counts, error));
    TGR_TRY(read_array(fields, TGR_KEY_BIAS, models, 1, sizeof(float), &bias, error));
    TGR_TRY(read_array(fields, TGR_KEY_WEIGHTS, tags, models, sizeof(float), &weights, error));
done:
    router->counts = counts;
    router->bias = bias;
    router->weights = weights;
    for (size_t k = 0; bias != NULL && k < models; k++) {
        router->bias[k] += 0.0f; /* -0 becomes 0 */
    }
    return status;
}

/* The digest that the file carries, "" where it carries none. */
static tgr_status read_digest(const tgr_fields *fields, char digest[33], tgr_error *error)
{
    digest[0] = '\0';
    if (!tgr_fields_has(fields, TGR_KEY_DIGEST)) {
        return TGR_OK;
    }
    tgr_item item;
    tgr_status status =
        tgr_fields_need(fields, TGR_KEY_DIGEST, TGR_ITEM_STRING, &item, NULL, error);
    if (status != TGR_OK) {
        return status;
    }
    if (item.count == 32) {
        memcpy(digest, item.as.bytes, 32);
        digest[32] = '\0';
    }
    if (!tgr_is_digest(digest)) {
        return tgr_fields_complain(fields, TGR_KEY_DIGEST, "must be 32 hexadecimal digits", error);
    }
    return TGR_OK;
}

tgr_status tgr_router_decode(const char *bytes, size_t length, tgr_router *router, tgr_error *error)
{
    tgr_status status = TGR_OK;
    char digest[33];
    tgr_fields fields;
    tgr_cursor cursor = {bytes, length, 0};
    TGR_TRY(check_form(bytes, length, error));
    TGR_TRY(tgr_fields_read(&fields, "", key_names, TGR_KEYS, &cursor, &router->unknown,
                            &router->unknown_pairs, error));
    TGR_TRY(read_version(&fields, error));
    TGR_TRY(tgr_read_models(&fields, router, error));
    TGR_TRY(read_reference(&fields, router, error));
    TGR_TRY(tgr_read_scorer(&fields, router, error));
    TGR_TRY(tgr_read_tagger(&fields, router, error));
    TGR_TRY(tgr_read_quantiles(&fields, router, error));
    TGR_TRY(read_tags(&fields, router, error));
    TGR_TRY(read_arrays(&fields, router, error));
    TGR_TRY(read_digest(&fields, digest, error));
    TGR_TRY(tgr_router_check(router, error));
    TGR_TRY(tgr_router_update_digest(router, error));
    if (digest[0] != '\0' && strcmp(digest, router->digest) != 0) {
        status =
            tgr_fail(error, TGR_ERR_INPUT,
                     "its digest does not match: the file was changed after it was written; delete "
                     "its key \"digest\" to accept the change");
    }
done:
    return status;
}

tgr_status tgr_router_load(const char *path, tgr_router **router, tgr_error *error)
{
    tgr_file_bytes file;
    tgr_status status = tgr_file_bytes_read(path, SIZE_MAX / 2, 0, glance, &file, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_router *read = tgr_router_new();
    if (read == NULL) {
        status = tgr_fail_memory(error, "the router");
    } else {
        status = tgr_router_decode(file.bytes, file.length, read, error);
    }
    tgr_mem_free(file.bytes);
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", path);
        tgr_router_free(read);
        return status;
    }
    *router = read;
    return TGR_OK;
}
