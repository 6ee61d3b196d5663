/* in_order.h - deciding rows whose scores lie one after the other, in their order.
 *
 * A dense multiplication leaves scores so. Many thresholds are decided so, too: rows of a tile that
 * is ordered by length lie far apart in what is written, and each takes lines of its own. Written
 * all at once they would take as long as scoring. So where they need not go by way of the caches a
 * tile of the block before is decided with each that is scored, and its lines go to memory
 * meanwhile.
 */

/* The last rows, fewer than a tile: padded with the last one, which is then decided and stored
 * several times, to the same effect. */
static void pad_scored_tile(tgr_job *job, const float *scores, size_t rows)
{
    for (size_t i = 0; i < TGR_TILE; i++) {
        size_t row = i < rows ? i : rows - 1;
        job->in_order[i] = (uint16_t)row;
        memcpy(job->rows + i * job->row_stride, scores + row * job->row_stride,
               job->row_stride * sizeof *scores);
    }
}

/* The next tile of the rows that wait. */
static void decide_next(tgr_job *job, decide_tile_function *decide)
{
    float *rows = job->rows;
    tgr_waiting *waiting = &job->waiting;
    size_t left = waiting->end - waiting->begin, block_begin = job->block_begin;
    for (uint16_t i = 0; i < TGR_TILE; i++) {
        job->in_order[i] = i;
    }
    if (left < TGR_TILE) {
        pad_scored_tile(job, waiting->scores, left);
    } else {
        job->rows = waiting->scores;
    }
    job->block_begin = waiting->begin;
    job->tile_rows = job->in_order;
    job->served = NULL;
    transpose_tile(job, job->row_stride);
    decide(job);
    job->block_begin = block_begin;
    job->rows = rows;
    waiting->begin += left < TGR_TILE ? left : TGR_TILE;
    waiting->scores += TGR_TILE * job->row_stride;
}

static void decide_all(tgr_job *job, decide_tile_function *decide)
{
    while (job->waiting.begin < job->waiting.end) {
        decide_next(job, decide);
    }
}

/* Rows [begin, end), at all thresholds. */
static void decide_in_order(tgr_job *job, decide_tile_function *decide, float *scores, size_t begin,
                            size_t end)
{
    size_t first = 0;
    if (job->keeps && !job->sorted->ready) {
        open_sorted(job);
    }
    do {
        if (job->keeps) {
            take_thresholds(job, first);
        }
        job->waiting = (tgr_waiting){begin, end, scores};
        decide_all(job, decide);
        fill_tile(job);
        first += TGR_STEPS;
    } while (job->keeps && first < job->decider->threshold_count);
}

/* Scores of a tile of a block are kept. */
TGR_INLINE void keep_going(tgr_job *job, decide_tile_function *decide)
{
    if (job->waiting.begin < job->waiting.end) {
        decide_next(job, decide);
    }
}

/* All of a block's scores are kept, rows [begin, end). */
static void keep_block(tgr_job *job, decide_tile_function *decide, size_t begin, size_t end)
{
    float *kept = job->kept;
    decide_all(job, decide);
    if (job->decider->threshold_count > TGR_STEPS || !job->streams) {
        decide_in_order(job, decide, kept, begin, end);
        return;
    }
    if (!job->sorted->ready) {
        open_sorted(job);
        take_thresholds(job, 0);
    }
    job->waiting = (tgr_waiting){begin, end, kept};
    job->kept = job->spare;
    job->spare = kept;
}
