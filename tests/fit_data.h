/* fit_data.h - random queries held plainly (dense, in full), and written as query files. For tests.
 */
#ifndef TGR_TESTS_FIT_DATA_H
#define TGR_TESTS_FIT_DATA_H

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/router/router.h"
#include "engine/store/query_write.h"
#include "tests/cmocka_all.h"

enum { NAME_SIZE = 32 };

typedef struct fit_data {
    size_t rows, columns, models;
    tgr_value_type type;
    double *x;                    /* rows x columns; 0: the query does not have the tag */
    float *score, *cost, *tokens; /* rows x models, NaN missing */
    int8_t *outcome;              /* rows x models, -1 missing */
    double *prompt;               /* rows, NaN missing */
    int32_t *split;               /* rows: 0 "train", 1 "test", -1 none */
    bool has_score, has_cost, has_tokens, has_outcome, has_prompt, has_split, category_tag;
    const char *tagger_digest; /* NULL: the right one */
    char (*tags)[NAME_SIZE];
    char (*names)[NAME_SIZE]; /* models, in the file's order */
} fit_data;

static inline uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline void *need(void *memory)
{
    assert_non_null(memory);
    return memory;
}

/* Nothing recorded, no tags. Names: tags "t0", "t1", ..., models "m0", "m1", ... */
static inline fit_data *data_new(size_t rows, size_t columns, size_t models)
{
    fit_data *data = need(calloc(1, sizeof *data));
    *data = (fit_data){.rows = rows, .columns = columns, .models = models};
    data->x = need(calloc(rows * columns + 1, sizeof *data->x));
    data->score = need(malloc(rows * models * sizeof *data->score + 1));
    data->cost = need(malloc(rows * models * sizeof *data->cost + 1));
    data->tokens = need(malloc(rows * models * sizeof *data->tokens + 1));
    data->outcome = need(malloc(rows * models + 1));
    data->prompt = need(malloc(rows * sizeof *data->prompt + 1));
    data->split = need(calloc(rows + 1, sizeof *data->split));
    data->tags = need(calloc(columns + 1, NAME_SIZE));
    data->names = need(calloc(models + 1, NAME_SIZE));
    for (size_t i = 0; i < rows * models; i++) {
        data->score[i] = data->cost[i] = data->tokens[i] = NAN;
        data->outcome[i] = -1;
    }
    for (size_t i = 0; i < rows; i++) {
        data->prompt[i] = NAN;
    }
    for (size_t i = 0; i < columns; i++) {
        snprintf(data->tags[i], NAME_SIZE, "t%zu", i);
    }
    for (size_t i = 0; i < models; i++) {
        snprintf(data->names[i], NAME_SIZE, "m%zu", i);
    }
    return data;
}

static inline void data_free(fit_data *data)
{
    free(data->x);
    free(data->score);
    free(data->cost);
    free(data->tokens);
    free(data->outcome);
    free(data->prompt);
    free(data->split);
    free(data->tags);
    free(data->names);
    free(data);
}

static inline double random_value(tgr_value_type type, uint64_t *random)
{
    switch (type) {
    case TGR_U8:
        return (double)(1 + next_random(random) % 3);
    case TGR_U16:
        return (double)(1 + next_random(random) % 65535);
    default:
        return (double)(float)((double)(1 + next_random(random) % 1000) / 300);
    }
}

/* Rare and frequent tags, some never; scores tie often; one pair in `sparse` is not judged. */
static inline void data_fill(fit_data *data, unsigned sparse, uint64_t *random)
{
    for (size_t row = 0; row < data->rows; row++) {
        for (size_t column = 0; column < data->columns; column++) {
            if (column % 7 != 3 && next_random(random) % (column + 2) == 0) {
                data->x[row * data->columns + column] = random_value(data->type, random);
            }
        }
        for (size_t i = row * data->models; i < (row + 1) * data->models; i++) {
            bool judged = next_random(random) % sparse != 0;
            data->score[i] = judged ? (float)(next_random(random) % 4) / 3 : NAN;
            data->outcome[i] = judged ? (int8_t)(next_random(random) % 3) : -1;
            data->cost[i] = judged ? (float)(next_random(random) % 1000) * 1e-5f : NAN;
            data->tokens[i] = judged ? (float)(next_random(random) % 500) : NAN;
        }
        data->prompt[row] = (double)(next_random(random) % 900);
        data->split[row] = (int32_t)(next_random(random) % 3) - 1;
    }
}

/* The non-zero entries of some rows as CSR; arrays are freed by the caller. */
static inline size_t gather_csr(const fit_data *data, size_t begin, size_t end, int64_t **indptr,
                                uint32_t **indices, void **values)
{
    size_t room = (end - begin) * data->columns + 1, count = 0;
    *indptr = need(malloc((end - begin + 1) * sizeof **indptr));
    *indices = need(malloc(room * sizeof **indices));
    *values = need(malloc(room * sizeof(float)));
    for (size_t row = begin; row < end; row++) {
        (*indptr)[row - begin] = (int64_t)count;
        for (size_t column = 0; column < data->columns; column++) {
            double value = data->x[row * data->columns + column];
            if (value == 0) {
                continue;
            }
            (*indices)[count] = (uint32_t)column;
            if (data->type == TGR_U8) {
                ((uint8_t *)*values)[count++] = (uint8_t)value;
            } else if (data->type == TGR_U16) {
                ((uint16_t *)*values)[count++] = (uint16_t)value;
            } else {
                ((float *)*values)[count++] = (float)value;
            }
        }
    }
    (*indptr)[end - begin] = (int64_t)count;
    return count;
}

