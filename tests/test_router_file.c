/* test_router_file.c - router files: what is written comes back, from others' hands too. */
#include "tests/router_parts.h"

#include <glob.h>
#include <xxhash.h>

#define SEED 20240618u

static void round_trip_keeps_everything(void **state)
{
    (void)state;
    static const size_t models[] = {1, 2, 5, 16, 17, 1024}, tags[] = {0, 1, 7, 300};
    long live = tgr_mem_live();
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        for (size_t j = 0; j < sizeof tags / sizeof tags[0]; j++) {
            tgr_router *router = make_full_router(models[i], tags[j], SEED + i * 10 + j), *read;
            tgr_error error;
            assert_int_equal(tgr_router_save(router, "r", &error), TGR_OK);
            if (tgr_router_load("r", &read, &error) != TGR_OK) {
                fail_msg("%zu models, %zu tags: %s", models[i], tags[j], error.message);
            }
            assert_same_router(router, read);
            assert_int_equal(tgr_router_save(read, "again", &error), TGR_OK);
            size_t length, again_length;
            char *bytes = read_bytes("r", &length), *again = read_bytes("again", &again_length);
            assert_int_equal(length, again_length);
            assert_memory_equal(bytes, again, length);
            free(bytes);
            free(again);
            tgr_router_free(router);
            tgr_router_free(read);
        }
    }
    assert_int_equal(tgr_mem_live(), live);
}

static void any_order_of_keys_is_the_same_router(void **state)
{
    (void)state;
    uint64_t seed = SEED;
    tgr_router *router = make_full_router(3, 5, SEED);
    parts map;
    parts_of_router(&map, router);
    for (int round = 0; round < 50; round++) {
        for (size_t i = map.count - 1; i > 0; i--) {
            size_t j = (size_t)(next_random(&seed) % (i + 1));
            char *key = map.keys[i];
            map.keys[i] = map.keys[j];
            map.keys[j] = key;
            tgr_buffer value = map.values[i];
            map.values[i] = map.values[j];
            map.values[j] = value;
        }
        parts_write(&map, "shuffled");
        tgr_router *read;
        tgr_error error;
        if (tgr_router_load("shuffled", &read, &error) != TGR_OK) {
            fail_msg("round %d: %s", round, error.message);
        }
        assert_same_router(router, read);
        tgr_router_free(read);
    }
    parts_free(&map);
    tgr_router_free(router);
}

/* Wide integers, floats for integers, long heads: the same content, the same digest. */
static void any_encoding_is_the_same_router(void **state)
{
    (void)state;
    tgr_router *router = make_router(2, 2, SEED), *read;
    router->models[0].price_in = 0.5;
    router->models[0].mean_completion_tokens = 100;
    parts map;
    parts_of_router(&map, router);
    static const char models[] = "\xdd\0\0\0\x02"                             /* array32 */
                                 "\xde\0\x03"                                 /* map16 */
                                 "\xdb\0\0\0\x04name\xda\0\x02m0"             /* str32, str16 */
                                 "\xd9\x14input_cost_per_token\xca\x3f\0\0\0" /* float32 */
                                 "\xb6mean_completion_tokens\xcf\0\0\0\0\0\0\0\x64" /* uint64 */
                                 "\xdf\0\0\0\x01\xa4name\xd9\x02m1"; /* map32, str8 */
    parts_set(&map, "models", models, sizeof models - 1);
    parts_set(&map, "version", "\xd3\0\0\0\0\0\0\0\x01", 9); /* int64 */
    parts_set(&map, "reference", "\xd1\0\x01", 3);           /* int16 */
    parts_write(&map, "wide");
    tgr_error error;
    if (tgr_router_load("wide", &read, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(tgr_router_update_digest(router, NULL), TGR_OK);
    assert_same_router(router, read);
    tgr_router_free(read);
    parts_free(&map);
    tgr_router_free(router);
}

static bool holds(const char *bytes, size_t length, const char *part, size_t part_length)
{
    for (size_t at = 0; at + part_length <= length; at++) {
        if (memcmp(bytes + at, part, part_length) == 0) {
            return true;
        }
    }
    return false;
}

static const tgr_buffer *parts_get(const parts *map, const char *key)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i], key) == 0) {
            return &map->values[i];
        }
    }
    fail_msg("no key %s", key);
    return NULL;
}

#define DIGEST_PAIR (7 + 2 + 32) /* bytes of the pair "digest", the last of the tagger's */

