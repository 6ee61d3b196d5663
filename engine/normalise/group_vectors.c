/* group_vectors.c - where groups get their vectors from. */
#include "engine/normalise/group_vectors.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/embeddings.h"

#define READ_FLOATS ((size_t)1 << 20) /* read at once, about */
#define NO_ROW      UINT32_MAX

tgr_status tgr_group_spellings(const tgr_groups *groups, const uint32_t *members, size_t count,
                               tgr_vectors *vectors, tgr_error *error)
{
    tgr_status status = tgr_vectors_open(vectors, count, TGR_SPELLING_COMPONENTS, error);
    for (size_t i = 0; i < count && status == TGR_OK; i++) {
        size_t length;
        const char *form = tgr_strings_get(groups->forms, members[i], &length);
        tgr_vector_of_text(form, length, vectors->values + i * vectors->components);
    }
    return status;
}

/* ---- embeddings ----------------------------------------------------------------------------- */

/* Puts into rows, for each group, the row of the first of its tags that the file has. */
static void find_rows(const tgr_groups *groups, const tgr_seen_tags *tags,
                      const tgr_embeddings *embeddings, uint32_t *rows)
{
    uint32_t count = tgr_strings_count(tags->tags);
    for (size_t group = 0; group < groups->count; group++) {
        rows[group] = NO_ROW;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t group = groups->of_tag[groups->order[i]];
        if (group != TGR_NO_GROUP && rows[group] == NO_ROW) {
            size_t length;
            const char *tag = tgr_strings_get(tags->tags, groups->order[i], &length);
            rows[group] = tgr_strings_find(embeddings->tags, tag, length); /* none: NO_ROW */
        }
    }
}

/* For each row of the file that is wanted, the vector that it becomes. (Groups share no row, as
 * they share no tag.) */
static size_t choose_rows(const uint32_t *rows, uint32_t *members, size_t count, uint32_t *wanted)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[members[i]] != NO_ROW) {
            wanted[rows[members[i]]] = (uint32_t)kept;
            members[kept++] = members[i];
        }
    }
    return kept;
}

static tgr_status keep_row(const tgr_embeddings *embeddings, const char *path, size_t row,
                           const float *values, float *to, tgr_error *error)
{
    memcpy(to, values, embeddings->components * sizeof *to);
    if (tgr_vector_scale(to, embeddings->components)) {
        return TGR_OK;
    }
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: the vector of '%.200s', row %zu, holds a number that is not finite", path,
                    tgr_strings_get(embeddings->tags, (uint32_t)row, NULL), row);
}

static tgr_status read_rows(tgr_embeddings *embeddings, const char *path, const uint32_t *wanted,
                            tgr_vectors *vectors, tgr_error *error)
{
    tgr_status status = TGR_OK;
    size_t rows = tgr_strings_count(embeddings->tags), components = embeddings->components;
    size_t most = READ_FLOATS / components + 1, now;
    float *values = tgr_mem_alloc(most * components, sizeof *values);
    if (values == NULL) {
        return tgr_fail_memory(error, path);
    }
    for (size_t row = 0; row < rows; row += now) {
        now = rows - row < most ? rows - row : most;
        TGR_TRY(tgr_embeddings_read(embeddings, row, now, values, error));
        for (size_t i = 0; i < now; i++) {
            if (wanted[row + i] != NO_ROW) {
                TGR_TRY(keep_row(embeddings, path, row + i, values + i * components,
                                 vectors->values + wanted[row + i] * components, error));
            }
        }
    }
done:
    tgr_mem_free(values);
    return status;
}

tgr_status tgr_group_embeddings(const tgr_groups *groups, const tgr_seen_tags *tags,
                                const char *path, uint32_t *members, size_t *count,
                                tgr_vectors *vectors, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_embeddings *embeddings = NULL;
    uint32_t *rows = tgr_mem_alloc(groups->count, sizeof *rows), *wanted = NULL;
    if (rows == NULL) {
        return tgr_fail_memory(error, path);
    }
    TGR_TRY(tgr_embeddings_open(path, &embeddings, error));
    size_t tag_count = tgr_strings_count(embeddings->tags);
    wanted = tgr_mem_alloc(tag_count, sizeof *wanted);
    if (wanted == NULL) {
        status = tgr_fail_memory(error, path);
        goto done;
    }
    memset(wanted, 0xff, tag_count * sizeof *wanted); /* NO_ROW */
    find_rows(groups, tags, embeddings, rows);
    *count = choose_rows(rows, members, *count, wanted);
    TGR_TRY(tgr_vectors_open(vectors, *count, embeddings->components, error));
    TGR_TRY(read_rows(embeddings, path, wanted, vectors, error));
done:
    tgr_embeddings_close(embeddings);
    tgr_mem_free(rows);
    tgr_mem_free(wanted);
    return status;
}
