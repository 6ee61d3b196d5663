/* test_ingest.c - logs to query files: what comes out is what went in, numbered and ordered. */
#include "tests/test_ingest_help.h"

#include <math.h>

#include <hdf5.h>
#include <msgpack.h>
#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include "engine/base/memory.h"
#include "engine/router/router.h"

#define SEED 20250302u

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static const char plain_log[] =
    "{\"id\":\"q1\",\"text\":\"What?\",\"tags\":[\"b\",\"a\",\"b\"],\"category\":\"law\","
    "\"split\":\"train\",\"prompt_tokens\":321,\"needs\":[\"vision\",\"audio\",\"vision\"],"
    "\"models\":{\"gpt-4\":{\"score\":1.0,\"outcome\":\"win\",\"cost\":0.0021,"
    "\"completion_tokens\":87},\"a-model\":{\"score\":0.25}}}\n"
    "{\"tags\":{\"c\":2,\"a\":1},\"category\":\"art\",\"split\":\"test\",\"deny\":[]}\n"
    "\n"
    "{\"id\":7,\"text\":\"only text\",\"prompt_tokens\":0,\"unknown\":{\"x\":[1,2]}}\n"
    "{\"id\":\"q4\",\"tags\":[\"a\"],\"allow\":[\"z\",\"a\"],\"category\":null,"
    "\"models\":{\"gpt-4\":{\"outcome\":\"loss\"}}}\n";

static void check_plain_rows(const tgr_query_file *file, const tgr_batch *batch)
{
    /* a occurs 3 times, b and c twice */
    assert_string_equal(joined(file->tags), "a|b|c");
    assert_int_equal(file->value_type, TGR_U8);
    assert_string_equal(row_text(file, batch, 0), "a=1 b=2");
    assert_string_equal(row_text(file, batch, 1), "a=1 c=2");
    assert_string_equal(row_text(file, batch, 2), "");
    assert_string_equal(row_text(file, batch, 3), "a=1");
}

static void check_plain_columns(const tgr_query_file *file, const tgr_batch *batch)
{
    assert_string_equal(joined(file->categories), "art|law");
    assert_string_equal(name_of(file->categories, batch->category[0]), "law");
    assert_string_equal(name_of(file->categories, batch->category[1]), "art");
    assert_int_equal(batch->category[2], -1);
    assert_int_equal(batch->category[3], -1);
    assert_string_equal(joined(file->splits), "test|train");
    assert_string_equal(name_of(file->splits, batch->split[0]), "train");
    assert_int_equal(batch->split[3], -1);
    assert_string_equal(joined(file->needs), "[\"audio\",\"vision\"]");
    assert_int_equal(batch->needs[0], 0);
    assert_int_equal(batch->needs[1], -1);
    assert_string_equal(joined(file->denies), "[]");
    assert_int_equal(batch->deny[0], -1);
    assert_int_equal(batch->deny[1], 0);
    assert_string_equal(joined(file->allows), "[\"a\",\"z\"]");
    assert_int_equal(batch->allow[2], -1);
    assert_int_equal(batch->allow[3], 0);
    assert_true(batch->prompt_tokens[0] == 321);
    assert_true(isnan(batch->prompt_tokens[1]));
    assert_true(batch->prompt_tokens[2] == 0);
}

static void check_plain_models(const tgr_query_file *file, const tgr_batch *batch)
{
    assert_string_equal(joined(file->models), "a-model|gpt-4");
    assert_true(batch->score[0] == 0.25f);
    assert_true(batch->score[1] == 1.0f);
    assert_true(isnan(batch->cost[0]));
    assert_true(batch->cost[1] == 0.0021f);
    assert_true(batch->completion_tokens[1] == 87);
    assert_int_equal(batch->outcome[0], -1);
    assert_int_equal(batch->outcome[1], 2);
    for (size_t cell = 2; cell < 7; cell++) {
        assert_true(isnan(batch->score[cell]));
        assert_true(isnan(batch->cost[cell]));
        assert_true(isnan(batch->completion_tokens[cell]));
        assert_int_equal(batch->outcome[cell], -1);
    }
    assert_int_equal(batch->outcome[7], 0);
}

