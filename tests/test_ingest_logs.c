/* test_ingest_logs.c - where rows come from: several logs, packed in every way, and what the query
 * file says of each.
 */
#include "tests/test_ingest_help.h"

#include <hdf5.h>
#include <msgpack.h>
#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

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

/* Keeps what a run says in 512 bytes. */
static void note_message(void *user, tgr_level level, const char *sentence)
{
    char *heard = user;
    size_t length = strlen(heard);
    (void)level;
    snprintf(heard + length, 512 - length, "%s\n", sentence);
}

static void logs_of_one_name_are_told_apart(void **state)
{
    (void)state;
    tgr_error error;
    char heard[512] = "";
    tgr_run run = {.size = sizeof run, .message = note_message, .user = heard};
    const char *log = write_text("log.jsonl", "{\"tags\":[\"a\"]}\n");
    tgr_ingest_options options = options_for(NULL);
    const char *inputs[2] = {log, log};
    options.inputs = inputs;
    options.input_count = 2;
    assert_int_equal(tgr_ingest(&options, NULL, &run, &error), TGR_OK);
    assert_non_null(strstr(heard, "several logs are named log.jsonl: in the query file, "
                                  "log 2 is log.jsonl#2"));
    char strings[64][64];
    hid_t file = H5Fopen(options.output, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_int_equal(read_strings(file, "obs/source/categories", strings), 2);
    assert_string_equal(strings[1], "log.jsonl#2");
    assert_int_equal(read_strings(file, "obs/_index", strings), 2);
    assert_string_equal(strings[1], "log.jsonl#2@0");
    H5Fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(logs_of_all_formats_are_one_sequence, empty_folder),
        cmocka_unit_test_teardown(sources_positions_and_texts_are_kept, empty_folder),
        cmocka_unit_test_teardown(a_log_is_known_by_a_hash_of_its_blocks, empty_folder),
        cmocka_unit_test_teardown(records_of_one_event_are_told_apart, empty_folder),
        cmocka_unit_test_teardown(texts_may_be_left_out, empty_folder),
        cmocka_unit_test_teardown(logs_of_one_name_are_told_apart, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
