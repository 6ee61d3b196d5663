/* test_store_support.h - made-up query files for the tests of the store, held in plain arrays. */
#ifndef TGR_TESTS_STORE_SUPPORT_H
#define TGR_TESTS_STORE_SUPPORT_H

#include "tests/cmocka_all.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/store/query_read.h"
#include "engine/store/query_write.h"

#define SEED 20250611u

static inline uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline uint64_t below(uint64_t *state, uint64_t limit)
{
    return next_random(state) % limit;
}

/* ---- a folder of its own for each test ------------------------------------------------- */

static char folder[256];

static inline int make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/tagroute-store-XXXXXX", base && base[0] ? base : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

/* Calls `each` (or nothing) for every entry; returns how many there are. */
static inline int folder_entries(void (*each)(const char *path))
{
    char path[600];
    int count = 0;
    DIR *open = opendir(folder);
    for (struct dirent *entry; open && (entry = readdir(open));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            count++;
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            if (each) {
                each(path);
            }
        }
    }
    if (open) {
        closedir(open);
    }
    return count;
}

static inline void remove_entry(const char *path)
{
    unlink(path);
}

static inline int remove_folder(void **state)
{
    (void)state;
    folder_entries(remove_entry);
    return rmdir(folder);
}

static inline const char *in_folder(const char *name)
{
    static char paths[8][400];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline char *slurp(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*length + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *length, file), *length);
    bytes[*length] = 0;
    fclose(file);
    return bytes;
}

static inline void spill(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* ---- sample query files ---------------------------------------------------------------- */

typedef struct sample {
    tgr_query_plan plan;
    int64_t *indptr;
    uint32_t *indices;
    void *values;
    int32_t *codes[6]; /* category, split, allow, deny, needs, source */
    int64_t *position;
    double *prompt_tokens;
    float *score, *cost, *completion_tokens;
    int8_t *outcome;
    tgr_texts ids, texts;
    char **tags;
    uint64_t *tag_queries;
    double *tag_counts;
} sample;

typedef struct sample_shape {
    uint64_t rows;
    uint32_t tags, models;
    tgr_value_type value_type;
    bool bare;        /* nothing but X, ids and positions */
    bool some_tokens; /* prompt_tokens with gaps */
    uint32_t categories;
} sample_shape;

static const char *const sample_models[] = {"gpt-4", "mixtral", "qwen \"2\"", "m\xc3\xa9moire"};
static const char *const sample_splits[] = {"train", "test"};
static const char *const sample_allows[] = {"[\"gpt-4\"]", "[\"gpt-4\",\"mixtral\"]"};
static const char *const sample_denies[] = {"[\"mixtral\"]"};
static const char *const sample_needs[] = {"[\"vision\"]", "[]"};
static const char *const sample_sources[] = {"log.jsonl.gz"};

static inline void *sample_array(uint64_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    assert_non_null(memory);
    return memory;
}

static inline tgr_texts sample_texts(uint64_t rows, const char *prefix, bool gaps, uint64_t *random)
{
    tgr_texts texts = {sample_array(rows * 64, 1), sample_array(rows + 1, sizeof(uint64_t))};
    for (uint64_t row = 0; row < rows; row++) {
        char *at = texts.bytes + texts.offsets[row];
        int length = gaps && below(random, 4) == 0
                         ? 0
                         : snprintf(at, 64, "%s%llu\xc3\xa9%.*s", prefix, (unsigned long long)row,
                                    (int)below(random, 20), "abcdefghijklmnopqrst");
        texts.offsets[row + 1] = texts.offsets[row] + (uint64_t)length;
    }
    return texts;
}

static inline void sample_x(sample *made, const sample_shape *shape, uint64_t *random)
{
    uint64_t rows = shape->rows;
    made->indptr = sample_array(rows + 1, sizeof(int64_t));
    uint64_t room = rows * (shape->tags < 12 ? shape->tags : 12);
    made->indices = sample_array(room, sizeof(uint32_t));
    made->values = sample_array(room, sizeof(float));
    uint64_t at = 0;
    for (uint64_t row = 0; row < rows; row++) {
        /* Every fourth row is empty; the others take tags with growing steps. */
        uint64_t step = 1 + shape->tags / 12;
        for (uint64_t tag = below(random, step); tag < shape->tags && row % 4 != 3;
             tag += 1 + below(random, 2 * step)) {
            if (at - (uint64_t)made->indptr[row] == 12) {
                break;
            }
            made->indices[at] = (uint32_t)tag;
            if (shape->value_type == TGR_F32) {
                ((float *)made->values)[at] = (float)below(random, 2000) / 7.0f - 100.1f;
            } else if (shape->value_type == TGR_U16) {
                ((uint16_t *)made->values)[at] = (uint16_t)(1 + below(random, 65535));
            } else {
                ((uint8_t *)made->values)[at] = (uint8_t)(1 + below(random, 255));
            }
            made->tag_queries[tag]++;
            made->tag_counts[tag] += (double)(1 + below(random, 3));
            at++;
        }
        made->indptr[row + 1] = (int64_t)at;
    }
    made->plan.nonzeros = at;
}

static inline void sample_columns(sample *made, const sample_shape *shape, uint64_t *random)
{
    uint64_t rows = shape->rows, cells = rows * shape->models;
    const uint32_t counts[6] = {shape->categories, 2, 2, 1, 2, 1};
    made->position = sample_array(rows, sizeof(int64_t));
    made->prompt_tokens = sample_array(rows, sizeof(double));
    for (int i = 0; i < 6; i++) {
        made->codes[i] = sample_array(rows, sizeof(int32_t));
        for (uint64_t row = 0; row < rows; row++) {
            made->codes[i][row] = (int32_t)below(random, counts[i] + 1) - 1;
        }
    }
    for (uint64_t row = 0; row < rows; row++) {
        made->position[row] = (int64_t)(row * 5000000000u);
        bool missing = shape->some_tokens && below(random, 3) == 0;
        made->prompt_tokens[row] = missing ? (double)NAN : (double)below(random, 9000);
    }
    made->score = sample_array(cells, sizeof(float));
    made->cost = sample_array(cells, sizeof(float));
    made->completion_tokens = sample_array(cells, sizeof(float));
    made->outcome = sample_array(cells, 1);
    for (uint64_t i = 0; i < cells; i++) {
        bool missing = below(random, 4) == 0;
        made->score[i] = missing ? NAN : (float)below(random, 100) / 9.0f - 3;
        made->cost[i] = missing ? NAN : (float)below(random, 100) / 90000.0f;
        made->completion_tokens[i] = missing ? NAN : (float)below(random, 1000);
        made->outcome[i] = (int8_t)((int)below(random, 4) - 1);
    }
}

static inline const char **sample_category_names(uint32_t count)
{
    const char **names = sample_array(count, sizeof(*names));
    for (uint32_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "category %u", i);
        names[i] = strdup(name);
    }
    return names;
}