static void a_log_becomes_a_query_file(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", plain_log));
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    tgr_batch batch = read_all(file);
    assert_int_equal(report.queries, 4);
    assert_int_equal(report.judged, 3);
    assert_int_equal(report.untagged, 1);
    assert_int_equal(report.bad, 0);
    assert_int_equal(report.bytes, sizeof plain_log - 1);
    check_plain_rows(file, &batch);
    check_plain_columns(file, &batch);
    check_plain_models(file, &batch);
    assert_string_equal(id_text(&batch, 0), "q1");
    const char *second = strstr(plain_log, "\n{") + 1;
    char place[64];
    snprintf(place, sizeof place, "log.jsonl@%d", (int)(second - plain_log));
    assert_string_equal(id_text(&batch, 1), place);
    assert_string_equal(id_text(&batch, 2), "7");
    assert_true(file->has_text);
    assert_false(file->category_tag);
    char digest[33];
    tgr_tagger_digest("given", false, digest);
    assert_string_equal(file->tagger_digest, digest);
    close_all(file, &batch);
}

static void columns_that_no_record_has_are_left_out(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", "{\"tags\":[\"x\"]}\n"));
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    assert_null(file->splits);
    assert_null(file->categories);
    assert_null(file->allows);
    assert_null(file->denies);
    assert_null(file->needs);
    assert_false(file->has_prompt_tokens);
    assert_false(file->has_text);
    assert_false(file->has_score || file->has_outcome || file->has_cost);
    assert_int_equal(report.models, 0);
    tgr_query_close(file);
}

/* The result of one line's tags. */
static void check_tags(const char *line, tgr_value_type type, const char *row)
{
    tgr_ingest_options options = options_for(write_text("log.jsonl", line));
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    tgr_batch batch = read_all(file);
    assert_int_equal(file->value_type, type);
    assert_string_equal(row_text(file, &batch, 0), row);
    close_all(file, &batch);
}

static void values_take_the_type_that_they_need(void **state)
{
    (void)state;
    check_tags("{\"tags\":{\"a\":255}}", TGR_U8, "a=255");
    check_tags("{\"tags\":{\"a\":256}}", TGR_U16, "a=256");
    check_tags("{\"tags\":{\"a\":65535}}", TGR_U16, "a=65535");
    check_tags("{\"tags\":{\"a\":2.0}}", TGR_U8, "a=2");
    check_tags("{\"tags\":{\"a\":0.5,\"b\":3}}", TGR_F32, "b=3 a=0.5");
    check_tags("{\"tags\":{\"a\":-1.5}}", TGR_F32, "a=-1.5");
    check_tags("{\"tags\":{\"a\":70000.5}}", TGR_F32, "a=70000.5");
    check_tags("{\"tags\":{\"a\":1e10}}", TGR_F32, "a=1e+10");
}

static void repeated_tags_add_up(void **state)
{
    (void)state;
    check_tags("{\"tags\":{\"a\":200,\"b\":1,\"a\":100}}", TGR_U16, "a=300 b=1");
    check_tags("{\"tags\":{\"a\":0.5,\"a\":0.5,\"b\":1}}", TGR_U8, "a=1 b=1");
    check_tags("{\"tags\":{\"a\":0.5,\"b\":1,\"a\":-0.5}}", TGR_U8, "b=1");
    check_tags("{\"tags\":{\"a\":0.5,\"a\":-0.5}}", TGR_U8, "");
    check_tags("{\"tags\":{\"a\":1.5,\"a\":-0.5,\"b\":0}}", TGR_U8, "a=1");
    /* three tenths, added in double and rounded to float once */
    check_tags("{\"tags\":{\"a\":0.1,\"a\":0.1,\"a\":0.1}}", TGR_F32, "a=0.300000012");
    check_tags("{\"tags\":{\"a\":1e38,\"a\":1e38,\"a\":1e38}}", TGR_F32, "a=3.00000001e+38");
}

static void categories_become_tags(void **state)
{
    (void)state;
    tgr_ingest_options options =
        options_for(write_text("log.jsonl", "{\"tags\":[\"a\"],\"category\":\"law\"}\n"
                                            "{\"tags\":[\"cat:law\",\"a\"],\"category\":\"law\"}\n"
                                            "{\"tags\":[\"a\"]}\n"
                                            "{\"text\":\"t\",\"category\":\"art\"}\n"));
    options.category_tag = true;
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    tgr_batch batch = read_all(file);
    assert_true(file->category_tag);
    assert_string_equal(joined(file->tags), "a|cat:law|cat:art");
    assert_string_equal(row_text(file, &batch, 0), "a=1 cat:law=1");
    assert_string_equal(row_text(file, &batch, 1), "a=1 cat:law=2");
    assert_string_equal(row_text(file, &batch, 2), "a=1");
    assert_string_equal(row_text(file, &batch, 3), "cat:art=1");
    assert_int_equal(report.untagged, 0);
    char digest[33];
    tgr_tagger_digest("given", true, digest);
    assert_string_equal(file->tagger_digest, digest);
    close_all(file, &batch);
}

