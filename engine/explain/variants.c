/* variants.c - rows copied with one entry left out. */
#include "engine/explain/variants.h"

#include <string.h>

#include "engine/base/memory.h"

static size_t value_width(tgr_value_type type)
{
    return type == TGR_U8 ? 1 : type == TGR_U16 ? 2 : 4;
}

void tgr_variants_begin(tgr_variants *variants, const tgr_batch *from)
{
    variants->from = from;
    variants->row = 0;
    variants->entry = from->rows > 0 ? from->x.indptr[0] : 0;
}

/* How many variants come next, and how many entries they have. */
static size_t measure(const tgr_variants *variants, size_t most, size_t *entries)
{
    const int64_t *indptr = variants->from->x.indptr;
    size_t count = 0, row = variants->row;
    int64_t entry = variants->entry;
    *entries = 0;
    while (row < variants->from->rows) {
        size_t left = (size_t)(indptr[row + 1] - entry);
        size_t each = (size_t)(indptr[row + 1] - indptr[row]) - (left > 0);
        size_t room = *entries < most ? most - *entries : 0;
        size_t fit = each == 0 ? left : room / each;
        fit = fit < left ? fit : left;
        fit = fit == 0 && count == 0 && left > 0 ? 1 : fit;
        count += fit;
        *entries += fit * each;
        if (fit < left || count >= most) {
            break;
        }
        row++;
        entry = indptr[row];
    }
    return count;
}

#define GROW(pointer, capacity, count)                                                             \
    (memory = (pointer),                                                                           \
     fits = fits && tgr_mem_grow(&memory, &(capacity), count, sizeof *(pointer)),                  \
     (pointer) = memory)

static bool make_room(tgr_variants *variants, size_t rows, size_t entries)
{
    void *memory;
    bool fits = true;
    GROW(variants->lacking, variants->lacking_capacity, rows);
    GROW(variants->of_row, variants->of_row_capacity, rows);
    GROW(variants->indptr, variants->indptr_capacity, rows + 1);
    GROW(variants->indices, variants->index_capacity, entries);
    GROW(variants->values, variants->value_capacity, entries);
    for (size_t i = 0; i < 3; i++) {
        GROW(variants->codes[i], variants->code_capacity[i], rows);
    }
    GROW(variants->tokens, variants->token_capacity, rows);
    GROW(variants->cached_tokens, variants->cached_capacity, rows);
    return fits;
}

/* A part of a row, appended. */
static size_t copy(tgr_variants *variants, size_t at, int64_t begin, int64_t end)
{
    const tgr_csr *from = &variants->from->x;
    size_t width = value_width(from->value_type), count = (size_t)(end - begin);
    if (count > 0) {
        memcpy(variants->indices + at, from->indices + begin, count * sizeof *from->indices);
        memcpy((char *)variants->values + at * width,
               (const char *)from->values + (size_t)begin * width, count * width);
    }
    return at + count;
}

static size_t add_variant(tgr_variants *variants, size_t number, size_t at)
{
    const tgr_batch *from = variants->from;
    size_t row = variants->row;
    const int32_t *codes[] = {from->allow, from->deny, from->needs};
    at = copy(variants, at, from->x.indptr[row], variants->entry);
    at = copy(variants, at, variants->entry + 1, from->x.indptr[row + 1]);
    variants->indptr[number + 1] = (int64_t)at;
    variants->lacking[number] = variants->entry;
    variants->of_row[number] = (uint32_t)row;
    for (size_t i = 0; i < 3; i++) {
        variants->codes[i][number] = codes[i] == NULL ? -1 : codes[i][row];
    }
    variants->tokens[number] = from->prompt_tokens == NULL ? 0 : from->prompt_tokens[row];
    variants->cached_tokens[number] = from->cached_tokens == NULL ? 0 : from->cached_tokens[row];
    return at;
}

/* The arrays as a batch, without the columns that there are none of. */
static void make_batch(tgr_variants *variants, size_t rows)
{
    const tgr_batch *from = variants->from;
    variants->batch = (tgr_batch){
        .first_row = from->first_row,
        .rows = rows,
        .x = {rows, variants->indptr, variants->indices, variants->values, from->x.value_type,
              NULL},
        .allow = from->allow == NULL ? NULL : variants->codes[0],
        .deny = from->deny == NULL ? NULL : variants->codes[1],
        .needs = from->needs == NULL ? NULL : variants->codes[2],
        .prompt_tokens = from->prompt_tokens == NULL ? NULL : variants->tokens,
        .cached_tokens = from->cached_tokens == NULL ? NULL : variants->cached_tokens,
    };
}

/* To the next row that has an entry left. */
static void skip_finished(tgr_variants *variants)
{
    const int64_t *indptr = variants->from->x.indptr;
    while (variants->row < variants->from->rows && variants->entry == indptr[variants->row + 1]) {
        variants->row++;
    }
}

bool tgr_variants_next(tgr_variants *variants, size_t entries)
{
    size_t needed, at = 0, rows = measure(variants, entries, &needed);
    if (!make_room(variants, rows, needed)) {
        return false;
    }
    variants->indptr[0] = 0;
    for (size_t i = 0; i < rows; i++) {
        skip_finished(variants);
        at = add_variant(variants, i, at);
        variants->entry++;
    }
    skip_finished(variants);
    make_batch(variants, rows);
    return true;
}

void tgr_variants_free(tgr_variants *variants)
{
    tgr_mem_free(variants->lacking);
    tgr_mem_free(variants->of_row);
    tgr_mem_free(variants->indptr);
    tgr_mem_free(variants->indices);
    tgr_mem_free(variants->values);
    for (size_t i = 0; i < 3; i++) {
        tgr_mem_free(variants->codes[i]);
    }
    tgr_mem_free(variants->tokens);
    tgr_mem_free(variants->cached_tokens);
    *variants = (tgr_variants){0};
}
