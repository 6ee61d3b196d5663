/* column_codes.c - columns of few distinct texts: categoricals, or strings numbered when opened. */
#include "engine/store/column.h"

#include <inttypes.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

#define BLOCK_ROWS 65536

/* A row's text is missing where its mask says so or it is empty. */
static tgr_status number_block(const tgr_text_block *block, const int64_t *mask, uint32_t most,
                               tgr_strings *names, int32_t *codes, tgr_error *error)
{
    for (size_t i = 0; i < block->count; i++) {
        uint64_t begin = block->texts.offsets[i], end = block->texts.offsets[i + 1];
        codes[i] = -1;
        if (begin == end || (mask && mask[i])) {
            continue;
        }
        uint32_t number = tgr_strings_add(names, block->texts.bytes + begin, (size_t)(end - begin));
        if (number >= INT32_MAX) {
            return tgr_fail_memory(error, "the names of a column");
        }
        if (number >= most) {
            return tgr_fail(error, TGR_ERR_INPUT, "holds more than %" PRIu32 " distinct values",
                            most);
        }
        codes[i] = (int32_t)number;
    }
    return TGR_OK;
}

/* Numbers the strings of a whole column. mask: an array of booleans, or NULL. */
static tgr_status load(const tgr_array *values, const tgr_array *mask, tgr_code_column *column,
                       tgr_strings *names, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_text_block block = {0};
    int64_t *masked = mask ? tgr_mem_alloc(BLOCK_ROWS, sizeof(*masked)) : NULL;
    column->loaded = tgr_mem_alloc(values->rows, sizeof(*column->loaded));
    if (!column->loaded || (mask && !masked)) {
        status = tgr_fail_memory(error, values->name.text);
        goto done;
    }
    for (uint64_t at = 0; at < values->rows; at += block.count) {
        uint64_t now = values->rows - at < BLOCK_ROWS ? values->rows - at : BLOCK_ROWS;
        TGR_TRY(tgr_texts_read(values, at, now, &block, error));
        if (mask) {
            TGR_TRY(tgr_array_read_int64(mask, at, now, masked, error));
        }
        TGR_TRY(number_block(&block, masked, column->most > 0 ? column->most : UINT32_MAX, names,
                             column->loaded + at, error));
    }
done:
    tgr_text_block_free(&block);
    tgr_mem_free(masked);
    return status;
}

static tgr_status open_categorical(const tgr_h5_file *file, hid_t group,
                                   const char *categories_name, uint64_t rows,
                                   tgr_code_column *column, tgr_strings **names, tgr_error *error)
{
    tgr_array categories;
    tgr_status status = tgr_array_open(file, group, categories_name, &categories, error);
    if (status != TGR_OK) {
        return status;
    }
    if (column->codes.kind != TGR_ARRAY_INTEGER || categories.dataset == 0) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s: %s is a categorical without categories or integer codes", file->path,
                          column->codes.name.text);
        goto done;
    }
    TGR_TRY(tgr_array_expect(&column->codes, 1, rows, error));
    TGR_TRY(tgr_array_expect(&categories, 1, categories.rows, error));
    TGR_TRY(tgr_texts_distinct(&categories, "category", names, error));
    column->limit = tgr_strings_count(*names);
done:
    tgr_array_close(&categories);
    return status;
}

static tgr_status open_strings(const tgr_array *values, const tgr_array *mask, uint64_t rows,
                               tgr_code_column *column, tgr_strings **names, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_array_expect(values, 1, rows, error));
    if (mask) {
        TGR_TRY(tgr_array_expect(mask, 1, rows, error));
        if (mask->kind != TGR_ARRAY_BOOLEAN && mask->kind != TGR_ARRAY_INTEGER) {
            status = tgr_fail(error, TGR_ERR_INPUT, "%s: %s is not a mask of booleans",
                              values->file->path, mask->name.text);
            goto done;
        }
    }
    *names = tgr_strings_new();
    if (!*names) {
        status = tgr_fail_memory(error, values->name.text);
        goto done;
    }
    TGR_TRY(load(values, mask, column, *names, error));
    column->limit = tgr_strings_count(*names);