/* ---- routers ------------------------------------------------------------------------------------
 */

static const char *save_router(const char *const *tags, size_t count, bool category_tag)
{
    static char path[512];
    tgr_error error;
    tgr_router *router = tgr_router_new();
    assert_non_null(router);
    router->tags = tgr_strings_new();
    router->model_count = 2;
    router->models = tgr_mem_zalloc(2, sizeof *router->models);
    for (size_t i = 0; i < 2; i++) {
        router->models[i] = (tgr_model){.price_in = NAN,
                                        .price_out = NAN,
                                        .cost = NAN,
                                        .mean_cost = NAN,
                                        .mean_completion_tokens = NAN,
                                        .mean_score = NAN,
                                        .mean_reward = NAN,
                                        .max_input_tokens = NAN,
                                        .price_cached = NAN,
                                        .token_ratio = NAN,
                                        .assumed_completion_tokens = NAN};
        router->models[i].name = tgr_mem_string(i == 0 ? "large" : "small");
    }
    for (size_t i = 0; i < count; i++) {
        tgr_strings_add(router->tags, tags[i], strlen(tags[i]));
    }
    router->bias = tgr_mem_zalloc(2, sizeof(float));
    router->weights = tgr_mem_zalloc(2 * count, sizeof(float));
    router->counts = tgr_mem_zalloc(count, sizeof(double));
    tgr_mem_free(router->scorer);
    tgr_mem_free(router->tagger_kind);
    tgr_mem_free(router->tagger_digest);
    router->scorer = tgr_mem_string("paper");
    router->count = TGR_COUNT_RAW;
    router->tagger_kind = tgr_mem_string("given");
    router->category_tag = category_tag;
    router->tagger_digest = tgr_mem_zalloc(33, 1);
    tgr_tagger_digest("given", category_tag, router->tagger_digest);
    snprintf(path, sizeof path, "%s", in_folder("router.msgpack"));
    if (tgr_router_update_digest(router, &error) != TGR_OK ||
        tgr_router_save(router, path, &error) != TGR_OK) {
        fail_msg("router: %s", error.message);
    }
    tgr_router_free(router);
    return path;
}

static void a_router_numbers_its_tags_first(void **state)
{
    (void)state;
    static const char *const tags[] = {"rare", "never", "often"};
    tgr_ingest_options options =
        options_for(write_text("log.jsonl", "{\"tags\":[\"often\",\"new\",\"new\"]}\n"
                                            "{\"tags\":[\"often\",\"rare\",\"newer\",\"aaa\"],"
                                            "\"category\":\"law\"}\n"));
    options.router = save_router(tags, 3, false);
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    tgr_batch batch = read_all(file);
    assert_string_equal(joined(file->tags), "rare|never|often|new|aaa|newer");
    assert_int_equal(report.new_tags, 3);
    assert_string_equal(row_text(file, &batch, 0), "often=1 new=2");
    assert_string_equal(row_text(file, &batch, 1), "rare=1 often=1 aaa=1 newer=1");
    close_all(file, &batch);

    options.category_tag = true; /* which this router does not have */
    tgr_error error;
    assert_int_equal(tgr_ingest(&options, NULL, NULL, &error), TGR_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "--category-tag"));
}

static void a_router_rules_whether_categories_are_tags(void **state)
{
    (void)state;
    static const char *const tags[] = {"cat:law"};
    tgr_ingest_options options =
        options_for(write_text("log.jsonl", "{\"tags\":[\"b\"],\"category\":\"law\"}\n"));
    options.router = save_router(tags, 1, true);
    for (int explicit = 0; explicit < 2; explicit ++) {
        options.category_tag = explicit != 0;
        tgr_ingest_report report;
        tgr_query_file *file = ingest_all(&options, &report);
        tgr_batch batch = read_all(file);
        assert_true(file->category_tag);
        assert_string_equal(row_text(file, &batch, 0), "cat:law=1 b=1");
        close_all(file, &batch);
    }
    options.router = in_folder("no-router");
    tgr_error error;
    assert_int_equal(tgr_ingest(&options, NULL, NULL, &error), TGR_ERR_IO);
}

