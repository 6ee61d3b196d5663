/* test_router_hostile.c - router files that are wrong, cut, flipped or meant to harm. */
#include "tests/router_parts.h"

#define SEED 20240618u

static void assert_refused(const char *path, tgr_status status, const char *words)
{
    tgr_router *read = NULL;
    tgr_error error = {0};
    tgr_status got = tgr_router_load(path, &read, &error);
    if (got != status || strstr(error.message, words) == NULL) {
        fail_msg("wanted %s with \"%s\", got %s: %s", tgr_status_name(status), words,
                 tgr_status_name(got), error.message);
    }
    assert_null(read);
    assert_int_equal(error.status, status);
    assert_int_equal(strncmp(error.message, path, strlen(path)), 0);
}

static void wrong_values_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
        size_t length;
        tgr_status status;
        const char *words;
    } cases[] = {
#define CASE(key, value, status, words) {key, value, sizeof value - 1, status, words}
        CASE("format",
             "\xa3"
             "abc",
             TGR_ERR_INPUT, "must be \"tagroute.router\""),
        CASE("format", "\xc4\x0ftagroute.router", TGR_ERR_INPUT,
             "must be a string, and is binary data"),
        CASE("version", "\x02", TGR_ERR_UNSUPPORTED, "version 2"),
        CASE("version", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", TGR_ERR_UNSUPPORTED,
             "newer tagroute"),
        CASE("version", "\x00", TGR_ERR_INPUT, "must be 1"),
        CASE("version", "\xff", TGR_ERR_INPUT, "must be an integer"),
        CASE("models", "\x90", TGR_ERR_INPUT, "1 to 1024 models"),
        CASE("models", "\x01", TGR_ERR_INPUT, "must be a list"),
        CASE("models", "\x91\x01", TGR_ERR_INPUT, "model 0 at byte"),
        CASE("models", "\x91\x80", TGR_ERR_INPUT, "model 0: the key \"name\" is missing"),
        CASE("models", "\x91\x81\xa4name\xa0", TGR_ERR_INPUT, "neither empty"),
        CASE("models", "\x91\x81\xa4name\xa2\xff\xfe", TGR_ERR_INPUT, "must be UTF-8"),
        CASE("models", "\x91\x81\xa4name\xa3\xed\xa0\x80", TGR_ERR_INPUT, "must be UTF-8"),
        CASE("models", "\x91\x81\xa4name\xa1\x00", TGR_ERR_INPUT, "NUL"),
        CASE("models", "\x92\x81\xa4name\xa1x\x81\xa4name\xa1x", TGR_ERR_INPUT,
             "\"x\" is there twice"),
        CASE("models", "\x91\x82\xa4name\xa1x\xa4name\xa1y", TGR_ERR_INPUT,
             "\"name\" is there twice"),
        CASE("models", "\x91\x81\xa4name\xa1x", TGR_ERR_INPUT, "index of a model"),
        CASE("models",
             "\x92\x82\xa4name\xa1x\xa4"
             "cost\xff\x81\xa4name\xa1y",
             TGR_ERR_INPUT, "\"cost\" of model \"x\" is -1"),
        CASE("models",
             "\x92\x82\xa4name\xa1x\xa4"
             "cost\xca\x7f\x80\0\0\x81\xa4name\xa1y",
             TGR_ERR_INPUT, "finite number"),
        CASE("models",
             "\x92\x82\xa4name\xa1x\xa4"
             "cost\xca\x7f\xc0\0\0\x81\xa4name\xa1y",
             TGR_ERR_INPUT, "finite number"),
        CASE("models",
             "\x92\x82\xa4name\xa1x\xa4"
             "cost\xa1"
             "1\x81\xa4name\xa1y",
             TGR_ERR_INPUT, "finite number"),
        CASE("models", "\x92\x82\xa4name\xa1x\xa8supports\x91\x01\x81\xa4name\xa1y", TGR_ERR_INPUT,
             "list of strings"),
        CASE("reference", "\x02", TGR_ERR_INPUT, "index of a model"),
        CASE("reference", "\xff", TGR_ERR_INPUT, "must be an integer"),
        CASE("reference", "\xc0", TGR_ERR_INPUT, "\"reference\" is missing"),
        CASE("scorer", "\x80", TGR_ERR_INPUT, "scorer: the key \"name\" is missing"),
        CASE("scorer",
             "\x82\xa4name\xa1p\xa5"
             "count\xa3sum",
             TGR_ERR_INPUT, "\"raw\", \"binary\""),
        CASE("scorer",
             "\x82\xa4name\xa1p\xa5"
             "count\xa3raw",
             TGR_ERR_INPUT, "\"rewards\" is missing"),
        CASE("scorer",
             "\x83\xa4name\xa1p\xa5"
             "count\xa3raw\xa7rewards\x81\xa3win\x01",
             TGR_ERR_INPUT, "must hold \"win\""),
        CASE("scorer",
             "\x83\xa4name\xa1p\xa5"
             "count\xa3raw\xa7rewards\x81\xa3six\x01",
             TGR_ERR_INPUT, "unknown key"),
        CASE("tagger", "\xa1x", TGR_ERR_INPUT, "must be a map"),
        CASE("tagger", "\x82\xa4kind\xa5given\xa7version\x02", TGR_ERR_UNSUPPORTED,
             "version 2 of the tagger"),
        CASE("tagger", "\x82\xa4kind\xa5given\xa7version\x01", TGR_ERR_INPUT,
             "\"category_tag\" is missing"),
        CASE("tagger",
             "\x84\xa4kind\xa5given\xa7version\x01\xac"
             "category_tag\xc2\xa6"
             "digest\xa1x",
             TGR_ERR_INPUT, "32 hexadecimal"),
        CASE("quantiles", "\x9a\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", TGR_ERR_INPUT,
             "at most 9"),
        CASE("quantiles", "\x91\x91\x01", TGR_ERR_INPUT, "at most 9 pairs"),
        CASE("quantiles", "\x91\x92\x01\x01", TGR_ERR_INPUT, "share between 0 and 1"),
        CASE("quantiles", "\x91\x92\xca\x3f\0\0\0\xca\x7f\x80\0\0", TGR_ERR_INPUT,
             "share between 0 and 1"),
        CASE("tags", "\x92\xa1t\xa1t", TGR_ERR_INPUT, "there before, as tag 0"),
        CASE("tags", "\x92\xa1t\x01", TGR_ERR_INPUT, "tag 1 at byte"),
        CASE("tags", "\x92\xa1t\xa2\xc0\x80", TGR_ERR_INPUT, "not UTF-8"),
        CASE("tags", "\x91\xa1t", TGR_ERR_INPUT, "\"counts\" at byte"),
        CASE("counts", "\xc4\x00", TGR_ERR_INPUT, "holds 0 bytes, where 2 x 1 numbers take 16"),
        CASE("counts", "\xc4\x10\0\0\0\0\0\0\xf0\x7f\0\0\0\0\0\0\0\0", TGR_ERR_INPUT,
             "count of tag \"t0\""),
        CASE("counts", "\xc4\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xf0\xbf", TGR_ERR_INPUT,
             "count of tag \"t1\""),
        CASE("bias", "\xc4\x08\0\0\0\0\0\0\x80\x7f", TGR_ERR_INPUT, "bias of model \"m1\""),
        CASE("bias", "\xa4\0\0\0\0", TGR_ERR_INPUT, "must be binary data, and is a string"),
        CASE("weights", "\xc4\x10\0\0\0\0\0\0\0\0\0\0\xc0\x7f\0\0\0\0", TGR_ERR_INPUT,
             "weight of tag \"t1\" for model \"m0\""),
        CASE("weights", "\xc4\x0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", TGR_ERR_INPUT, "holds 15 bytes"),
        CASE("weights", "\x94\x01\x01\x01\x01", TGR_ERR_INPUT, "must be binary data"),
        CASE("digest", "\xa1x", TGR_ERR_INPUT, "32 hexadecimal"),
        CASE("digest",
             "\xd9\x20"
             "00000000000000000000000000000000",
             TGR_ERR_INPUT, "delete its key"),
        CASE("reference", "\x00", TGR_ERR_INPUT, "was changed after it was written"),
#undef CASE
    };
    tgr_router *router = make_router(2, 2, SEED);
    assert_int_equal(tgr_router_save(router, "r", NULL), TGR_OK);
    tgr_router_free(router);
    long live = tgr_mem_live();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        parts map;
        parts_of_file(&map, "r");
        parts_set(&map, cases[i].key, cases[i].value, cases[i].length);
        parts_write(&map, "wrong");
        assert_refused("wrong", cases[i].status, cases[i].words);
        parts_free(&map);
    }
    assert_int_equal(tgr_mem_live(), live);
}

