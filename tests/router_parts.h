/* router_parts.h - routers with every field set, compared field by field; router files taken apart
 * and put together by msgpack-c, which knows nothing of the reader under test. */
#ifndef TGR_TESTS_ROUTER_PARTS_H
#define TGR_TESTS_ROUTER_PARTS_H

#include "tests/router_support.h"

#include <msgpack.h>

#include "engine/router/pack.h"
#include "engine/router/router_read.h"
#include "engine/router/schema.h"

static inline void assert_same_number(double a, double b)
{
    assert_true((isnan(a) && isnan(b)) || a == b);
}

static inline void assert_same_text(const char *a, const char *b)
{
    assert_non_null(a);
    assert_non_null(b);
    assert_string_equal(a, b);
}

static inline void assert_same_model(const tgr_model *a, const tgr_model *b)
{
    assert_same_text(a->name, b->name);
    assert_same_number(a->price_in, b->price_in);
    assert_same_number(a->price_out, b->price_out);
    assert_same_number(a->cost, b->cost);
    assert_same_number(a->mean_cost, b->mean_cost);
    assert_same_number(a->mean_completion_tokens, b->mean_completion_tokens);
    assert_same_number(a->mean_score, b->mean_score);
    assert_same_number(a->mean_reward, b->mean_reward);
    assert_same_number(a->max_input_tokens, b->max_input_tokens);
    assert_int_equal(a->supports_known, b->supports_known);
    assert_int_equal(a->support_count, b->support_count);
    for (size_t i = 0; i < a->support_count; i++) {
        assert_same_text(a->supports[i], b->supports[i]);
    }
}

static inline void assert_same_router(const tgr_router *a, const tgr_router *b)
{
    assert_int_equal(a->model_count, b->model_count);
    for (size_t k = 0; k < a->model_count; k++) {
        assert_same_model(&a->models[k], &b->models[k]);
    }
    assert_int_equal(a->reference, b->reference);
    size_t tags = tgr_router_tags(a);
    assert_int_equal(tags, tgr_router_tags(b));
    for (size_t t = 0; t < tags; t++) {
        assert_same_text(tgr_router_tag(a, t), tgr_router_tag(b, t));
    }
    if (tags > 0) {
        assert_memory_equal(a->counts, b->counts, tags * sizeof *a->counts);
        assert_memory_equal(a->weights, b->weights, tags * a->model_count * sizeof *a->weights);
    }
    assert_memory_equal(a->bias, b->bias, a->model_count * sizeof *a->bias);
    assert_same_text(a->scorer, b->scorer);
    assert_memory_equal(a->rewards, b->rewards, sizeof a->rewards);
    assert_same_number(a->min_count, b->min_count);
    assert_int_equal(a->count, b->count);
    assert_same_text(a->tagger_kind, b->tagger_kind);
    assert_int_equal(a->category_tag, b->category_tag);
    assert_same_text(a->tagger_digest, b->tagger_digest);
    assert_int_equal(a->quantile_count, b->quantile_count);
    for (size_t i = 0; i < a->quantile_count; i++) {
        assert_same_number(a->quantiles[i].share, b->quantiles[i].share);
        assert_same_number(a->quantiles[i].threshold, b->quantiles[i].threshold);
    }
    assert_string_equal(a->digest, b->digest);
}

/* Random numbers known and unknown, capabilities, quantiles. */
static inline tgr_router *make_full_router(size_t models, size_t tags, uint64_t seed)
{
    static const char *const capabilities[] = {"function_calling", "vision"};
    tgr_router *router = make_router(models, tags, seed);
    for (size_t k = 0; k < models; k++) {
        tgr_model *model = &router->models[k];
        for (size_t i = 0; i < TGR_MODEL_NUMBERS; i++) {
            if (next_random(&seed) % 3 > 0) {
                double value = random_unit(&seed) * (i == 4 ? 1000 : 1e-3);
                tgr_model_set(model, &tgr_model_numbers[i], value);
            }
        }
        if (next_random(&seed) % 2 > 0) {
            set_supports(model, capabilities, next_random(&seed) % 3);
        }
    }
    router->count = (tgr_count)(next_random(&seed) % 3);
    router->category_tag = next_random(&seed) % 2 > 0;
    tgr_tagger_digest("given", router->category_tag, router->tagger_digest);
    router->quantile_count = models > 1 ? 9 : 0;
    for (size_t i = 0; i < router->quantile_count; i++) {
        router->quantiles[i].share = (double)(i + 1) / 10;
        router->quantiles[i].threshold = (float)-random_unit(&seed);
    }
    assert_int_equal(tgr_router_update_digest(router, NULL), TGR_OK);
    return router;
}