static inline const char **pointers(char (*names)[NAME_SIZE], size_t count)
{
    const char **list = need(malloc((count + 1) * sizeof *list));
    for (size_t i = 0; i < count; i++) {
        list[i] = names[i];
    }
    return list;
}

static inline void put(tgr_query_writer *writer, tgr_query_column column, const void *values,
                       size_t count)
{
    tgr_error error;
    tgr_status status = tgr_query_put(writer, column, values, count, &error);
    if (status != TGR_OK) {
        fail_msg("column %d: %s", (int)column, error.message);
    }
}

static inline void put_ids(tgr_query_writer *writer, size_t begin, size_t count)
{
    tgr_error error;
    tgr_texts ids = {need(malloc(8 * count + 1)), need(malloc((count + 1) * sizeof(uint64_t)))};
    ids.offsets[0] = 0;
    for (size_t i = 0; i < count; i++) {
        ids.offsets[i + 1] =
            ids.offsets[i] + (uint64_t)snprintf(ids.bytes + ids.offsets[i], 8, "q%zu", begin + i);
    }
    assert_int_equal(tgr_query_put_ids(writer, &ids, count, &error), TGR_OK);
    free(ids.bytes);
    free(ids.offsets);
}

static inline void put_models(tgr_query_writer *writer, const fit_data *data, size_t begin,
                              size_t end)
{
    size_t first = begin * data->models, count = (end - begin) * data->models;
    if (data->has_score) {
        put(writer, TGR_COLUMN_SCORE, data->score + first, count);
    }
    if (data->has_outcome) {
        put(writer, TGR_COLUMN_OUTCOME, data->outcome + first, count);
    }
    if (data->has_cost) {
        put(writer, TGR_COLUMN_COST, data->cost + first, count);
    }
    if (data->has_tokens) {
        put(writer, TGR_COLUMN_COMPLETION_TOKENS, data->tokens + first, count);
    }
}

/* Writes rows [begin, end) as a query file. */
static inline void data_write(const fit_data *data, size_t begin, size_t end, const char *path)
{
    static const char *const splits[] = {"train", "test"}, *const sources[] = {"log"};
    int64_t *indptr;
    uint32_t *indices;
    void *values;
    size_t rows = end - begin, nonzeros = gather_csr(data, begin, end, &indptr, &indices, &values);
    const char **tags = pointers(data->tags, data->columns);
    const char **models = pointers(data->names, data->models);
    uint64_t *tag_queries = need(calloc(data->columns + 1, sizeof *tag_queries));
    double *tag_counts = need(calloc(data->columns + 1, sizeof *tag_counts));
    for (size_t i = 0; i < nonzeros; i++) {
        tag_queries[indices[i]]++;
    }
    char digest[33];
    tgr_tagger_digest("given", data->category_tag, digest);
    const tgr_query_plan plan = {
        .rows = rows,
        .nonzeros = nonzeros,
        .value_type = data->type,
        .tags = {tags, (uint32_t)data->columns},
        .tag_queries = tag_queries,
        .tag_counts = tag_counts,
        .models = {models, (uint32_t)data->models},
        .splits = {splits, data->has_split ? 2 : 0},
        .sources = {sources, 1},
        .id_width = 8,
        .has_prompt_tokens = data->has_prompt,
        .has_score = data->has_score,
        .has_outcome = data->has_outcome,
        .has_cost = data->has_cost,
        .has_completion_tokens = data->has_tokens,
        .tagger_kind = "given",
        .tagger_digest = data->tagger_digest == NULL ? digest : data->tagger_digest,
        .category_tag = data->category_tag,
    };
    tgr_query_writer *writer;
    tgr_error error;
    if (tgr_query_writer_open(path, &plan, &writer, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    int64_t *positions = need(calloc(rows + 1, sizeof *positions));
    put(writer, TGR_COLUMN_INDPTR, indptr, rows + 1);
    put(writer, TGR_COLUMN_INDICES, indices, nonzeros);
    put(writer, TGR_COLUMN_VALUES, values, nonzeros);
    put(writer, TGR_COLUMN_POSITION, positions, rows);
    memset(positions, 0, rows * sizeof *positions);
    put(writer, TGR_COLUMN_SOURCE, positions, rows);
    put_ids(writer, begin, rows);
    if (data->has_prompt) {
        put(writer, TGR_COLUMN_PROMPT_TOKENS, data->prompt + begin, rows);
    }
    if (data->has_split) {
        put(writer, TGR_COLUMN_SPLIT, data->split + begin, rows);
    }
    put_models(writer, data, begin, end);
    if (tgr_query_writer_commit(writer, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    tgr_query_writer_free(writer);
    free(positions);
    free(tag_counts);
    free(tag_queries);
    free(models);
    free(tags);
    free(values);
    free(indices);
    free(indptr);
}

/* A folder of its own for a test program's files. */
static inline void folder_make(char *folder, size_t size)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, size, "%s/tagroute-fit-XXXXXX", base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(folder));
}

/* Removes it with the files in it. */
static inline int folder_remove(const char *folder)
{
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        return -1;
    }
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            unlink(path);
        }
    }
    closedir(entries);
    return rmdir(folder);
}

#endif
