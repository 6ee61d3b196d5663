/* folds.c - texts and ids, hashed. */
#include "engine/fit/folds.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/store/query_source.h"

#define ROWS_AT_ONCE 4096u
#define LONGEST_TEXT ((size_t)1 << 30) /* a record of a log is shorter */

typedef struct hashing {
    tgr_array text; /* closed where the file has none */
    const tgr_array *ids;
    tgr_text_block texts, names;
    uint64_t rows_before; /* in earlier files */
    tgr_folds *folds;
    uint64_t done; /* of the rows so far */
} hashing;

static tgr_status open_texts(hashing *work, const tgr_query_file *file, tgr_error *error)
{
    hid_t obs = 0;
    const tgr_h5_file *h5 = &file->source->file;
    work->ids = &file->source->ids;
    if (!file->has_text) {
        return TGR_OK;
    }
    tgr_status status = tgr_h5_group(h5, h5->id, "obs", &obs, error);
    if (status == TGR_OK) {
        status = tgr_texts_open(h5, obs, "text", &work->text, error);
        if (status == TGR_ERR_INPUT) { /* texts of others, in an encoding that is not read */
            tgr_array_close(&work->text);
            status = TGR_OK;
        }
    }
    if (status == TGR_OK && work->text.dataset) {
        work->text.text_max = LONGEST_TEXT;
        status = tgr_array_expect(&work->text, 1, file->rows, error);
    }
    tgr_h5_close(obs);
    return status;
}

static uint64_t fold_of(const hashing *work, const void *bytes, size_t length)
{
    return XXH3_64bits(bytes, length) % work->folds->count;
}

static bool hash_string(const hashing *work, const tgr_text_block *block, uint64_t row,
                        uint64_t *fold)
{
    const tgr_texts *texts = &block->texts;
    if (row >= block->count || texts->offsets[row + 1] == texts->offsets[row]) {
        return false;
    }
    *fold = fold_of(work, texts->bytes + texts->offsets[row],
                    (size_t)(texts->offsets[row + 1] - texts->offsets[row]));
    return true;
}

static uint64_t hash_number(const hashing *work, uint64_t number)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(number >> 8 * i);
    }
    return fold_of(work, bytes, sizeof bytes);
}

static void put_fold(hashing *work, uint64_t fold)
{
    const tgr_folds *folds = work->folds;
    uint64_t row = work->done++;
    folds->words[row / folds->in_word] |= fold << row % folds->in_word * folds->bits;
}

static tgr_status hash_rows(hashing *work, uint64_t first, uint64_t count, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (work->text.dataset) {
        TGR_TRY(tgr_texts_read(&work->text, first, count, &work->texts, error));
    }
    if (work->ids->dataset) {
        TGR_TRY(tgr_texts_read(work->ids, first, count, &work->names, error));
    }
    for (uint64_t row = 0; row < count; row++) {
        uint64_t fold;
        if (!hash_string(work, &work->texts, row, &fold) &&
            !hash_string(work, &work->names, row, &fold)) {
            fold = hash_number(work, work->rows_before + first + row);
        }
        put_fold(work, fold);
    }
done:
    return status;
}

static tgr_status hash_file(hashing *work, const tgr_query_file *file, uint64_t begin, uint64_t end,
                            const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(open_texts(work, file, error));
    while (begin < end) {
        uint64_t count = end - begin < ROWS_AT_ONCE ? end - begin : ROWS_AT_ONCE;
        TGR_TRY(tgr_run_check(run, error));
        TGR_TRY(hash_rows(work, begin, count, error));
        begin += count;
    }
done:
    tgr_array_close(&work->text);
    tgr_text_block_free(&work->texts);
    tgr_text_block_free(&work->names);
    return status;
}

tgr_status tgr_fit_folds_read(const tgr_pass *pass, uint64_t begin, uint64_t end, uint32_t count,
                              const tgr_run *run, tgr_folds *folds, tgr_error *error)
{
    tgr_status status = TGR_OK;
    hashing work = {.folds = folds};
    *folds = (tgr_folds){.count = count, .bits = 1};
    while (UINT64_C(1) << folds->bits < count) {
        folds->bits++;
    }
    folds->in_word = 64 / folds->bits;
    folds->words =
        tgr_mem_zalloc((size_t)tgr_fit_folds_words(folds, end - begin), sizeof *folds->words);
    if (folds->words == NULL) {
        return tgr_fail_memory(error, "the folds of the queries");
    }
    for (size_t i = 0; i < pass->file_count; i++) {
        uint64_t rows = pass->files[i]->rows, before = work.rows_before;
        uint64_t from = begin > before ? begin - before : 0;
        uint64_t to = end > before ? end - before : 0;
        to = to < rows ? to : rows;
        if (from < to) {
            TGR_TRY(hash_file(&work, pass->files[i], from, to, run, error));
        }
        work.rows_before += rows;
    }
done:
    return status;
}

void tgr_fit_folds_free(tgr_folds *folds)
{
    tgr_mem_free(folds->words);
    *folds = (tgr_folds){0};
}