static void unknown_keys_survive(void **state)
{
    (void)state;
    /* an odd key, non-canonical numbers, an extension, nesting */
    static const char extra[] = "\xd9\x03new\x82\xa1x\xcd\0\x01\xa1y\x92\xd6\x05"
                                "abcd\xca\x7f\xc0\0\0";
    static const char odd[] = "\x91\x07\xc3"; /* a list as key */
    tgr_router *router = make_router(2, 2, SEED), *read;
    parts map;
    parts_of_router(&map, router);
    tgr_buffer bytes = {0};

    tgr_buffer_add(&bytes, "\x92\x82\xa4name\xa2m0", 10);
    tgr_buffer_add(&bytes, extra, sizeof extra - 1);
    tgr_buffer_add(&bytes, "\x81\xa4name\xa2m1", 9);
    parts_set(&map, "models", bytes.bytes, bytes.length);
    const char *const settings[] = {"scorer", "tagger"};
    for (size_t i = 0; i < 2; i++) {
        const tgr_buffer *value = parts_get(&map, settings[i]);
        size_t left_out = i == 0 ? 0 : DIGEST_PAIR; /* the tagger's is over all its keys */
        tgr_buffer_clear(&bytes);
        tgr_buffer_add(&bytes, i == 0 ? "\x86" : "\x85", 1); /* four pairs or three, and two more */
        assert_int_equal((unsigned char)value->bytes[0], 0x84);
        tgr_buffer_add(&bytes, extra, sizeof extra - 1);
        tgr_buffer_add(&bytes, value->bytes + 1, value->length - 1 - left_out);
        tgr_buffer_add(&bytes, odd, sizeof odd - 1);
        parts_set(&map, settings[i], bytes.bytes, bytes.length);
    }
    parts_remove(&map, "digest");
    tgr_buffer_clear(&bytes);
    parts_encode(&map, &bytes);
    bytes.bytes[0]++; /* a fixmap of one pair more */
    assert_int_equal((unsigned char)bytes.bytes[0] & 0xf0, 0x80);
    tgr_buffer_add(&bytes, extra, sizeof extra - 1);
    write_bytes("extra", bytes.bytes, bytes.length);
    parts_free(&map);

    tgr_error error;
    if (tgr_router_load("extra", &read, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(read->unknown_pairs, 1);
    assert_int_equal(read->models[0].unknown_pairs, 1);
    assert_int_equal(read->models[1].unknown_pairs, 0);
    assert_int_equal(read->unknown_scorer_pairs, 2);
    assert_int_equal(read->tagger_setting_count, 2);
    assert_string_not_equal(read->digest, router->digest);
    assert_int_equal(tgr_router_save(read, "kept", &error), TGR_OK);
    char digest[33];
    strcpy(digest, read->digest);
    tgr_router_free(read);
    if (tgr_router_load("kept", &read, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    assert_string_equal(read->digest, digest);
    assert_int_equal(read->unknown.length, sizeof extra - 1);
    assert_memory_equal(read->unknown.bytes, extra, sizeof extra - 1);
    assert_memory_equal(read->models[0].unknown.bytes, extra, sizeof extra - 1);
    assert_int_equal(read->unknown_scorer.length, sizeof extra - 1 + sizeof odd - 1);
    assert_memory_equal(read->unknown_scorer.bytes, extra, sizeof extra - 1);
    assert_memory_equal(read->tagger_settings.bytes + sizeof extra - 1, odd, sizeof odd - 1);
    size_t length;
    char *kept = read_bytes("kept", &length);
    assert_true(holds(kept, length, extra, sizeof extra - 1));
    free(kept);
    tgr_router_free(read);
    tgr_buffer_free(&bytes);
    tgr_router_free(router);
}

static void a_negative_zero_bias_is_stored_as_zero(void **state)
{
    (void)state;
    tgr_router *router = make_router(2, 1, SEED), *read;
    parts map;
    parts_of_router(&map, router);
    parts_set(&map, "bias", "\xc4\x08\0\0\0\x80\0\0\0\0", 10);
    parts_remove(&map, "digest");
    parts_write(&map, "minus");
    assert_int_equal(tgr_router_load("minus", &read, NULL), TGR_OK);
    assert_false(signbit(read->bias[0]));
    tgr_router_free(read);
    parts_free(&map);
    tgr_router_free(router);
}

/* The folder holds no temporary file, and a router under the final name only if it is whole. */
static void assert_whole_or_absent(const char *path, const tgr_router *router)
{
    glob_t found;
    assert_int_equal(glob(".*.??????", 0, NULL, &found), GLOB_NOMATCH);
    if (access(path, F_OK) == 0) {
        tgr_router *read;
        assert_int_equal(tgr_router_load(path, &read, NULL), TGR_OK);
        assert_string_equal(read->digest, router->digest);
        tgr_router_free(read);
        assert_int_equal(unlink(path), 0);
    }
}

static void failing_allocations_are_reported(void **state)
{
    (void)state;
    tgr_router *router = make_full_router(3, 70, SEED);
    assert_int_equal(tgr_router_save(router, "r", NULL), TGR_OK);
    long live = tgr_mem_live();
    for (long n = 0;; n++) {
        tgr_router *read = NULL;
        tgr_error error = {0};
        tgr_mem_fail_after(n);
        tgr_status status = tgr_router_load("r", &read, &error);
        tgr_mem_fail_after(-1);
        if (status == TGR_OK) {
            assert_true(n > 10);
            tgr_router_free(read);
            break;
        }
        assert_int_equal(status, TGR_ERR_NOMEM);
        assert_int_equal(tgr_mem_live(), live);
    }
    for (long n = 0;; n++) {
        tgr_error error = {0};
        tgr_mem_fail_after(n);
        tgr_status status = tgr_router_save(router, "s", &error);
        tgr_mem_fail_after(-1);
        assert_int_equal(tgr_mem_live(), live);
        if (status == TGR_OK) {
            assert_true(n > 3);
            break;
        }
        assert_int_equal(status, TGR_ERR_NOMEM);
        assert_whole_or_absent("s", router);
    }
    tgr_router_free(router);
}

static void saving_refuses_what_loading_would(void **state)
{
    (void)state;
    tgr_router *router = make_router(2, 2, SEED);
    tgr_error error;
    router->weights[3] = NAN;
    assert_int_equal(tgr_router_save(router, "never", &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "weight of tag \"t1\" for model \"m1\""));
    router->weights[3] = 0;
    router->models[1].price_in = -1;
    assert_int_equal(tgr_router_save(router, "never", &error), TGR_ERR_INPUT);
    router->models[1].price_in = NAN;
    router->reference = 2;
    assert_int_equal(tgr_router_save(router, "never", &error), TGR_ERR_INPUT);
    assert_int_equal(access("never", F_OK), -1);
    router->reference = 0;
    assert_int_equal(tgr_router_save(router, "absent/never", &error), TGR_ERR_IO);
    tgr_router_free(router);
}

__extension__ typedef unsigned __int128 wide;

static void put_number(tgr_buffer *bytes, char kind, uint64_t number)
{
    tgr_buffer_add(bytes, &kind, 1);
    tgr_buffer_add(bytes, &number, sizeof number);
}

/* The definition of digest.h once more, over msgpack-c's objects and with one hash at a time. */
static void put_plain(tgr_buffer *bytes, const msgpack_object *value);

static void put_plain_map(tgr_buffer *bytes, const msgpack_object_map *map)
{
    wide sum = 0;
    uint32_t pairs = 0;
    for (uint32_t i = 0; i < map->size; i++) {
        const msgpack_object_str *key = &map->ptr[i].key.via.str;
        if (bytes->length == 0 && key->size == 6 && memcmp(key->ptr, "digest", 6) == 0) {
            continue;
        }
        tgr_buffer pair = {0};
        put_plain(&pair, &map->ptr[i].key);
        put_plain(&pair, &map->ptr[i].val);
        XXH128_hash_t hash = XXH3_128bits(pair.bytes, pair.length);
        sum += (wide)hash.high64 << 64 | hash.low64;
        pairs++;
        tgr_buffer_free(&pair);
    }
    put_number(bytes, 'm', pairs);
    tgr_buffer_add(bytes, &sum, sizeof sum);
}

static void put_plain(tgr_buffer *bytes, const msgpack_object *value)
{
    double real = value->via.f64;
    switch (value->type) {
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        put_number(bytes, 'i', value->via.u64);
        break;
    case MSGPACK_OBJECT_FLOAT64:
        if (real == floor(real) && fabs(real) < 1e15) {
            put_number(bytes, 'i', (uint64_t)(int64_t)real);
        } else {
            tgr_buffer_add(bytes, "d", 1);
            tgr_buffer_add(bytes, &real, sizeof real);
        }
        break;
    case MSGPACK_OBJECT_BOOLEAN:
        tgr_buffer_add(bytes, value->via.boolean ? "t" : "F", 1);
        break;
    case MSGPACK_OBJECT_STR:
        put_number(bytes, 's', value->via.str.size);
        tgr_buffer_add(bytes, value->via.str.ptr, value->via.str.size);
        break;
    case MSGPACK_OBJECT_BIN:
        put_number(bytes, 'b', value->via.bin.size);
        tgr_buffer_add(bytes, value->via.bin.ptr, value->via.bin.size);
        break;
    case MSGPACK_OBJECT_ARRAY:
        put_number(bytes, 'a', value->via.array.size);
        for (uint32_t i = 0; i < value->via.array.size; i++) {
            put_plain(bytes, &value->via.array.ptr[i]);
        }
        break;
    case MSGPACK_OBJECT_MAP:
        put_plain_map(bytes, &value->via.map);
        break;
    default:
        fail_msg("a value that no router has");
    }
}

static void the_digest_is_as_defined(void **state)
{
    (void)state;
    for (uint64_t seed = SEED; seed < SEED + 5; seed++) {
        tgr_router *router = make_full_router(3, 4, seed);
        assert_int_equal(tgr_router_save(router, "r", NULL), TGR_OK);
        size_t length, offset = 0;
        char *file = read_bytes("r", &length), text[33];
        msgpack_unpacked unpacked;
        msgpack_unpacked_init(&unpacked);
        assert_int_equal(msgpack_unpack_next(&unpacked, file, length, &offset),
                         MSGPACK_UNPACK_SUCCESS);
        tgr_buffer bytes = {0};
        put_plain(&bytes, &unpacked.data);
        XXH128_hash_t hash = XXH3_128bits(bytes.bytes, bytes.length);
        snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)hash.high64,
                 (unsigned long long)hash.low64);
        assert_string_equal(text, router->digest);
        assert_true(holds(file, length, text, 32));
        tgr_buffer_free(&bytes);
        msgpack_unpacked_destroy(&unpacked);
        free(file);
        tgr_router_free(router);
    }
}

static void the_digest_says_what_is_in_the_router(void **state)
{
    (void)state;
    tgr_router *router = make_router(2, 2, SEED);
    char before[33], tagger[33], other[33];
    strcpy(before, router->digest);
    float weight = router->weights[0];
    router->weights[0] += 1;
    assert_int_equal(tgr_router_update_digest(router, NULL), TGR_OK);
    assert_string_not_equal(router->digest, before);
    router->weights[0] = weight;
    router->models[0].cost = 0;
    assert_int_equal(tgr_router_update_digest(router, NULL), TGR_OK);
    assert_string_not_equal(router->digest, before);
    router->models[0].cost = NAN;
    assert_int_equal(tgr_router_update_digest(router, NULL), TGR_OK);
    assert_string_equal(router->digest, before);
    tgr_tagger_digest("given", false, tagger);
    tgr_tagger_digest("given", true, other);
    assert_string_not_equal(tagger, other);
    tgr_tagger_digest("gives", false, other);
    assert_string_not_equal(tagger, other);
    assert_int_equal(strspn(tagger, "0123456789abcdef"), 32);
    tgr_router_free(router);
}

static void routers_come_through_pipes(void **state)
{
    (void)state;
    tgr_router *router = make_full_router(8, 3000, SEED), *read;
    assert_int_equal(tgr_router_save(router, "r", NULL), TGR_OK);
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_int_equal(system("cat r > pipe &"), 0);
    tgr_error error;
    if (tgr_router_load("pipe", &read, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    assert_same_router(router, read);
    tgr_router_free(read);
    tgr_router_free(router);
}

int main(void)
{
    printf("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip_keeps_everything),
        cmocka_unit_test(any_order_of_keys_is_the_same_router),
        cmocka_unit_test(any_encoding_is_the_same_router),
        cmocka_unit_test(unknown_keys_survive),
        cmocka_unit_test(a_negative_zero_bias_is_stored_as_zero),
        cmocka_unit_test(failing_allocations_are_reported),
        cmocka_unit_test(saving_refuses_what_loading_would),
        cmocka_unit_test(the_digest_is_as_defined),
        cmocka_unit_test(the_digest_says_what_is_in_the_router),
        cmocka_unit_test(routers_come_through_pipes),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