done:
    return status;
}

static tgr_status open_group(const tgr_h5_file *file, hid_t group, uint64_t rows,
                             tgr_code_column *column, tgr_strings **names, tgr_error *error)
{
    tgr_array values = {0}, mask = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_array_open(file, group, "codes", &column->codes, error));
    if (column->codes.dataset) {
        TGR_TRY(open_categorical(file, group, "categories", rows, column, names, error));
        goto done;
    }
    TGR_TRY(tgr_array_open(file, group, "values", &values, error));
    TGR_TRY(tgr_array_open(file, group, "mask", &mask, error));
    if (!values.dataset || !mask.dataset) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: %s has an encoding that is not read",
                          file->path, tgr_h5_name_of(group, NULL).text);
        goto done;
    }
    TGR_TRY(open_strings(&values, &mask, rows, column, names, error));
done:
    tgr_array_close(&values);
    tgr_array_close(&mask);
    return status;
}

/* A dataset: strings, or (before AnnData 0.8) codes whose categories lie in /obs/__categories. */
static tgr_status open_dataset(const tgr_h5_file *file, hid_t obs, const char *name, uint64_t rows,
                               tgr_code_column *column, tgr_strings **names, tgr_error *error)
{
    hid_t legacy = 0;
    tgr_status status = TGR_OK;
    if (H5Aexists(column->codes.dataset, "categories") > 0) {
        TGR_TRY(tgr_h5_group(file, obs, "__categories", &legacy, error));
    }
    if (legacy) {
        TGR_TRY(open_categorical(file, legacy, name, rows, column, names, error));
    } else {
        TGR_TRY(open_strings(&column->codes, NULL, rows, column, names, error));
        tgr_array_close(&column->codes);
    }
done:
    tgr_h5_close(legacy);
    return status;
}

tgr_status tgr_code_column_open(const tgr_h5_file *file, hid_t obs, const char *name, uint64_t rows,
                                tgr_code_column *column, tgr_strings **names, tgr_error *error)
{
    *column = (tgr_code_column){.most = column->most};
    *names = NULL;
    hid_t object;
    tgr_status status = tgr_h5_child(file, obs, name, &object, error);
    if (status != TGR_OK || object == 0) {
        return status;
    }
    if (H5Iget_type(object) == H5I_GROUP) {
        status = open_group(file, object, rows, column, names, error);
        tgr_h5_close(object);
    } else {
        status = tgr_array_take(file, object, &column->codes, error);
        if (status == TGR_OK) {
            status = open_dataset(file, obs, name, rows, column, names, error);
        }
    }
    column->present = status == TGR_OK;
    if (status != TGR_OK) {
        tgr_code_column_close(column);
        tgr_strings_free(*names);
        *names = NULL;
    }
    return status;
}

tgr_status tgr_code_column_read(const tgr_code_column *column, uint64_t first, uint64_t count,
                                int32_t *codes, tgr_error *error)
{
    if (column->loaded) {
        for (uint64_t i = 0; i < count; i++) {
            codes[i] = column->loaded[first + i];
        }
        return TGR_OK;
    }
    tgr_status status = tgr_array_read_int32(&column->codes, first, count, codes, error);
    for (uint64_t i = 0; status == TGR_OK && i < count; i++) {
        if (codes[i] < -1 || codes[i] >= column->limit) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "%s: row %" PRIu64 " of %s holds the code %" PRId32
                            ", which names no category",
                            column->codes.file->path, first + i, column->codes.name.text, codes[i]);
        }
    }
    return status;
}

void tgr_code_column_close(tgr_code_column *column)
{
    tgr_array_close(&column->codes);
    tgr_mem_free(column->loaded);
    *column = (tgr_code_column){0};
}