static void missing_and_doubled_keys_are_refused(void **state)
{
    (void)state;
    static const char *const needed[] = {"format", "version", "models", "reference", "scorer",
                                         "tagger", "tags",    "counts", "bias",      "weights"};
    tgr_router *router = make_router(2, 2, SEED);
    parts map;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        parts_of_router(&map, router);
        parts_remove(&map, needed[i]);
        parts_write(&map, "wrong");
        char words[64];
        snprintf(words, sizeof words, "the key \"%s\" is missing", needed[i]);
        assert_refused("wrong", TGR_ERR_INPUT, words);
        parts_free(&map);
    }
    parts_of_router(&map, router);
    tgr_buffer bytes = {0};
    parts_encode(&map, &bytes);
    bytes.bytes[0]++;
    tgr_buffer_add(&bytes, "\xa7version\x01", 9);
    write_bytes("wrong", bytes.bytes, bytes.length);
    assert_refused("wrong", TGR_ERR_INPUT, "\"version\" is there twice");
    tgr_buffer_free(&bytes);

    /* what may be missing: then the digest of what is there is computed */
    tgr_router *read;
    parts_remove(&map, "digest");
    parts_remove(&map, "quantiles");
    parts_write(&map, "fine");
    assert_int_equal(tgr_router_load("fine", &read, NULL), TGR_OK);
    assert_int_equal(strlen(read->digest), 32);
    tgr_router_free(read);
    parts_free(&map);
    tgr_router_free(router);
}