static inline sample sample_make(const sample_shape *shape)
{
    uint64_t random = SEED + shape->rows * 31 + shape->tags;
    sample made = {0};
    tgr_query_plan *plan = &made.plan;
    made.tags = sample_array(shape->tags, sizeof(char *));
    made.tag_queries = sample_array(shape->tags, sizeof(uint64_t));
    made.tag_counts = sample_array(shape->tags, sizeof(double));
    for (uint32_t tag = 0; tag < shape->tags; tag++) {
        char name[32];
        snprintf(name, sizeof name, "t\xc3\xa4g %u", tag);
        made.tags[tag] = strdup(name);
    }
    sample_x(&made, shape, &random);
    sample_columns(&made, shape, &random);
    made.ids = sample_texts(shape->rows, "q", false, &random);
    made.texts = sample_texts(shape->rows, "a longer text ", true, &random);
    plan->rows = shape->rows;
    plan->value_type = shape->value_type;
    plan->tags = (tgr_names){(const char *const *)made.tags, shape->tags};
    plan->tag_queries = made.tag_queries;
    plan->tag_counts = made.tag_counts;
    plan->id_width = 64;
    plan->tagger_kind = "given";
    plan->tagger_digest = "0123456789abcdef0123456789abcdef";
    plan->category_tag = true;
    if (!shape->bare) {
        plan->models = (tgr_names){sample_models, shape->models};
        plan->categories = (tgr_names){sample_category_names(shape->categories), shape->categories};
        plan->splits = (tgr_names){sample_splits, 2};
        plan->allows = (tgr_names){sample_allows, 2};
        plan->denies = (tgr_names){sample_denies, 1};
        plan->needs = (tgr_names){sample_needs, 2};
        plan->sources = (tgr_names){sample_sources, 1};
        plan->has_text = plan->has_prompt_tokens = true;
        plan->all_prompt_tokens = !shape->some_tokens;
        plan->has_score = plan->has_outcome = plan->has_cost = plan->has_completion_tokens = true;
    }
    return made;
}

