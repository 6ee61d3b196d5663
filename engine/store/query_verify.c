/* query_verify.c - reads all of a query file and compares it with its checksums. */
#include "engine/base/error.h"
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

/* In the child: the texts are the one column that opening has not led HDF5 through. */
static tgr_status try_texts(void *data, tgr_error *error)
{
    const tgr_query_file *file = data;
    hid_t object;
    tgr_status status = tgr_layout_open(&file->source->file, TGR_DATASET_TEXT, &object, error);
    if (status == TGR_OK && object) {
        status = tgr_checksum_verify(&file->source->file, object, error);
    }
    return status;
}

tgr_status tgr_query_verify(tgr_query_file *file, tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_batch batch = {0};
    const unsigned want = TGR_WANT_IDS | TGR_WANT_SPLIT | TGR_WANT_CATEGORY | TGR_WANT_ELIGIBILITY |
                          TGR_WANT_PROMPT_TOKENS | TGR_WANT_SCORE | TGR_WANT_OUTCOME |
                          TGR_WANT_COST | TGR_WANT_COMPLETION_TOKENS;
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = file->has_text ? tgr_probe(file->path, try_texts, file, error) : TGR_OK;
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
