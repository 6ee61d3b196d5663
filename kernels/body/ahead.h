/* ahead.h - the next block's memory is asked for while this one is worked on.
 *
 * A few lines with each tile: rows are visited by length, which no hardware prefetcher follows, and
 * asked for all at once, lines would queue up.
 */

static void plan_ahead(tgr_job *job, const void *array, size_t size, size_t first, size_t last)
{
    tgr_ahead *ahead = &job->ahead[job->ahead_count++];
    ahead->next = (const char *)array + first * size;
    size_t tiles = (job->block_rows + TGR_TILE - 1) / TGR_TILE, bytes = (last - first) * size;
    ahead->end = ahead->next + bytes;
    ahead->step = (bytes / tiles + 63) / 64 * 64;
}

static void plan_next_block(tgr_job *job, size_t end)
{
    static const size_t value_sizes[] = {[TGR_U8] = 1, [TGR_U16] = 2, [TGR_F32] = 4};
    const tgr_csr *x = job->x;
    const tgr_decider *decider = job->decider;
    size_t next = job->block_begin + job->block_rows;
    size_t after = next + job->block_rows < end ? next + job->block_rows : end;
    size_t first = (size_t)x->indptr[next], last = (size_t)x->indptr[after];
    bool narrow = x->narrow != NULL;
    job->ahead_count = 0;
    if (next == after) {
        return;
    }
    if (last - first > TGR_BLOCK_ENTRIES) {
        last = first + TGR_BLOCK_ENTRIES;
    }
    plan_ahead(job, x->values, value_sizes[x->value_type], first, last);
    plan_ahead(job, narrow ? (const void *)x->narrow : (const void *)x->indices,
               narrow ? sizeof *x->narrow : sizeof *x->indices, first, last);
    plan_ahead(job, x->indptr, sizeof *x->indptr, next, after + 1);
    if (decider != NULL && !job->keeps) { /* more than scores is wanted, and not in order */
        plan_ahead(job, job->choice->model, decider->threshold_count * sizeof *job->choice->model,
                   next, after);
    }
    if (decider != NULL && decider->eligible != NULL) {
        plan_ahead(job, decider->eligible, decider->mask_words * sizeof *decider->eligible, next,
                   after);
    }
    if (decider != NULL && decider->prompt_tokens != NULL) {
        plan_ahead(job, decider->prompt_tokens, sizeof *decider->prompt_tokens, next, after);
    }
}

TGR_INLINE void ask_ahead(tgr_job *job)
{
    for (int i = 0; i < job->ahead_count; i++) {
        tgr_ahead *ahead = &job->ahead[i];
        const char *end =
            ahead->next + ahead->step < ahead->end ? ahead->next + ahead->step : ahead->end;
        for (; ahead->next < end; ahead->next += 64) {
            __builtin_prefetch(ahead->next);
        }
    }
}
