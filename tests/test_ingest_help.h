/* test_ingest_help.h - what the ingest tests share: a folder of their own, logs written into it, a
 * query file read back whole.
 */
#ifndef TGR_TESTS_INGEST_HELP_H
#define TGR_TESTS_INGEST_HELP_H

#include "tests/cmocka_all.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tagroute/ingest.h>

#include "engine/base/strings.h"
#include "engine/store/query_read.h"

static char folder[256];

/* A path in the folder; a few of them may be in use at once. */
static inline const char *in_folder(const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline int make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/ingest.XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

/* Names in the folder that begin with a prefix ("" all). */
static inline int files_in_folder(const char *prefix)
{
    int count = 0;
    DIR *open_folder = opendir(folder);
    assert_non_null(open_folder);
    for (struct dirent *entry; (entry = readdir(open_folder)) != NULL;) {
        bool dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        count += !dots && strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    }
    closedir(open_folder);
    return count;
}

static inline int empty_folder(void **state)
{
    (void)state;
    DIR *open_folder = opendir(folder);
    if (open_folder == NULL) {
        return -1;
    }
    for (struct dirent *entry; (entry = readdir(open_folder)) != NULL;) {
        unlink(in_folder(entry->d_name));
    }
    closedir(open_folder);
    return 0;
}

static inline int remove_folder(void **state)
{
    int failed = empty_folder(state);
    return failed != 0 ? failed : rmdir(folder);
}

static inline const char *write_bytes(const char *name, const void *bytes, size_t length)
{
    const char *path = in_folder(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *write_text(const char *name, const char *text)
{
    return write_bytes(name, text, strlen(text));
}

/* Options for one log; the array of inputs holds up to eight. */
static inline tgr_ingest_options options_for(const char *log)
{
    static const char *inputs[8];
    static char output[512];
    tgr_ingest_options options;
    snprintf(output, sizeof output, "%s", in_folder("out.h5"));
    inputs[0] = log;
    tgr_ingest_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    options.output = output;
    return options;
}

/* Ingests and opens the result. */
static inline tgr_query_file *ingest_all(const tgr_ingest_options *options,
                                         tgr_ingest_report *report)
{
    tgr_error error = {TGR_OK, ""};
    tgr_query_file *file = NULL;
    tgr_status status = tgr_ingest(options, report, NULL, &error);
    if (status != TGR_OK) {
        fail_msg("ingest: %s", error.message);
    }
    if (tgr_query_open(options->output, &file, &error) != TGR_OK) {
        fail_msg("open: %s", error.message);
    }
    if (tgr_query_verify(file, &error) != TGR_OK) {
        fail_msg("verify: %s", error.message);
    }
    assert_int_equal(file->rows, report->queries);
    assert_int_equal(file->columns, report->tags);
    assert_int_equal(file->nonzeros, report->nonzeros);
    assert_int_equal(tgr_strings_count(file->models), report->models);
    return file;
}

#define WANT_ALL                                                                                   \
    (TGR_WANT_IDS | TGR_WANT_SPLIT | TGR_WANT_CATEGORY | TGR_WANT_ELIGIBILITY |                    \
     TGR_WANT_PROMPT_TOKENS | TGR_WANT_SCORE | TGR_WANT_OUTCOME | TGR_WANT_COST |                  \
     TGR_WANT_COMPLETION_TOKENS)

/* All rows in one batch. */
static inline tgr_batch read_all(tgr_query_file *file)
{
    tgr_batch batch = {0};
    tgr_error error = {TGR_OK, ""};
    if (tgr_query_read(file, 0, (size_t)file->rows, SIZE_MAX / 16, WANT_ALL, &batch, &error) !=
        TGR_OK) {
        fail_msg("read: %s", error.message);
    }
    assert_int_equal(batch.rows, file->rows);
    return batch;
}

static inline const char *name_of(const tgr_strings *names, int64_t number)
{
    return number < 0 ? NULL : tgr_strings_get(names, (uint32_t)number, NULL);
}

static inline uint32_t number_of(const tgr_strings *names, const char *name)
{
    return tgr_strings_find(names, name, strlen(name));
}

/* All of a file, the caller's to free. */
static inline char *read_bytes(const char *path, size_t *length)
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

/* The names joined by '|'. */
static inline const char *joined(const tgr_strings *names)
{
    static char text[4096];
    size_t length = 0;
    text[0] = '\0';
    for (uint32_t i = 0; names != NULL && i < tgr_strings_count(names); i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", i > 0 ? "|" : "",
                                   name_of(names, i));
        assert_true(length < sizeof text);
    }
    return text;
}

static inline double value_at(const tgr_batch *batch, int64_t entry)
{
    switch (batch->x.value_type) {
    case TGR_U8:
        return ((const uint8_t *)batch->x.values)[entry];
    case TGR_U16:
        return ((const uint16_t *)batch->x.values)[entry];
    case TGR_F32:
        return ((const float *)batch->x.values)[entry];
    }
    return 0;
}

/* A row as "tag=value tag=value", in column order. */
static inline const char *row_text(const tgr_query_file *file, const tgr_batch *batch, size_t row)
{
    static char texts[2][4096];
    static int next;
    char *text = texts[next++ % 2];
    size_t length = 0;
    text[0] = '\0';
    int64_t begin = batch->x.indptr[row] - batch->x.indptr[0];
    int64_t end = batch->x.indptr[row + 1] - batch->x.indptr[0];
    for (int64_t i = begin; i < end; i++) {
        length += (size_t)snprintf(text + length, sizeof texts[0] - length, "%s%s=%.9g",
                                   i > begin ? " " : "", name_of(file->tags, batch->x.indices[i]),
                                   value_at(batch, i));
        assert_true(length < sizeof texts[0]);
    }
    return text;
}

static inline const char *id_text(const tgr_batch *batch, size_t row)
{
    static char text[2048];
    size_t length = (size_t)(batch->ids.offsets[row + 1] - batch->ids.offsets[row]);
    assert_true(length < sizeof text);
    memcpy(text, batch->ids.bytes + batch->ids.offsets[row], length);
    text[length] = '\0';
    return text;
}

static inline void close_all(tgr_query_file *file, tgr_batch *batch)
{
    tgr_batch_free(batch);
    tgr_query_close(file);
}

#endif
