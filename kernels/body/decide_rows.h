/* decide_rows.h - deciding rows whose scores are there already, as a dense multiplication leaves
 * them. Included after route.h, whose decisions these are. */

/* The last rows, fewer than a tile: padded with the last one, which is then decided and stored
 * several times, to the same effect. */
static void pad_scored_tile(tgr_job *job, const float *scores, size_t rows)
{
    for (size_t i = 0; i < TGR_TILE; i++) {
        size_t row = i < rows ? i : rows - 1;
        job->order[i] = (uint16_t)row;
        memcpy(job->rows + i * job->row_stride, scores + row * job->row_stride,
               job->row_stride * sizeof *scores);
    }
}

static void TGR_VARIANT(decide)(const tgr_weights *w, const tgr_decider *decider, float *scores,
                                size_t begin, size_t end, void *scratch, const tgr_choice *choice)
{
    tgr_job job;
    tgr_job_open(&job, NULL, w, decider, choice, scratch);
    decide_tile_function *decide = choose_decide(decider, choice);
    float *padded = job.rows;
    for (uint16_t i = 0; i < TGR_TILE; i++) {
        job.order[i] = i;
    }
    job.tile_rows = job.order;
    for (size_t row = begin; row < end; row += TGR_TILE, scores += TGR_TILE * job.row_stride) {
        job.block_begin = row;
        job.rows = scores;
        if (end - row < TGR_TILE) {
            job.rows = padded;
            pad_scored_tile(&job, scores, end - row);
        }
        transpose_tile(&job, job.row_stride);
        decide(&job);
        job.block_rows = end - row < TGR_TILE ? end - row : TGR_TILE;
        settle_rows(&job);
    }
}