/* ---- formats and several logs -------------------------------------------------------------------
 */

static const char *write_gzip(const char *name, const char *text)
{
    const char *path = in_folder(name);
    gzFile file = gzopen(path, "wb");
    assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), strlen(text));
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

static const char *write_zstd(const char *name, const char *text)
{
    size_t room = ZSTD_compressBound(strlen(text));
    char *bytes = malloc(room);
    size_t length = ZSTD_compress(bytes, room, text, strlen(text), 1);
    assert_false(ZSTD_isError(length));
    const char *path = write_bytes(name, bytes, length);
    free(bytes);
    return path;
}

static void pack_text(msgpack_packer *packer, const char *text)
{
    msgpack_pack_str_with_body(packer, text, strlen(text));
}

/* {"id": ..., "tags": {tag: count}} */
static void pack_record(msgpack_packer *packer, const char *id, const char *tag, int count)
{
    msgpack_pack_map(packer, id != NULL ? 2 : 1);
    if (id != NULL) {
        pack_text(packer, "id");
        pack_text(packer, id);
    }
    pack_text(packer, "tags");
    msgpack_pack_map(packer, 1);
    pack_text(packer, tag);
    msgpack_pack_int(packer, count);
}

static const char *write_msgpack(const char *name)
{
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    pack_record(&packer, "m1", "a", 1);
    msgpack_pack_array(&packer, 2); /* [time, map] */
    msgpack_pack_int(&packer, 1700000000);
    pack_record(&packer, "m2", "m", 9);
    msgpack_pack_array(&packer, 2); /* [tag, [[time, map], [time, map]]] */
    pack_text(&packer, "queries");
    msgpack_pack_array(&packer, 2);
    for (int i = 0; i < 2; i++) {
        msgpack_pack_array(&packer, 2);
        msgpack_pack_int(&packer, 1700000000 + i);
        pack_record(&packer, NULL, "n", 1 + i);
    }
    const char *path = write_bytes(name, buffer.data, buffer.size);
    msgpack_sbuffer_destroy(&buffer);
    return path;
}

static void logs_of_all_formats_are_one_sequence(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(NULL);
    const char *inputs[4] = {write_text("one.jsonl", "{\"id\":\"j\",\"tags\":[\"a\"]}\n"),
                             write_gzip("two.gz", "{\"id\":\"g\",\"tags\":[\"a\",\"b\"]}\n"),
                             write_zstd("three.zst", "{\"tags\":[\"a\",\"c\"]}"),
                             write_msgpack("four.msgpack")};
    options.inputs = inputs;
    options.input_count = 4;
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    tgr_batch batch = read_all(file);
    assert_int_equal(report.queries, 7);
    assert_string_equal(joined(file->tags), "m|a|n|b|c");
    assert_string_equal(id_text(&batch, 0), "j");
    assert_string_equal(id_text(&batch, 1), "g");
    assert_string_equal(id_text(&batch, 2), "three.zst@0");
    assert_string_equal(id_text(&batch, 3), "m1");
    assert_string_equal(id_text(&batch, 4), "m2");
    assert_string_equal(row_text(file, &batch, 1), "a=1 b=1");
    assert_string_equal(row_text(file, &batch, 4), "m=9");
    assert_string_equal(row_text(file, &batch, 5), "n=1");
    assert_string_equal(row_text(file, &batch, 6), "n=2");
    char first[2048], second[2048];
    snprintf(first, sizeof first, "%s", id_text(&batch, 5));
    snprintf(second, sizeof second, "%s", id_text(&batch, 6));
    assert_int_equal(strncmp(first, "four.msgpack@", 13), 0);
    assert_null(strchr(first + 13, '.'));
    assert_int_equal(strncmp(second, first, strlen(first)), 0);
    assert_string_equal(second + strlen(first), ".1");
    close_all(file, &batch);
}

/* ---- what the reader of query files does not show: sources, positions, texts, through HDF5 itself
 */

static hid_t open_dataset(hid_t file, const char *path)
{
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    assert_true(dataset >= 0);
    return dataset;
}

static void read_numbers(hid_t file, const char *path, hid_t type, void *values)
{
    hid_t dataset = open_dataset(file, path);
    assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
}

