/* scout.c - which queries a bootstrap's thresholds are looked for in: the first, whoever has them.
 */
#include "engine/base/error.h"
#include "engine/simulate/simulating.h"

#define SCOUTED ((size_t)32 * 1024)

tgr_status tgr_simulating_scout_batch(tgr_simulating *work, tgr_batch *batch, size_t file,
                                      tgr_error *error)
{
    const bool *keep = work->pass.split == NULL ? NULL : work->pass.keep;
    size_t rows = batch->rows, queries = keep == NULL ? SCOUTED : 0;
    if (keep != NULL) {
        size_t row = 0;
        while (!keep[row]) {
            row++;
        }
        for (size_t end = (row / SCOUTED + 1) * SCOUTED; row < end && queries < rows; row++) {
            queries += keep[row];
        }
    }
    batch->rows = batch->x.rows = queries < rows ? queries : rows;
    tgr_status status = tgr_simulating_scout(work, batch, work->pass.files[file], error);
    batch->rows = batch->x.rows = rows;
    return status;
}

tgr_status tgr_simulating_scout_ahead(tgr_simulating *work, tgr_error *error)
{
    tgr_pass *pass = &work->pass;
    uint64_t begin = pass->begin, end = pass->end;
    tgr_batch *batch;
    size_t file;
    tgr_status status = TGR_OK;
    pass->begin = 0;
    pass->end = pass->rows;
    tgr_pass_begin_at(pass, 0);
    TGR_TRY(tgr_simulating_next(work, &batch, &file, error));
    if (batch != NULL) {
        TGR_TRY(tgr_decide_file(&work->decide, pass->files[file], error));
        TGR_TRY(tgr_simulating_scout_batch(work, batch, file, error));
    }
done:
    tgr_pass_begin_at(pass, begin); /* nobody reads ahead any more */
    pass->begin = begin;
    pass->end = end;
    work->seen = 0;
    return status;
}