typedef struct parts {
    char *keys[32];
    tgr_buffer values[32];
    size_t count;
} parts;

static inline void parts_free(parts *map)
{
    for (size_t i = 0; i < map->count; i++) {
        free(map->keys[i]);
        tgr_buffer_free(&map->values[i]);
    }
    memset(map, 0, sizeof *map);
}

static inline void parts_set(parts *map, const char *key, const void *bytes, size_t length)
{
    size_t i = 0;
    while (i < map->count && strcmp(map->keys[i], key) != 0) {
        i++;
    }
    if (i == map->count) {
        map->keys[map->count++] = strdup(key);
    }
    tgr_buffer_clear(&map->values[i]);
    tgr_buffer_add(&map->values[i], bytes, length);
}

static inline void parts_remove(parts *map, const char *key)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i], key) == 0) {
            free(map->keys[i]);
            tgr_buffer_free(&map->values[i]);
            map->count--;
            map->keys[i] = map->keys[map->count];
            map->values[i] = map->values[map->count];
            map->values[map->count] = (tgr_buffer){0};
            return;
        }
    }
    fail_msg("no key %s", key);
}

static inline void parts_read(parts *map, const char *bytes, size_t length)
{
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    size_t offset = 0;
    assert_int_equal(msgpack_unpack_next(&unpacked, bytes, length, &offset),
                     MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(unpacked.data.type, MSGPACK_OBJECT_MAP);
    memset(map, 0, sizeof *map);
    for (uint32_t i = 0; i < unpacked.data.via.map.size; i++) {
        msgpack_object_kv *pair = &unpacked.data.via.map.ptr[i];
        map->keys[i] = strndup(pair->key.via.str.ptr, pair->key.via.str.size);
        msgpack_packer packer;
        msgpack_packer_init(&packer, &map->values[i], tgr_pack_to_buffer);
        msgpack_pack_object(&packer, pair->val);
        map->count++;
    }
    msgpack_unpacked_destroy(&unpacked);
}

static inline void parts_encode(const parts *map, tgr_buffer *bytes)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, bytes, tgr_pack_to_buffer);
    msgpack_pack_map(&packer, map->count);
    for (size_t i = 0; i < map->count; i++) {
        tgr_pack_text(&packer, map->keys[i], strlen(map->keys[i]));
        tgr_buffer_add(bytes, map->values[i].bytes, map->values[i].length);
    }
}

static inline void parts_write(const parts *map, const char *path)
{
    tgr_buffer bytes = {0};
    parts_encode(map, &bytes);
    write_bytes(path, bytes.bytes, bytes.length);
    tgr_buffer_free(&bytes);
}

static inline void parts_of_file(parts *map, const char *path)
{
    size_t length;
    char *bytes = read_bytes(path, &length);
    parts_read(map, bytes, length);
    free(bytes);
}

static inline void parts_of_router(parts *map, const tgr_router *router)
{
    assert_int_equal(tgr_router_save(router, "r", NULL), TGR_OK);
    parts_of_file(map, "r");
}

/* Decodes from memory that ends where the bytes do, so that a sanitizer sees a step too far. */
static inline tgr_status decode_copy(const char *bytes, size_t length, tgr_router **router,
                                     tgr_error *error)
{
    char *copy = malloc(length);
    assert_true(copy != NULL || length == 0);
    memcpy(copy, bytes, length);
    *router = tgr_router_new();
    assert_non_null(*router);
    tgr_status status = tgr_router_decode(copy, length, *router, error);
    free(copy);
    if (status != TGR_OK) {
        tgr_router_free(*router);
        *router = NULL;
    }
    return status;
}

#endif