/* Strings of either kind, at most 64 of at most 63 bytes. */
static size_t read_strings(hid_t file, const char *path, char strings[64][64])
{
    hid_t dataset = open_dataset(file, path);
    hid_t stored = H5Dget_type(dataset);
    hid_t space = H5Dget_space(dataset);
    size_t count = (size_t)H5Sget_simple_extent_npoints(space);
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_cset(type, H5Tget_cset(stored));
    assert_true(count <= 64);
    if (H5Tis_variable_str(stored) > 0) {
        char *pointers[64];
        H5Tset_size(type, H5T_VARIABLE);
        assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers) >= 0);
        for (size_t i = 0; i < count; i++) {
            snprintf(strings[i], 64, "%s", pointers[i] == NULL ? "" : pointers[i]);
        }
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers);
    } else {
        H5Tset_size(type, 64);
        assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, strings) >= 0);
    }
    H5Tclose(type);
    H5Tclose(stored);
    H5Sclose(space);
    H5Dclose(dataset);
    return count;
}

static void sources_positions_and_texts_are_kept(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(NULL);
    const char *inputs[3] = {
        write_text("b.jsonl", "{\"tags\":[\"a\"]}\n{\"text\":\"t\\u00e9xt\"}\n"),
        write_text("empty.jsonl", ""),
        write_text("a.jsonl", "\n\n{\"text\":\"\",\"tags\":[]}\n{\"tags\":[\"a\"]}\n")};
    options.inputs = inputs;
    options.input_count = 3;
    tgr_ingest_report report;
    tgr_query_close(ingest_all(&options, &report));

    static char strings[64][64];
    int64_t positions[4];
    int8_t codes[4];
    hid_t file = H5Fopen(options.output, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    read_numbers(file, "obs/source/codes", H5T_NATIVE_INT8, codes);
    read_numbers(file, "obs/position", H5T_NATIVE_INT64, positions);
    assert_int_equal(read_strings(file, "obs/source/categories", strings), 3);
    assert_string_equal(strings[0], "b.jsonl");
    assert_string_equal(strings[1], "empty.jsonl");
    assert_string_equal(strings[2], "a.jsonl");
    assert_memory_equal(codes, ((int8_t[]){0, 0, 2, 2}), 4);
    assert_memory_equal(positions, ((int64_t[]){0, 15, 2, 24}), sizeof positions);
    read_numbers(file, "obs/record_bytes", H5T_NATIVE_INT64, positions);
    assert_memory_equal(positions, ((int64_t[]){14, 20, 21, 14}), sizeof positions);
    assert_true(H5Lexists(file, "obs/record_part", H5P_DEFAULT) == 0);
    read_numbers(file, "uns/tagroute/source_bytes", H5T_NATIVE_INT64, positions);
    assert_memory_equal(positions, ((int64_t[]){36, 0, 39}), 3 * sizeof *positions);
    assert_int_equal(read_strings(file, "obs/text", strings), 4);
    assert_string_equal(strings[0], "");
    assert_string_equal(strings[1], "t\xc3\xa9xt");
    assert_string_equal(strings[2], "");
    H5Fclose(file);
}

/* The hash of a log, worked out again from its bytes: each block's own, with its number as seed. */
static uint64_t hash_blocks(const char *bytes, size_t length)
{
    uint64_t sum = 0;
    for (size_t at = 0, block = 0; at < length; at += 65536, block++) {
        sum += XXH3_64bits_withSeed(bytes + at, length - at < 65536 ? length - at : 65536, block);
    }
    return sum;
}

static void a_log_is_known_by_a_hash_of_its_blocks(void **state)
{
    (void)state;
    static char log[300001];
    size_t length = 0;
    while (length < 200000) {
        length += (size_t)sprintf(log + length, "{\"id\":%zu,\"tags\":[\"a\"]}\n", length);
    }
    tgr_ingest_options options = options_for(write_text("blocks.jsonl", log));
    tgr_ingest_report report;
    uint64_t hash;
    int64_t bytes;
    tgr_query_close(ingest_all(&options, &report));
    hid_t file = H5Fopen(options.output, H5F_ACC_RDONLY, H5P_DEFAULT);
    read_numbers(file, "uns/tagroute/source_hashes", H5T_NATIVE_UINT64, &hash);
    read_numbers(file, "uns/tagroute/source_bytes", H5T_NATIVE_INT64, &bytes);
    H5Fclose(file);
    assert_int_equal(bytes, length);
    assert_int_equal(hash, hash_blocks(log, length));
}

static void records_of_one_event_are_told_apart(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(
        write_text("events.jsonl", "[\"app\",[[1,{\"tags\":[\"a\"]}],[2,{\"tags\":[\"b\"]}]]]\n"
                                   "{\"tags\":[\"c\"]}\n"));
    tgr_ingest_report report;
    int64_t numbers[3];
    tgr_query_close(ingest_all(&options, &report));
    hid_t file = H5Fopen(options.output, H5F_ACC_RDONLY, H5P_DEFAULT);
    read_numbers(file, "obs/position", H5T_NATIVE_INT64, numbers);
    assert_memory_equal(numbers, ((int64_t[]){0, 0, 48}), sizeof numbers);
    read_numbers(file, "obs/record_bytes", H5T_NATIVE_INT64, numbers);
    assert_memory_equal(numbers, ((int64_t[]){47, 47, 14}), sizeof numbers);
    read_numbers(file, "obs/record_part", H5T_NATIVE_INT64, numbers);
    assert_memory_equal(numbers, ((int64_t[]){0, 1, 0}), sizeof numbers);
    H5Fclose(file);
}

static void texts_may_be_left_out(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", "{\"text\":\"secret\"}"));
    options.no_text = true;
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    assert_false(file->has_text);
    assert_int_equal(file->columns, 0);
    tgr_query_close(file);
}