static void other_files_are_refused(void **state)
{
    (void)state;
    tgr_router *read = NULL;
    tgr_error error;
    assert_int_equal(tgr_router_load("absent", &read, &error), TGR_ERR_IO);
    assert_int_equal(tgr_router_load(".", &read, &error), TGR_ERR_IO);
    assert_int_not_equal(tgr_router_load("/dev/null", &read, &error), TGR_OK);
    write_bytes("other", "", 0);
    assert_refused("other", TGR_ERR_INPUT, "empty");
    write_bytes("other", "\x89HDF\r\n\x1a\n rest", 13);
    assert_refused("other", TGR_ERR_INPUT, "HDF5");
    write_bytes("other", "{\"format\": 1}", 13);
    assert_refused("other", TGR_ERR_INPUT, "does not start with a MessagePack map");
    write_bytes("other", "\x81\xa1x\xc1", 4);
    assert_refused("other", TGR_ERR_INPUT, "byte 3 starts no MessagePack value");
    write_bytes("other", "\x80\x80", 2);
    assert_refused("other", TGR_ERR_INPUT, "1 bytes follow the router's end at byte 1");
    char deep[100];
    memset(deep, 0x91, sizeof deep);
    deep[0] = (char)0x81;
    write_bytes("other", deep, sizeof deep);
    assert_refused("other", TGR_ERR_INPUT, "deeper than 32");
}

/* What is only announced must not be allocated: these are refused before any allocation but those
 * for the file's own bytes and the empty router. */
