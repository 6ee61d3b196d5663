/* job.c - laying out a call's scratch memory, and cutting rows into blocks. */
#include "kernels/body/job.h"

#include <string.h>

static size_t aligned(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

#define ENTRY_BYTES ((TGR_BLOCK_ENTRIES + TGR_SLACK) * sizeof(tgr_entry))
#define ROW_BYTES   ((TGR_SHORT_ROWS + TGR_SLACK) * sizeof(uint32_t))
/* Runs are padded to whole tiles. */
#define ORDER_BYTES ((TGR_SHORT_ROWS + TGR_SHORT_ROW * TGR_TILE + TGR_SLACK) * sizeof(uint16_t))

#define SORTED_BYTES aligned(sizeof(tgr_sorted_tile))
#define KEPT_BYTES   (2 * TGR_KEPT_SCORES * sizeof(float))

size_t tgr_kernels_scratch(size_t models)
{
    size_t stride = tgr_weights_stride(models);
    size_t scores = aligned(stride * TGR_TILE * sizeof(float));
    return aligned(ENTRY_BYTES) + 2 * aligned(ROW_BYTES) + 2 * aligned(ORDER_BYTES) +
           aligned(stride * sizeof(float)) + 3 * scores + aligned(KEPT_BYTES) + 2 * SORTED_BYTES +
           aligned(sizeof(tgr_steps)) + aligned(sizeof(tgr_sorted_models));
}

void tgr_job_open(tgr_job *job, const tgr_csr *x, const tgr_weights *w, const tgr_decider *decider,
                  const tgr_choice *choice, void *scratch)
{
    char *next = scratch;
    size_t stride = tgr_weights_stride(w->models);
    *job = (tgr_job){.x = x, .w = w, .decider = decider, .choice = choice, .row_stride = stride};
    job->entries = (tgr_entry *)(void *)next;
    next += aligned(ENTRY_BYTES);
    job->start = (uint32_t *)(void *)next;
    next += aligned(ROW_BYTES);
    job->length = (uint32_t *)(void *)next;
    next += aligned(ROW_BYTES);
    job->order = (uint16_t *)(void *)next;
    next += aligned(ORDER_BYTES);
    job->served_room = (uint8_t *)next;
    next += aligned(ORDER_BYTES);
    job->start_sums = (float *)(void *)next;
    next += aligned(stride * sizeof(float));
    job->rows = (float *)(void *)next;
    next += aligned(stride * TGR_TILE * sizeof(float));
    job->tile = (float *)(void *)next;
    next += aligned(stride * TGR_TILE * sizeof(float));
    job->fresh = (float *)(void *)next;
    next += aligned(stride * TGR_TILE * sizeof(float));
    job->kept = (float *)(void *)next;
    job->spare = job->kept + TGR_KEPT_SCORES;
    next += aligned(KEPT_BYTES);
    job->found = (tgr_sorted_tile *)(void *)next;
    next += SORTED_BYTES;
    job->filled = (tgr_sorted_tile *)(void *)next;
    job->filled->begin = job->filled->end = 0;
    next += SORTED_BYTES;
    job->steps = (tgr_steps *)(void *)next;
    next += aligned(sizeof(tgr_steps));
    job->sorted = (tgr_sorted_models *)(void *)next;
    job->sorted->ready = false;
    job->steps->first = 0;
    job->keeps = decider != NULL && decider->threshold_count >= TGR_MANY_STEPS;
    job->streams = job->keeps && decider->threshold_count % TGR_STEPS == 0 &&
                   (uintptr_t)choice->model % 64 == 0;
    job->steps->taken = SIZE_MAX;
    job->steps->count = decider == NULL || job->keeps ? 0 : decider->threshold_count;
    tgr_job_start_from_bias(job);
}

void tgr_job_start_from_bias(tgr_job *job)
{
    size_t models = job->w->models;
    memcpy(job->start_sums, job->w->bias, models * sizeof(float));
    memset(job->start_sums + models, 0, (job->row_stride - models) * sizeof(float));
}

size_t tgr_block_length(const tgr_csr *x, size_t row, size_t end, size_t most)
{
    size_t rows = end - row < most ? end - row : most;
    int64_t limit = x->indptr[row] + TGR_BLOCK_ENTRIES;
    if (x->indptr[row + rows] <= limit) {
        return rows;
    }
    size_t fits = 0; /* this many do, and `rows` do not */
    while (rows - fits > 1) {
        size_t middle = fits + (rows - fits) / 2;
        if (x->indptr[row + middle] <= limit) {
            fits = middle;
        } else {
            rows = middle;
        }
    }
    return fits;
}