/* ---- many rows ----------------------------------------------------------------------------------
 */

enum { MANY_ROWS = 70000, MANY_TAGS = 500 };

/* Rows of up to 9 tags, now and then of several hundred; enough to leave every buffer. */
static size_t random_row(uint64_t *random, uint32_t *tags)
{
    size_t count = next_random(random) % 10;
    if (next_random(random) % 5000 == 0) {
        count = 300 + next_random(random) % 300;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t wide = next_random(random) % MANY_TAGS;
        tags[i] = (uint32_t)(wide * wide / MANY_TAGS);
    }
    return count;
}

static const char *write_many(void)
{
    const char *path = in_folder("many.jsonl");
    FILE *file = fopen(path, "w");
    uint64_t random = SEED;
    uint32_t tags[1000];
    for (int row = 0; row < MANY_ROWS; row++) {
        size_t count = random_row(&random, tags);
        fprintf(file, "{\"id\":\"row %d\",\"tags\":[", row);
        for (size_t i = 0; i < count; i++) {
            fprintf(file, "%s\"t%u\"", i > 0 ? "," : "", tags[i]);
        }
        fputs("]", file);
        if (row % 3 == 1) { /* columns that begin late and stop early */
            fprintf(file, ",\"prompt_tokens\":%d,\"category\":\"c%d\",\"text\":\"text %d\"", row,
                    row % 7, row);
        }
        if (row > 40000 && row % 2 == 0) {
            fprintf(file, ",\"models\":{\"m%d\":{\"score\":%d}}", row % 30, row % 1000);
        }
        fputs("}\n", file);
    }
    assert_int_equal(fclose(file), 0);
    return path;
}

static void check_many_tags(const tgr_query_file *file, const tgr_batch *batch)
{
    uint64_t random = SEED;
    uint32_t tags[1000];
    uint64_t totals[MANY_TAGS] = {0};
    for (size_t row = 0; row < MANY_ROWS; row++) {
        unsigned counts[MANY_TAGS] = {0};
        size_t distinct = 0;
        size_t count = random_row(&random, tags);
        for (size_t i = 0; i < count; i++) {
            distinct += counts[tags[i]]++ == 0;
            totals[tags[i]]++;
        }
        int64_t begin = batch->x.indptr[row], end = batch->x.indptr[row + 1];
        assert_int_equal(end - begin, distinct);
        for (int64_t i = begin; i < end; i++) {
            unsigned tag = (unsigned)atoi(name_of(file->tags, batch->x.indices[i]) + 1);
            assert_true(value_at(batch, i) == counts[tag]);
            assert_true(i == begin || batch->x.indices[i - 1] < batch->x.indices[i]);
        }
    }
    for (uint32_t column = 1; column < file->columns; column++) {
        const char *before = name_of(file->tags, column - 1), *name = name_of(file->tags, column);
        uint64_t more = totals[atoi(before + 1)], less = totals[atoi(name + 1)];
        assert_true(more > less || (more == less && strcmp(before, name) < 0));
    }
}

