/* decisions_numbers.c - the index of decisions without ids: row numbers, in chunks of their own. */
#include "engine/base/error.h"
#include "engine/store/decisions_format.h"
#include "engine/store/row_numbers.h"

static hid_t chunked(void)
{
    const hsize_t chunk = TGR_NUMBERS_CHUNK;
    hid_t properties = tgr_anndata_creation(H5P_DATASET_CREATE);
    if (properties > 0 && (H5Pset_chunk(properties, 1, &chunk) < 0 ||
                           H5Pset_shuffle(properties) < 0 || H5Pset_deflate(properties, 1) < 0 ||
                           H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER) < 0)) {
        H5Pclose(properties);
        return H5I_INVALID_HID;
    }
    return properties;
}

static tgr_status write_chunks(tgr_row_numbers *numbers, uint64_t rows, tgr_anndata dataset,
                               tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (hsize_t row = 0; status == TGR_OK && row < rows; row += TGR_NUMBERS_CHUNK) {
        const void *bytes;
        size_t length;
        TGR_TRY(tgr_row_numbers_chunk(numbers, row / TGR_NUMBERS_CHUNK, &bytes, &length, error));
        herr_t put = H5Dwrite_chunk(dataset.group, H5P_DEFAULT, 0, &row, length, bytes);
        TGR_TRY(tgr_target_check(dataset.target, put >= 0, error));
    }
done:
    return status;
}

tgr_status tgr_decisions_write_numbers(const tgr_decisions_plan *plan, tgr_anndata obs, hid_t type,
                                       tgr_error *error)
{
    const hsize_t rows = plan->rows;
    tgr_row_numbers *numbers = NULL;
    tgr_anndata dataset = {.target = obs.target};
    hid_t properties = chunked(), space = H5Screate_simple(1, &rows, NULL);
    tgr_status status = TGR_OK;
    if (properties > 0 && space > 0) {
        dataset.group =
            H5Dcreate2(obs.group, "_index", type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    }
    TGR_TRY(tgr_target_check(obs.target, dataset.group > 0, error));
    TGR_TRY(tgr_row_numbers_new(plan->first_row, plan->rows, tgr_decisions_index_width(plan),
                                &numbers, error));
    TGR_TRY(write_chunks(numbers, plan->rows, dataset, error));
    TGR_TRY(tgr_anndata_encode(dataset, "string-array", "0.2.0", error));
done:
    tgr_row_numbers_free(numbers);
    tgr_h5_close(dataset.group);
    tgr_h5_close(space);
    tgr_h5_close(properties);
    return status;
}