static void announced_sizes_are_not_believed(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } files[] = {
        {"\xdf\xff\xff\xff\xff\xa1x\x01", 8},
        {"\x81\xa6models\xdd\xff\xff\xff\xff\x80", 14},
        {"\x81\xa4tags\xdd\x7f\xff\xff\xff\xa0", 12},
        {"\x81\xa7weights\xc6\xff\xff\xff\xff\0\0", 16},
        {"\x81\xa1x\xdb\xff\xff\xff\xffx", 9},
        {"\x81\xa1x\xc9\xff\xff\xff\xff\x01x", 10},
        {"\x81\xdf\x80\0\0\0\x01\x01", 8},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        write_bytes("huge", files[i].bytes, files[i].length);
        tgr_mem_fail_after(3);
        assert_refused("huge", TGR_ERR_INPUT, "cut off");
        tgr_mem_fail_after(-1);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    tgr_router *router = make_full_router(2, 2, SEED);
    assert_int_equal(tgr_router_save(router, "r", NULL), TGR_OK);
    size_t length;
    char *bytes = read_bytes("r", &length);
    for (size_t cut = 1; cut < length; cut++) {
        tgr_router *read;
        tgr_error error;
        assert_int_equal(decode_copy(bytes, cut, &read, &error), TGR_ERR_INPUT);
        assert_non_null(strstr(error.message, "is cut off"));
    }
    free(bytes);
    tgr_router_free(router);
}

/* With the digest gone any flip may pass, but what passes is a router that can be saved and read.
 */
static void flipped_bytes_are_refused_or_harmless(void **state)
{
    (void)state;
    tgr_router *router = make_full_router(2, 2, SEED);
    parts map;
    parts_of_router(&map, router);
    parts_remove(&map, "digest");
    tgr_buffer bytes = {0};
    parts_encode(&map, &bytes);
    parts_free(&map);
    long live = tgr_mem_live();
    size_t accepted = 0, refused = 0;
    for (size_t at = 0; at < bytes.length; at++) {
        for (int bit = 0; bit < 8; bit++) {
            tgr_router *read;
            tgr_error error;
            bytes.bytes[at] ^= (char)(1 << bit);
            tgr_status status = decode_copy(bytes.bytes, bytes.length, &read, &error);
            bytes.bytes[at] ^= (char)(1 << bit);
            if (status != TGR_OK) {
                assert_true(status == TGR_ERR_INPUT || status == TGR_ERR_UNSUPPORTED);
                refused++;
                continue;
            }
            accepted++;
            assert_int_equal(tgr_router_check(read, &error), TGR_OK);
            if (at % 128 == 0) {
                tgr_router *again;
                assert_int_equal(tgr_router_save(read, "saved", &error), TGR_OK);
                assert_int_equal(tgr_router_load("saved", &again, &error), TGR_OK);
                assert_same_router(read, again);
                tgr_router_free(again);
            }
            tgr_router_free(read);
        }
    }
    assert_int_equal(tgr_mem_live(), live);
    assert_true(accepted > 0 && refused > 0);
    tgr_buffer_free(&bytes);
    tgr_router_free(router);
}

/* With the digest there every flip of a bit that means something is noticed. */
static void the_digest_notices_flips(void **state)
{
    (void)state;
    tgr_router *router = make_full_router(2, 2, SEED);
    assert_int_equal(tgr_router_save(router, "r", NULL), TGR_OK);
    size_t length;
    char *bytes = read_bytes("r", &length);
    for (size_t at = 0; at < length; at++) {
        tgr_router *read;
        bytes[at] ^= 1;
        tgr_status status = decode_copy(bytes, length, &read, NULL);
        bytes[at] ^= 1;
        if (status == TGR_OK) {
            /* only the key "digest" itself may change its name: it is an unknown key then */
            assert_int_equal(read->unknown_pairs, 1);
            tgr_router_free(read);
        }
    }
    free(bytes);
    tgr_router_free(router);
}

int main(void)
{
    printf("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_values_are_refused),
        cmocka_unit_test(missing_and_doubled_keys_are_refused),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(announced_sizes_are_not_believed),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(flipped_bytes_are_refused_or_harmless),
        cmocka_unit_test(the_digest_notices_flips),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