static void check_many_columns(const tgr_query_file *file, const tgr_batch *batch)
{
    size_t models = tgr_strings_count(file->models);
    assert_int_equal(models, 15);
    for (size_t row = 0; row < MANY_ROWS; row++) {
        char text[32];
        snprintf(text, sizeof text, "row %zu", row);
        assert_string_equal(id_text(batch, row), text);
        if (row % 3 == 1) {
            assert_true(batch->prompt_tokens[row] == (double)row);
            snprintf(text, sizeof text, "c%zu", row % 7);
            assert_string_equal(name_of(file->categories, batch->category[row]), text);
        } else {
            assert_true(isnan(batch->prompt_tokens[row]));
            assert_int_equal(batch->category[row], -1);
        }
        snprintf(text, sizeof text, "m%zu", row % 30);
        uint32_t judged = row > 40000 && row % 2 == 0 ? number_of(file->models, text) : UINT32_MAX;
        for (uint32_t model = 0; model < models; model++) {
            float score = batch->score[row * models + model];
            assert_true(model == judged ? score == (float)(row % 1000) : isnan(score));
        }
    }
}

static void many_rows_arrive_as_they_were_logged(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_many());
    for (int packed = 0; packed < 2; packed++) {
        options.compress = packed != 0;
        options.compact = packed != 0;
        tgr_ingest_report report;
        tgr_query_file *file = ingest_all(&options, &report);
        tgr_batch batch = read_all(file);
        assert_int_equal(report.queries, MANY_ROWS);
        check_many_tags(file, &batch);
        check_many_columns(file, &batch);
        close_all(file, &batch);
    }
}

static char *read_bytes(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*length + 1);
    assert_int_equal(fread(bytes, 1, *length, file), *length);
    fclose(file);
    return bytes;
}

static char *ingest_bytes(tgr_ingest_options options, const char *name, bool compress,
                          size_t *length)
{
    tgr_error error;
    char path[512];
    snprintf(path, sizeof path, "%s", in_folder(name));
    options.output = path;
    options.compress = compress;
    assert_int_equal(tgr_ingest(&options, NULL, NULL, &error), TGR_OK);
    return read_bytes(path, length);
}

/* Same input, same bytes, whatever the name of the output and the time are. */
static void equal_logs_make_equal_files(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", plain_log));
    char *bytes[2], *again[2];
    size_t length[2], again_length[2];
    for (int compress = 0; compress < 2; compress++) {
        bytes[compress] = ingest_bytes(options, "out.h5", compress != 0, &length[compress]);
    }
    sleep(1); /* a time stamp of seconds would differ */
    for (int compress = 0; compress < 2; compress++) {
        again[compress] =
            ingest_bytes(options, "another name.h5", compress != 0, &again_length[compress]);
        assert_int_equal(length[compress], again_length[compress]);
        assert_memory_equal(bytes[compress], again[compress], length[compress]);
        free(bytes[compress]);
        free(again[compress]);
    }
}

/* ---- what a run is told -------------------------------------------------------------------------
 */

typedef struct told {
    uint64_t reading_calls, reading_last, reading_total, writing_last;
    bool fell;
    char messages[2048];
} told;

static void note_progress(void *user, const tgr_progress *progress)
{
    told *heard = user;
    if (strcmp(progress->phase, "reading") == 0) {
        assert_string_equal(progress->unit, "bytes");
        heard->fell = heard->fell || progress->done < heard->reading_last;
        heard->reading_calls++;
        heard->reading_last = progress->done;
        heard->reading_total = progress->total;
    } else {
        assert_string_equal(progress->phase, "writing");
        assert_string_equal(progress->unit, "queries");
        heard->writing_last = progress->done;
    }
}

static void note_message(void *user, tgr_level level, const char *sentence)
{
    told *heard = user;
    size_t length = strlen(heard->messages);
    snprintf(heard->messages + length, sizeof heard->messages - length, "%d %s\n", (int)level,
             sentence);
}

