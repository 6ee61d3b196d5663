/* query_verify.c - reads all of a query file and compares it with its checksums. */
#include "engine/base/error.h"
#include "engine/store/blocks.h"
#include "engine/store/checksum.h"
#include "engine/store/probe.h"
#include "engine/store/query_source.h"

#define BATCH_ROWS   65536
#define BATCH_VALUES (4u << 20)

static tgr_status verify_checksums(tgr_query_file *file, tgr_error *error)
{
    const tgr_h5_file *h5 = &file->source->file;
    tgr_checksum checksums[TGR_DATASETS];
    bool complete;
    tgr_status status = tgr_layout_checksums(h5, checksums, &complete, error);
    for (int i = 0; status == TGR_OK && i < TGR_DATASETS; i++) {
        hid_t object = 0;
        if (checksums[i].text[0]) {
            status = tgr_layout_open(h5, (tgr_dataset)i, &object, error);
        }
        if (status == TGR_OK && object) {
            status = tgr_checksum_verify(h5, object, error);
        }
    }
    return status;
}

/* Opens a dataset and reads a little of it; strings of variable length all, since HDF5's own heaps
 * hold them. */
static tgr_status try_dataset(const tgr_h5_file *h5, hid_t object, tgr_error *error)
{
    tgr_array array = {0};
    tgr_status status = tgr_array_take(h5, object, &array, error);
    bool variable = array.kind == TGR_ARRAY_VARIABLE;
    if (status == TGR_OK && !variable) {
        tgr_block_request first = {.array = &array, .count = array.rows > 0};
        tgr_array_touch(&array);
        status = tgr_blocks_read(&first, 1, error);
    }
    if (status == TGR_OK && variable) {
        array.dataset = 0;
        status = tgr_checksum_verify(h5, object, error);
    }
    tgr_array_close(&array);
    return status;
}

/* In the child: opening has led HDF5 only through what other software's files have too. */
static tgr_status try_datasets(void *data, tgr_error *error)
{
    const tgr_query_file *file = data;
    const tgr_h5_file *h5 = &file->source->file;
    tgr_checksum checksums[TGR_DATASETS];
    bool complete;
    tgr_status status = tgr_layout_checksums(h5, checksums, &complete, error);
    for (int i = 0; status == TGR_OK && i < TGR_DATASETS; i++) {
        hid_t object = 0;
        if (checksums[i].text[0]) {
            status = tgr_layout_open(h5, (tgr_dataset)i, &object, error);
        }
        if (status == TGR_OK && object) {
            status = try_dataset(h5, object, error);
        }
    }
    return status;
}

tgr_status tgr_query_verify(tgr_query_file *file, tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_batch batch = {0};
    const unsigned want = TGR_WANT_IDS | TGR_WANT_SPLIT | TGR_WANT_CATEGORY | TGR_WANT_ELIGIBILITY |
                          TGR_WANT_PROMPT_TOKENS | TGR_WANT_SCORE | TGR_WANT_OUTCOME |
                          TGR_WANT_COST | TGR_WANT_COMPLETION_TOKENS | TGR_WANT_LOGGED |
                          TGR_WANT_WEIGHT;
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = tgr_probe(file->path, try_datasets, file, error);
    if (status == TGR_OK) {
        status = verify_checksums(file, error);
    }
    tgr_h5_quiet_end(&quiet);
    for (uint64_t row = 0; status == TGR_OK && row < file->rows; row += batch.rows) {
        status = tgr_query_read(file, row, BATCH_ROWS, BATCH_VALUES, want, &batch, error);
    }
    tgr_batch_free(&batch);
    return status;
}
