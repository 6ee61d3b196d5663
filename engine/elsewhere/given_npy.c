/* given_npy.c - decisions as NumPy stores them: models' numbers or names. */
#include <inttypes.h>
#include <stdio.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/elsewhere/given.h"
#include "engine/store/npy.h"

#define PIECE ((size_t)8192)

static void name_row(uint64_t row, char *place, size_t size)
{
    snprintf(place, size, "row %" PRIu64, row);
}

static tgr_status read_numbers(tgr_given *given, tgr_npy *npy, tgr_error *error)
{
    tgr_status status = TGR_OK;
    char place[40];
    int model;
    int64_t *numbers = tgr_mem_alloc(PIECE, sizeof *numbers);
    if (numbers == NULL) {
        return tgr_fail_memory(error, given->path);
    }
    for (uint64_t row = 0; row < npy->rows; row += PIECE) {
        size_t count = npy->rows - row < PIECE ? (size_t)(npy->rows - row) : PIECE;
        TGR_TRY(tgr_npy_read_int64(npy, row, count, numbers, error));
        for (size_t i = 0; i < count; i++) {
            name_row(row + i, place, sizeof place);
            TGR_TRY(tgr_given_number(given, numbers[i], place, &model, error));
            TGR_TRY(tgr_given_add(given, model, NULL, 0, error));
        }
    }
done:
    tgr_mem_free(numbers);
    return status;
}

static tgr_status read_names(tgr_given *given, tgr_npy *npy, tgr_error *error)
{
    tgr_status status = TGR_OK;
    char place[40];
    int model;
    size_t length;
    char *name = tgr_mem_alloc(tgr_npy_text_room(npy), 1);
    if (name == NULL) {
        return tgr_fail_memory(error, given->path);
    }
    for (uint64_t row = 0; row < npy->rows; row++) {
        name_row(row, place, sizeof place);
        TGR_TRY(tgr_npy_read_text(npy, row, name, &length, error));
        TGR_TRY(tgr_given_find(given, name, place, &model, error));
        TGR_TRY(tgr_given_add(given, model, NULL, 0, error));
    }
done:
    tgr_mem_free(name);
    return status;
}

tgr_status tgr_given_read_npy(tgr_given *given, tgr_error *error)
{
    tgr_npy npy;
    tgr_status status = tgr_npy_open(given->path, &npy, error);
    if (status != TGR_OK) {
        return status;
    }
    if (npy.columns != 1 || npy.kind == TGR_NPY_FLOAT) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s: decisions are an array of one dimension, of models' numbers or "
                          "names; scores go with --scores",
                          given->path);
    } else {
        bool names = npy.kind == TGR_NPY_UNICODE || npy.kind == TGR_NPY_BYTES;
        status = names ? read_names(given, &npy, error) : read_numbers(given, &npy, error);
    }
    tgr_npy_close(&npy);
    return status;
}