static void progress_and_messages_reach_the_run(void **state)
{
    (void)state;
    tgr_error error;
    told heard = {0};
    tgr_run run = {
        .size = sizeof run, .progress = note_progress, .message = note_message, .user = &heard};
    tgr_ingest_options options = options_for(NULL);
    size_t first, second;
    const char *inputs[2] = {write_many(), write_text("log.jsonl", "{\"text\":\"a\"}\n{]\n")};
    free(read_bytes(inputs[0], &first));
    free(read_bytes(inputs[1], &second));
    options.inputs = inputs;
    options.input_count = 2;
    assert_int_equal(tgr_ingest(&options, NULL, &run, &error), TGR_OK);
    assert_true(heard.reading_calls > 4);
    assert_false(heard.fell);
    assert_int_equal(heard.reading_last, first + second);
    assert_int_equal(heard.reading_total, first + second);
    assert_int_equal(heard.writing_last, MANY_ROWS + 1);
    assert_non_null(strstr(heard.messages, "1 skipped 1 of 70002 records (syntax), the first: "
                                           "log.jsonl: line 2: "));
    assert_non_null(strstr(heard.messages, " of 70001 queries have no tag"));
}

static void logs_of_one_name_are_told_apart(void **state)
{
    (void)state;
    tgr_error error;
    told heard = {0};
    tgr_run run = {.size = sizeof run, .message = note_message, .user = &heard};
    const char *log = write_text("log.jsonl", "{\"tags\":[\"a\"]}\n");
    tgr_ingest_options options = options_for(NULL);
    const char *inputs[2] = {log, log};
    options.inputs = inputs;
    options.input_count = 2;
    assert_int_equal(tgr_ingest(&options, NULL, &run, &error), TGR_OK);
    assert_non_null(strstr(heard.messages, "several logs are named log.jsonl: in the query file, "
                                           "log 2 is log.jsonl#2"));
    char strings[64][64];
    hid_t file = H5Fopen(options.output, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_int_equal(read_strings(file, "obs/source/categories", strings), 2);
    assert_string_equal(strings[1], "log.jsonl#2");
    assert_int_equal(read_strings(file, "obs/_index", strings), 2);
    assert_string_equal(strings[1], "log.jsonl#2@0");
    H5Fclose(file);
}

/* ---- real data ----------------------------------------------------------------------------------
 */

static void the_tagged_mmlu_set(void **state)
{
    (void)state;
    const char *data = getenv("TAGROUTE_DATA");
    char path[1024];
    if (data == NULL) {
        print_message("skipped: TAGROUTE_DATA does not name a folder with mmlu_tagged.jsonl.gz\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/mmlu_tagged.jsonl.gz", data);
    tgr_ingest_options options = options_for(path);
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    assert_int_equal(report.queries, 14037);
    assert_int_equal(report.bad, 0);
    assert_int_equal(report.judged, 2 * 14037);
    assert_string_equal(joined(file->models),
                        "gpt-4-1106-preview|mistralai/Mixtral-8x7B-Instruct-v0.1");
    assert_int_equal(tgr_strings_count(file->categories), 57);
    assert_string_equal(joined(file->splits), "test|train");
    tgr_query_close(file);
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_log_becomes_a_query_file, empty_folder),
        cmocka_unit_test_teardown(columns_that_no_record_has_are_left_out, empty_folder),
        cmocka_unit_test_teardown(values_take_the_type_that_they_need, empty_folder),
        cmocka_unit_test_teardown(repeated_tags_add_up, empty_folder),
        cmocka_unit_test_teardown(categories_become_tags, empty_folder),
        cmocka_unit_test_teardown(a_router_numbers_its_tags_first, empty_folder),
        cmocka_unit_test_teardown(a_router_rules_whether_categories_are_tags, empty_folder),
        cmocka_unit_test_teardown(logs_of_all_formats_are_one_sequence, empty_folder),
        cmocka_unit_test_teardown(sources_positions_and_texts_are_kept, empty_folder),
        cmocka_unit_test_teardown(a_log_is_known_by_a_hash_of_its_blocks, empty_folder),
        cmocka_unit_test_teardown(records_of_one_event_are_told_apart, empty_folder),
        cmocka_unit_test_teardown(texts_may_be_left_out, empty_folder),
        cmocka_unit_test_teardown(many_rows_arrive_as_they_were_logged, empty_folder),
        cmocka_unit_test_teardown(equal_logs_make_equal_files, empty_folder),
        cmocka_unit_test_teardown(progress_and_messages_reach_the_run, empty_folder),
        cmocka_unit_test_teardown(logs_of_one_name_are_told_apart, empty_folder),
        cmocka_unit_test_teardown(the_tagged_mmlu_set, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
