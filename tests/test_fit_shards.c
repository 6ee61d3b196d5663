/* test_fit_shards.c - partial fits joined against fits in one run; parts that do not belong
 * together, and files that are not what they say. */
#include "tests/cmocka_all.h"

#include <tagroute/fit.h>

#include "engine/base/memory.h"
#include "engine/fit/sums_pack.h"
#include "engine/router/cursor.h"
#include "engine/router/digest.h"
#include "tests/fit_data.h"

#define SEED        77013u
#define MOST_SHARDS 7

static char folder[256];
static char inputs_text[2][300];
static const char *const inputs[] = {inputs_text[0], inputs_text[1]};
static char part_text[MOST_SHARDS][300];
static const char *parts[MOST_SHARDS];

static char *bytes_of(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = need(malloc(*length + 1));
    assert_int_equal(fread(bytes, 1, *length, file), *length);
    fclose(file);
    return bytes;
}

static void write_bytes(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void write_data(tgr_value_type type, size_t models, bool score, bool outcome,
                       uint64_t *random)
{
    fit_data *data = data_new(230, 30, models);
    data->type = type;
    data->has_score = score;
    data->has_outcome = outcome;
    data->has_split = data->has_cost = data->has_tokens = data->has_prompt = true;
    data_fill(data, 4, random);
    data_write(data, 0, 90, inputs[0]);
    data_write(data, 90, 230, inputs[1]);
    data_free(data);
}

static tgr_fit_options options_for(const char *scorer, double kappa)
{
    tgr_fit_options options;
    tgr_fit_options_init(&options);
    options.inputs = inputs;
    options.input_count = 2;
    options.reference = "m0";
    options.scorer = scorer;
    options.kappa = kappa;
    return options;
}

static void fit_shards(const tgr_fit_options *options, size_t shards)
{
    for (size_t i = 0; i < shards; i++) {
        tgr_error error;
        const tgr_run run = {.size = sizeof run, .threads = 1 + (int)(i % 3)};
        if (tgr_fit_shard(options, NULL, i + 1, shards, parts[i], NULL, &run, &error) != TGR_OK) {
            fail_msg("%s", error.message);
        }
        assert_true(tgr_partial_fit_is(parts[i]));
    }
}

static tgr_router *merge_or_fail(size_t shards, bool queries, tgr_fit_report *report)
{
    tgr_router *router;
    tgr_error error;
    const char *turned[MOST_SHARDS];
    for (size_t i = 0; i < shards; i++) { /* in any order */
        turned[i] = parts[(i + shards / 2) % shards];
    }
    if (tgr_fit_merge(turned, shards, inputs, queries ? 2 : 0, &router, report, NULL, &error) !=
        TGR_OK) {
        fail_msg("%s", error.message);
    }
    return router;
}

static void assert_same_file(const tgr_router *a, const tgr_router *b)
{
    char paths[2][300];
    size_t length[2];
    char *bytes[2];
    const tgr_router *const routers[] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/router%zu.msgpack", folder, i);
        assert_int_equal(tgr_router_save(routers[i], paths[i], NULL), TGR_OK);
        bytes[i] = bytes_of(paths[i], &length[i]);
    }
    assert_int_equal(length[0], length[1]);
    assert_memory_equal(bytes[0], bytes[1], length[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static void check_shards(const tgr_fit_options *options)
{
    static const size_t numbers[] = {1, 2, 3, 7};
    tgr_router *whole;
    tgr_fit_report expected, report;
    tgr_error error;
    if (tgr_fit(options, NULL, &whole, &expected, NULL, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    for (size_t i = 0; i < 4; i++) {
        fit_shards(options, numbers[i]);
        tgr_router *merged = merge_or_fail(numbers[i], true, &report);
        assert_string_equal(whole->digest, merged->digest); /* of all that is written */
        if (numbers[i] == 3) {
            assert_same_file(whole, merged);
        }
        assert_int_equal(report.queries, expected.queries);
        assert_int_equal(report.training, expected.training);
        assert_int_equal(report.tags_seen, expected.tags_seen);
        assert_int_equal(report.judged, expected.judged);
        assert_int_equal(report.derived, expected.derived);
        assert_int_equal(report.assumed_ties, expected.assumed_ties);
        tgr_router_free(merged);
    }
    tgr_router_free(whole);
}

static void shards_make_the_same_router(void **state)
{
    (void)state;
    uint64_t random = SEED;
    static const tgr_value_type types[] = {TGR_U8, TGR_U16, TGR_F32};
    for (size_t i = 0; i < 4; i++) {
        write_data(types[i % 3], 2 + i % 3, i % 2 == 0, i != 2, &random);
        tgr_fit_options options = options_for(i % 2 == 0 ? "paper" : "bayes", NAN);
        options.count = (tgr_count)(i % 3);
        options.min_count = (double)i;
        options.split = i < 2 ? NULL : "";
        options.kappa = i == 3 ? 3 : NAN; /* else chosen, by queries read for it */
        check_shards(&options);
    }
}

/* With every outcome recorded, nothing depends on the reference, which is found at the end. */
static void the_reference_may_wait(void **state)
{
    (void)state;
    uint64_t random = SEED + 1;
    fit_data *data = data_new(230, 30, 3);
    data->has_outcome = data->has_cost = data->has_tokens = true;
    data_fill(data, 1000000, &random);
    data_write(data, 0, 90, inputs[0]);
    data_write(data, 90, 230, inputs[1]);
    tgr_fit_options options = options_for("paper", NAN);
    options.reference = NULL;
    check_shards(&options);
    data->outcome[3 * 100 + 1] = -1;
    data_write(data, 90, 230, inputs[1]);
    tgr_error error;
    assert_int_equal(tgr_fit_shard(&options, NULL, 1, 3, parts[0], NULL, NULL, &error), TGR_OK);
    assert_int_equal(tgr_fit_shard(&options, NULL, 2, 3, parts[1], NULL, NULL, &error),
                     TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "--reference"));
    data_free(data);
}

static void count_warnings(void *user, tgr_level level, const char *sentence)
{
    *(int *)user += level == TGR_WARNING && strstr(sentence, "quantiles") != NULL;
}

static void without_queries_there_are_no_quantiles(void **state)
{
    (void)state;
    uint64_t random = SEED + 2;
    write_data(TGR_U8, 3, true, true, &random);
    tgr_fit_options options = options_for("paper", NAN);
    tgr_router *whole, *merged;
    int warnings = 0;
    const tgr_run run = {.size = sizeof run, .message = count_warnings, .user = &warnings};
    assert_int_equal(tgr_fit(&options, NULL, &whole, NULL, NULL, NULL), TGR_OK);
    fit_shards(&options, 2);
    assert_int_equal(tgr_fit_merge(parts, 2, NULL, 0, &merged, NULL, &run, NULL), TGR_OK);
    assert_int_equal(warnings, 1);
    assert_int_equal(merged->quantile_count, 0);
    assert_memory_equal(merged->weights, whole->weights,
                        tgr_router_tags(whole) * 3 * sizeof(float));
    tgr_router_free(merged);
    tgr_router_free(whole);
}

static void expect_merge_fails(size_t count, size_t queries, tgr_status expected,
                               const char *const *words)
{
    long live = tgr_mem_live();
    tgr_router *router = NULL;
    tgr_error error = {0};
    tgr_status status = tgr_fit_merge(parts, count, inputs, queries, &router, NULL, NULL, &error);
    if (status != expected) {
        fail_msg("%s: %s", tgr_status_name(status), error.message);
    }
    assert_null(router);
    for (; *words != NULL; words++) {
        if (strstr(error.message, *words) == NULL) {
            fail_msg("no \"%s\" in: %s", *words, error.message);
        }
    }
    assert_int_equal(tgr_mem_live(), live);
}

#define EXPECT(count, queries, status, ...)                                                        \
    expect_merge_fails(count, queries, status, (const char *const[]){__VA_ARGS__, NULL})

static void parts_must_belong_together(void **state)
{
    (void)state;
    uint64_t random = SEED + 3;
    write_data(TGR_U8, 3, true, true, &random);
    tgr_fit_options options = options_for("bayes", NAN), other = options;
    fit_shards(&options, 3);
    EXPECT(0, 0, TGR_ERR_ARGUMENT, "no partial fit");
    EXPECT(3, 0, TGR_ERR_ARGUMENT, "kappa", "--queries");
    EXPECT(3, 1, TGR_ERR_ARGUMENT, "2 query files", "1");
    EXPECT(1, 0, TGR_ERR_INPUT, "missing 2, 3 of 3");
    EXPECT(2, 0, TGR_ERR_INPUT, "missing 3 of 3");
    assert_int_equal(tgr_fit_shard(&options, NULL, 1, 3, parts[1], NULL, NULL, NULL), TGR_OK);
    EXPECT(2, 0, TGR_ERR_INPUT, parts[0], parts[1], "both shard 1 of 3");
    assert_int_equal(tgr_fit_shard(&options, NULL, 2, 4, parts[1], NULL, NULL, NULL), TGR_OK);
    EXPECT(3, 0, TGR_ERR_INPUT, parts[1], "another number of shards");
    other.kappa = 4;
    assert_int_equal(tgr_fit_shard(&other, NULL, 2, 3, parts[1], NULL, NULL, NULL), TGR_OK);
    EXPECT(3, 0, TGR_ERR_INPUT, parts[1], "other options");
    other = options;
    other.reference = "m1";
    assert_int_equal(tgr_fit_shard(&other, NULL, 2, 3, parts[1], NULL, NULL, NULL), TGR_OK);
    EXPECT(3, 0, TGR_ERR_INPUT, parts[1], "other options");
    other = options;
    other.input_count = 1;
    assert_int_equal(tgr_fit_shard(&other, NULL, 2, 3, parts[1], NULL, NULL, NULL), TGR_OK);
    EXPECT(3, 0, TGR_ERR_INPUT, parts[1], "other query files");
    fit_shards(&options, 3);
    write_data(TGR_U8, 3, true, true, &random);
    EXPECT(3, 2, TGR_ERR_ARGUMENT, inputs[0], "changed since");
}

static void options_are_checked(void **state)
{
    (void)state;
    uint64_t random = SEED + 4;
    write_data(TGR_U8, 3, true, true, &random);
    tgr_fit_options options = options_for("paper", NAN);
    static const uint64_t wrong[][2] = {{0, 3}, {4, 3}, {1, 0}, {1, 65537}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            tgr_fit_shard(&options, NULL, wrong[i][0], wrong[i][1], parts[0], NULL, NULL, NULL),
            TGR_ERR_ARGUMENT);
    }
    tgr_error error;
    options.scorer = "ridge";
    assert_int_equal(tgr_fit_shard(&options, NULL, 1, 2, parts[0], NULL, NULL, &error),
                     TGR_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "ridge"));
    assert_false(tgr_partial_fit_is(inputs[0]));
    assert_false(tgr_partial_fit_is(folder));
    assert_false(tgr_partial_fit_is("/no/such/file"));
}

/* Sums of every size come back; what is not quite sums is refused. */
static void sums_come_back(void **state)
{
    (void)state;
    uint64_t random = SEED + 5;
    tgr_sum sums[400], read[400];
    for (size_t i = 0; i < 400; i++) {
        int bits = (int)(next_random(&random) % 110);
        tgr_sum value = (tgr_sum)next_random(&random) << 46 ^ (tgr_sum)next_random(&random);
        value = bits == 0 ? 0 : value >> (110 - bits);
        sums[i] = i % 2 == 0 ? value : -value;
        if (i >= 200) {
            sums[i] &= ~(((tgr_sum)1 << 40) - 1);
        }
    }
    for (size_t from = 0; from < 400; from += 200) {
        tgr_buffer buffer = {0};
        tgr_sums_pack(&buffer, sums + from, 200);
        assert_int_equal(buffer.bytes[0], from == 0 ? 0 : 40);
        assert_true(tgr_sums_unpack(buffer.bytes, buffer.length, 110, read, 200));
        assert_memory_equal(read, sums + from, 200 * sizeof *sums);
        assert_false(tgr_sums_unpack(buffer.bytes, buffer.length, 110, read, 199));
        assert_false(tgr_sums_unpack(buffer.bytes, buffer.length, 110, read, 201));
        assert_false(tgr_sums_unpack(buffer.bytes, buffer.length - 1, 110, read, 200));
        assert_false(tgr_sums_unpack(buffer.bytes, buffer.length, 50, read, 200));
        buffer.bytes[0] = 3;
        assert_false(tgr_sums_unpack(buffer.bytes, buffer.length, 110, read, 200));
        tgr_buffer_free(&buffer);
    }
    char endless[40];
    memset(endless, 0xff, sizeof endless);
    for (char first = 0; first <= 40; first = (char)(first + 40)) {
        endless[0] = first;
        assert_false(tgr_sums_unpack(endless, sizeof endless, 110, read, 1));
    }
    assert_false(tgr_sums_unpack(endless, 0, 110, read, 0));
}

static char *small_part(size_t *length)
{
    fit_data *data = data_new(6, 3, 2);
    data->has_outcome = data->has_score = true;
    for (size_t row = 0; row < 6; row++) {
        for (size_t tag = 0; tag < 3; tag++) {
            data->x[3 * row + tag] = (double)(tag + 1);
        }
        data->outcome[2 * row] = 1;
        data->outcome[2 * row + 1] = (int8_t)(row % 3);
        data->score[2 * row] = 0.25f;
        data->score[2 * row + 1] = (float)row;
    }
    data_write(data, 0, 6, inputs[0]);
    data_free(data);
    tgr_fit_options options = options_for("bayes", 2);
    options.input_count = 1;
    tgr_error error;
    if (tgr_fit_shard(&options, NULL, 1, 1, parts[0], NULL, NULL, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    return bytes_of(parts[0], length);
}

static tgr_status merge_bytes(const char *bytes, size_t length, tgr_error *error)
{
    tgr_router *router = NULL;
    write_bytes(parts[1], bytes, length);
    tgr_status status = tgr_fit_merge(&parts[1], 1, NULL, 0, &router, NULL, NULL, error);
    tgr_router_free(router);
    return status;
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    size_t length;
    char *bytes = small_part(&length);
    long live = tgr_mem_live();
    for (size_t cut = 0; cut < length; cut++) {
        assert_int_equal(merge_bytes(bytes, cut, NULL), TGR_ERR_INPUT);
    }
    assert_int_equal(merge_bytes(bytes, length, NULL), TGR_OK);
    assert_int_equal(tgr_mem_live(), live);
    free(bytes);
}

static void the_digest_notices_flips(void **state)
{
    (void)state;
    size_t length;
    char *bytes = small_part(&length);
    for (size_t at = 0; at < length; at++) {
        bytes[at] ^= 1;
        tgr_status status = merge_bytes(bytes, length, NULL);
        assert_true(status == TGR_ERR_INPUT || status == TGR_ERR_UNSUPPORTED);
        bytes[at] ^= 1;
    }
    free(bytes);
}

/* Where the head of the map ends, and where the pair "digest" begins. */
static void redo_digest(char *bytes, size_t length)
{
    char text[33];
    size_t at = length - 34 - 7; /* str8 of 32, its key before it */
    assert_memory_equal(bytes + at,
                        "\xa6"
                        "digest",
                        7);
    tgr_map_digest map = {0};
    tgr_map_digest_add(&map, bytes + 1, at - 1, (uint64_t)(bytes[0] & 0xf) - 1);
    tgr_map_digest_text(&map, text);
    memcpy(bytes + length - 32, text, 32);
}

/* Forged: the digest is right, whatever else is not. */
static void forged_bytes_are_refused_or_harmless(void **state)
{
    (void)state;
    size_t length;
    char *bytes = small_part(&length);
    size_t accepted = 0, refused = 0;
    long live = tgr_mem_live();
    for (size_t at = 1; at < length - 41; at++) {
        for (int bit = 0; bit < 8; bit += 1 + (at % 3 != 0)) {
            char *copy = need(malloc(length));
            memcpy(copy, bytes, length);
            copy[at] ^= (char)(1 << bit);
            tgr_cursor cursor = {copy, length, 0};
            if (tgr_cursor_skip(&cursor) == TGR_CURSOR_OK && cursor.at == length) {
                redo_digest(copy, length);
            }
            tgr_status status = merge_bytes(copy, length, NULL);
            assert_true(status == TGR_OK || status == TGR_ERR_INPUT ||
                        status == TGR_ERR_UNSUPPORTED || status == TGR_ERR_ARGUMENT);
            accepted += status == TGR_OK;
            refused += status != TGR_OK;
            free(copy);
        }
    }
    print_message("%zu accepted, %zu refused\n", accepted, refused);
    assert_true(accepted > 0 && refused > 0);
    assert_int_equal(tgr_mem_live(), live);
    free(bytes);
}

/* What is only announced must not be allocated. */
static void announced_sizes_are_not_believed(void **state)
{
    (void)state;
    static const char head[] = "\x82\xa6"
                               "format\xb4"
                               "tagroute.partial-fit";
    static const struct {
        const char *bytes;
        size_t length;
    } tails[] = {{"\xa4tags\xdd\xff\xff\xff\xff\xa0", 11},
                 {"\xa8outcomes\xc6\xff\xff\xff\xff\0", 15},
                 {"\xa5"
                  "files\xdd\x7f\xff\xff\xff\x80",
                  12}};
    for (size_t i = 0; i < 3; i++) {
        char bytes[100];
        memcpy(bytes, head, sizeof head - 1);
        memcpy(bytes + sizeof head - 1, tails[i].bytes, tails[i].length);
        tgr_error error;
        assert_int_equal(merge_bytes(bytes, sizeof head - 1 + tails[i].length, &error),
                         TGR_ERR_INPUT);
        assert_non_null(strstr(error.message, "cut off"));
    }
    tgr_error error;
    assert_int_equal(merge_bytes("\x80", 1, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "not a partial fit"));
}

static void memory_running_out(void **state)
{
    (void)state;
    size_t length;
    free(small_part(&length));
    tgr_fit_options options = options_for("bayes", 2);
    options.input_count = 1;
    const tgr_run run = {.size = sizeof run, .threads = 1};
    long live = tgr_mem_live();
    for (int what = 0; what < 2; what++) {
        long allowed = 0;
        for (bool done = false; !done; allowed++) {
            tgr_router *router = NULL;
            assert_true(allowed < 5000);
            tgr_mem_fail_after(allowed);
            tgr_status status =
                what == 0 ? tgr_fit_shard(&options, NULL, 1, 1, parts[1], NULL, &run, NULL)
                          : tgr_fit_merge(parts, 1, inputs, 1, &router, NULL, &run, NULL);
            tgr_mem_fail_after(-1);
            tgr_router_free(router);
            assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
            done = status == TGR_OK;
        }
        assert_true(allowed > 30);
        assert_int_equal(tgr_mem_live(), live);
    }
}

static int enter(void **state)
{
    (void)state;
    folder_make(folder, sizeof folder);
    for (size_t i = 0; i < 2; i++) {
        snprintf(inputs_text[i], sizeof inputs_text[i], "%s/queries%zu.h5", folder, i);
    }
    for (size_t i = 0; i < MOST_SHARDS; i++) {
        snprintf(part_text[i], sizeof part_text[i], "%s/part%zu.msgpack", folder, i + 1);
        parts[i] = part_text[i];
    }
    return 0;
}

static int leave(void **state)
{
    (void)state;
    return folder_remove(folder);
}

int main(void)
{
    printf("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_make_the_same_router),
        cmocka_unit_test(the_reference_may_wait),
        cmocka_unit_test(without_queries_there_are_no_quantiles),
        cmocka_unit_test(parts_must_belong_together),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(sums_come_back),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(the_digest_notices_flips),
        cmocka_unit_test(forged_bytes_are_refused_or_harmless),
        cmocka_unit_test(announced_sizes_are_not_believed),
        cmocka_unit_test(memory_running_out),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
