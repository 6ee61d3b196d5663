/* order.h - the rows of a block, measured and ordered by length. */

/* Where each row begins in the block, and its length; returns the longest. */
static uint32_t measure_rows(tgr_job *job)
{
    const int64_t *indptr = job->x->indptr + job->block_begin;
    uint32_t *restrict start = job->start, *restrict length = job->length;
    size_t rows = job->block_rows, i = 0;
    uint32_t first = (uint32_t)indptr[0], longest = 0;
    for (; i + V_LANES <= rows; i += V_LANES) {
        v_int begin = i_low_halves(indptr + i);
        i_store((int32_t *)start + i, i_sub(begin, i_set((int32_t)first)));
        i_store((int32_t *)length + i, i_sub(i_low_halves(indptr + i + 1), begin));
    }
    for (; i < rows; i++) {
        start[i] = (uint32_t)indptr[i] - first;
        length[i] = (uint32_t)(indptr[i + 1] - indptr[i]);
    }
    for (i = 0; i < rows; i++) {
        longest = length[i] > longest ? length[i] : longest;
    }
    return longest;
}

/* Rows by length, stable. Lengths from the last bucket on share it: loops over entries then run to
 * the shortest of four rows, and each row's rest follows. */
static void order_rows_by_counting(tgr_job *job)
{
    uint32_t place[TGR_LENGTHS + 1] = {0};
    size_t rows = job->block_rows;
    for (size_t i = 0; i < rows; i++) {
        uint32_t length = job->length[i];
        place[length < TGR_LENGTHS ? length : TGR_LENGTHS]++;
    }
    uint32_t sum = 0;
    for (size_t bucket = 0; bucket <= TGR_LENGTHS; bucket++) {
        uint32_t here = place[bucket];
        place[bucket] = sum;
        sum += here;
    }
    for (size_t i = 0; i < rows; i++) {
        uint32_t length = job->length[i];
        job->order[place[length < TGR_LENGTHS ? length : TGR_LENGTHS]++] = (uint16_t)i;
    }
}

static void order_rows(tgr_job *job, uint32_t longest)
{
#ifdef TGR_ORDERS_SHORT_ROWS
    if (longest < TGR_SHORT_ROW) {
        order_short_rows(job, longest, false);
    } else {
        order_rows_by_counting(job);
    }
#else
    (void)longest;
    order_rows_by_counting(job);
#endif
    for (size_t i = 0; i < TGR_TILE; i++) {
        job->order[job->block_rows + i] = job->order[job->block_rows - 1];
    }
}