static inline void sample_free(sample *made)
{
    for (uint32_t tag = 0; tag < made->plan.tags.count; tag++) {
        free(made->tags[tag]);
    }
    for (uint32_t i = 0; i < made->plan.categories.count; i++) {
        free((char *)(uintptr_t)made->plan.categories.names[i]);
    }
    free((void *)(uintptr_t)made->plan.categories.names);
    for (int i = 0; i < 6; i++) {
        free(made->codes[i]);
    }
    void *all[] = {
        made->tags,      made->tag_queries, made->tag_counts,        made->indptr,
        made->indices,   made->values,      made->position,          made->prompt_tokens,
        made->score,     made->cost,        made->completion_tokens, made->outcome,
        made->ids.bytes, made->ids.offsets, made->texts.bytes,       made->texts.offsets};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        free(all[i]);
    }
    *made = (sample){0};
}

/* Puts a column in pieces of `piece` values, so that nothing depends on how the caller cuts. */
static inline tgr_status sample_put(tgr_query_writer *writer, tgr_query_column column,
                                    const void *values, size_t size, uint64_t count, uint64_t piece,
                                    tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (uint64_t done = 0; status == TGR_OK && done < count; done += piece) {
        uint64_t now = count - done < piece ? count - done : piece;
        status =
            tgr_query_put(writer, column, (const char *)values + done * size, (size_t)now, error);
    }
    return status;
}

static inline tgr_status sample_fill(tgr_query_writer *writer, const sample *from, uint64_t piece,
                                     tgr_error *error)
{
    static const tgr_query_column codes[6] = {TGR_COLUMN_CATEGORY, TGR_COLUMN_SPLIT,
                                              TGR_COLUMN_ALLOW,    TGR_COLUMN_DENY,
                                              TGR_COLUMN_NEEDS,    TGR_COLUMN_SOURCE};
    const tgr_query_plan *plan = &from->plan;
    uint64_t rows = plan->rows, cells = rows * plan->models.count;
    size_t value = plan->value_type == TGR_U8 ? 1 : plan->value_type == TGR_U16 ? 2 : 4;
    tgr_status status =
        sample_put(writer, TGR_COLUMN_INDPTR, from->indptr, 8, rows + 1, piece, error);
#define PUT(...) status = status == TGR_OK ? sample_put(writer, __VA_ARGS__, piece, error) : status
    PUT(TGR_COLUMN_INDICES, from->indices, 4, plan->nonzeros);
    PUT(TGR_COLUMN_VALUES, from->values, value, plan->nonzeros);
    PUT(TGR_COLUMN_POSITION, from->position, 8, rows);
    if (plan->splits.count) {
        for (int i = 0; i < 6; i++) {
            PUT(codes[i], from->codes[i], 4, rows);
        }
        PUT(TGR_COLUMN_PROMPT_TOKENS, from->prompt_tokens, 8, rows);
        PUT(TGR_COLUMN_SCORE, from->score, 4, cells);
        PUT(TGR_COLUMN_OUTCOME, from->outcome, 1, cells);
        PUT(TGR_COLUMN_COST, from->cost, 4, cells);
        PUT(TGR_COLUMN_COMPLETION_TOKENS, from->completion_tokens, 4, cells);
    }
#undef PUT
    for (uint64_t done = 0; status == TGR_OK && done < rows; done += piece) {
        size_t now = (size_t)(rows - done < piece ? rows - done : piece);
        tgr_texts ids = {from->ids.bytes, from->ids.offsets + done};
        tgr_texts texts = {from->texts.bytes, from->texts.offsets + done};
        status = tgr_query_put_ids(writer, &ids, now, error);
        if (status == TGR_OK && plan->has_text) {
            status = tgr_query_put_text(writer, &texts, now, error);
        }
    }
    return status;
}

static inline tgr_status sample_write(const sample *from, const char *path, uint64_t piece,
                                      tgr_error *error)
{
    tgr_query_writer *writer;
    tgr_status status = tgr_query_writer_open(path, &from->plan, &writer, error);
    if (status == TGR_OK) {
        status = sample_fill(writer, from, piece, error);
    }
    if (status == TGR_OK) {
        status = tgr_query_writer_commit(writer, error);
    }
    tgr_query_writer_free(writer);
    return status;
}

#define WANT_ALL                                                                                   \
    (TGR_WANT_IDS | TGR_WANT_SPLIT | TGR_WANT_CATEGORY | TGR_WANT_ELIGIBILITY |                    \
     TGR_WANT_PROMPT_TOKENS | TGR_WANT_SCORE | TGR_WANT_OUTCOME | TGR_WANT_COST |                  \
     TGR_WANT_COMPLETION_TOKENS)

#define assert_ok(call) assert_ok_at(call, &error, __FILE__, __LINE__)
static inline void assert_ok_at(tgr_status status, const tgr_error *error, const char *file,
                                int line)
{
    if (status != TGR_OK) {
        print_error("%s: %s\n", tgr_status_name(status), error->message);
        _fail(file, line);
    }
}

#endif
