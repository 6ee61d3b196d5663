/* transform.c - X as the router wants it: counts, presence, or log(1 + count). */
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/serve.h"

static bool make_room(tgr_transform *transform, size_t entries)
{
    void *values = transform->values;
    if (!tgr_mem_grow(&values, &transform->capacity, entries, sizeof *transform->values)) {
        return false;
    }
    transform->values = values;
    return true;
}

static void fill_ones(tgr_value_type type, void *values, size_t entries)
{
    if (type == TGR_U8) {
        memset(values, 1, entries);
    } else if (type == TGR_U16) {
        for (size_t i = 0; i < entries; i++) {
            ((uint16_t *)values)[i] = 1;
        }
    } else {
        for (size_t i = 0; i < entries; i++) {
            ((float *)values)[i] = 1;
        }
    }
}

#define TABLE 256 /* counts are small, and a logarithm is dear */

static float log_of(double value)
{
    return (float)log1p(value);
}

static void log_counts(const tgr_csr *x, float *values, size_t entries)
{
    float table[TABLE];
    for (size_t i = 0; i < TABLE; i++) {
        table[i] = log_of((double)i);
    }
    for (size_t i = 0; i < entries; i++) {
        unsigned count = x->value_type == TGR_U8 ? ((const uint8_t *)x->values)[i]
                                                 : ((const uint16_t *)x->values)[i];
        values[i] = count < TABLE ? table[count] : log_of(count);
    }
}

static size_t row_of(const tgr_csr *x, size_t entry)
{
    size_t row = 0;
    while (row + 1 < x->rows && (size_t)x->indptr[row + 1] <= entry) {
        row++;
    }
    return row;
}

static tgr_status log_weights(const tgr_batch *batch, float *values, size_t entries,
                              tgr_error *error)
{
    const float *from = batch->x.values;
    for (size_t i = 0; i < entries; i++) {
        if (!(from[i] > -1)) {
            return tgr_fail(
                error, TGR_ERR_INPUT,
                "row %llu (counted among the rows in use) has the tag weight %g in column %u, "
                "and the router takes log(1 + weight); weights must be above -1",
                (unsigned long long)(batch->first_row + row_of(&batch->x, i)), from[i],
                (unsigned)batch->x.indices[i]);
        }
        values[i] = log_of(from[i]);
    }
    return TGR_OK;
}

tgr_status tgr_serve_transform(const tgr_router *router, tgr_batch *batch, tgr_transform *transform,
                               tgr_error *error)
{
    size_t entries = batch->rows == 0 ? 0 : (size_t)batch->x.indptr[batch->rows];
    if (router->count == TGR_COUNT_RAW || entries == 0) {
        return TGR_OK;
    }
    if (!make_room(transform, entries)) {
        return tgr_fail_memory(error, "the transformed tag counts");
    }
    tgr_status status = TGR_OK;
    if (router->count == TGR_COUNT_BINARY) {
        fill_ones(batch->x.value_type, transform->values, entries);
    } else {
        if (batch->x.value_type == TGR_F32) {
            status = log_weights(batch, transform->values, entries, error);
        } else {
            log_counts(&batch->x, transform->values, entries);
        }
        batch->x.value_type = status == TGR_OK ? TGR_F32 : batch->x.value_type;
    }
    if (status == TGR_OK) {
        batch->x.values = transform->values;
    }
    return status;
}

void tgr_transform_free(tgr_transform *transform)
{
    tgr_mem_free(transform->values);
    *transform = (tgr_transform){0};
}
