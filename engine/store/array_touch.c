/* array_touch.c - leads HDF5 through a dataset's own structures, so that it crashes where that does
 * no harm. */
#include "engine/base/memory.h"
#include "engine/store/array.h"
#include "engine/store/texts.h"

#define TEXTS 1024

static void touch_texts(const tgr_array *array)
{
    tgr_text_block block = {0};
    tgr_status status = TGR_OK;
    for (uint64_t row = 0; status == TGR_OK && row < array->rows; row += TEXTS) {
        uint64_t now = array->rows - row < TEXTS ? array->rows - row : TEXTS;
        status = tgr_texts_read(array, row, now, &block, NULL);
    }
    tgr_text_block_free(&block);
}

/* Looks every chunk up without inflating it. */
static void touch_chunks(const tgr_array *array)
{
    hsize_t chunk[2] = {1, 1}, at[2], stored;
    hid_t creation = H5Dget_create_plist(array->dataset);
    bool chunked = creation > 0 && H5Pget_layout(creation) == H5D_CHUNKED &&
                   H5Pget_chunk(creation, 2, chunk) > 0;
    for (at[0] = 0; chunked && at[0] < array->rows; at[0] += chunk[0]) {
        for (at[1] = 0; at[1] < array->columns; at[1] += chunk[1]) {
            (void)H5Dget_chunk_storage_size(array->dataset, at, &stored);
        }
    }
    tgr_h5_close(creation);
}

/* Reads one row, through whatever filters there are. */
static void touch_row(const tgr_array *array, uint64_t row)
{
    void *values = tgr_mem_alloc((size_t)array->columns, array->width);
    if (values) {
        (void)tgr_array_read_raw(array, row, 1, values, NULL);
    }
    tgr_mem_free(values);
}

void tgr_array_touch(const tgr_array *array)
{
    if (!array->dataset || array->direct || array->rows == 0) {
        return;
    }
    if (array->kind == TGR_ARRAY_VARIABLE) {
        touch_texts(array);
        return;
    }
    touch_chunks(array);
    touch_row(array, 0);
    touch_row(array, array->rows - 1);
}
