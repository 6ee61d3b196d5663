/* short.h - blocks of short rows where rows of W are narrow: counts in bytes, up to 16 models at
 * most.
 *
 * The usual log. Beside so few sums everything else weighs: so nothing is widened first. Rows of
 * one length run through code unrolled for it, whose bounds no branch guards; eight counts of a row
 * become floats in one register, from which each is spread in turn; sixteen rows' sums stay in
 * registers until they are columns. Included by instruction sets that define TGR_SHORT_GROUP, and
 * TGR_SHORT_WIDEST, up to which width of W.
 */

/* Entries that a row's counts are read by at once: behind the block's last there are as many. */
#define SHORT_REACH 16

#define SHORT_COUNTS 8 /* of a row in one register */

#define SHORT_ENTRY(WIDTH)                                                                         \
    TGR_UNROLL for (size_t i = 0; i < TGR_SHORT_GROUP; i++)                                        \
    {                                                                                              \
        const float *row = weights + (size_t)columns[start[i] + j] * WIDTH;                        \
        sum[i] = ones ? row##WIDTH##_add(row, sum[i])                                              \
                      : row##WIDTH##_spread(x[i], (int)(j - from), row, sum[i]);                   \
    }

/* A tile is decided while the next one's sums are still on their way: one after the other, each
 * would wait for all of the one before. */
TGR_INLINE void decide_waiting(tgr_job *job, decide_tile_function *decide)
{
    float *fresh = job->fresh;
    if (job->tile_rows != NULL) {
        decide(job);
    }
    job->fresh = job->tile;
    job->tile = fresh;
}

/* Many thresholds: rows' sums to where their scores wait. Where registers are few, sums would leave
 * them for that even if there is one threshold: there that is code of its own. */
#ifdef TGR_SHORT_KEEPS
#define SHORT_KEEPS job->keeps
#else
#define SHORT_KEEPS false
#endif

#define KEEP_SUMS(WIDTH)                                                                           \
    if (keeps) {                                                                                   \
        TGR_UNROLL for (size_t i = 0; i < TGR_TILE; i++)                                           \
        {                                                                                          \
            row##WIDTH##_store(job->kept + rows[i] * (size_t)WIDTH, sum[i]);                       \
        }                                                                                          \
        keep_going(job, decide);                                                                   \
        continue;                                                                                  \
    }

/* short_entries adds the entries [from, to) of a group of rows to their sums, at most SHORT_COUNTS;
 * `fixed`: both are constants. */
#define SHORT_GROUP(WIDTH, COLUMN)                                                                 \
    TGR_INLINE void short_entries_##WIDTH##_##COLUMN(const tgr_job *job, const uint32_t *start,    \
                                                     size_t from, size_t to, bool ones,            \
                                                     bool fixed, row##WIDTH *sum)                  \
    {                                                                                              \
        const float *weights = job->w->weights;                                                    \
        const COLUMN *columns = job->columns;                                                      \
        const uint8_t *values = job->values;                                                       \
        eight_counts x[TGR_SHORT_GROUP];                                                           \
        TGR_UNROLL for (size_t i = 0; i < TGR_SHORT_GROUP; i++)                                    \
        {                                                                                          \
            x[i] = ones ? counts_none() : counts_load(values + start[i] + from);                   \
        }                                                                                          \
        if (fixed) {                                                                               \
            TGR_UNROLL for (size_t j = from; j < to; j++)                                          \
            {                                                                                      \
                SHORT_ENTRY(WIDTH)                                                                 \
            }                                                                                      \
        } else {                                                                                   \
            for (size_t j = from; j < to; j++) {                                                   \
                SHORT_ENTRY(WIDTH)                                                                 \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    TGR_INLINE void short_group_##WIDTH##_##COLUMN(const tgr_job *job, const uint16_t *rows,       \
                                                   size_t length, bool ones, bool fixed,           \
                                                   row##WIDTH *sum)                                \
    {                                                                                              \
        row##WIDTH begin = row##WIDTH##_load(job->start_sums);                                     \
        uint32_t start[TGR_SHORT_GROUP];                                                           \
        TGR_UNROLL for (size_t i = 0; i < TGR_SHORT_GROUP; i++)                                    \
        {                                                                                          \
            start[i] = job->start[rows[i]];                                                        \
            sum[i] = begin;                                                                        \
        }                                                                                          \
        size_t first = length < SHORT_COUNTS ? length : SHORT_COUNTS;                              \
        short_entries_##WIDTH##_##COLUMN(job, start, 0, first, ones, fixed, sum);                  \
        if (length > SHORT_COUNTS) {                                                               \
            short_entries_##WIDTH##_##COLUMN(job, start, SHORT_COUNTS, length, ones, fixed, sum);  \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    TGR_INLINE void short_run_##WIDTH##_##COLUMN(tgr_job *job, decide_tile_function *decide,       \
                                                 size_t length, bool ones, bool fixed, bool keeps) \
    {                                                                                              \
        for (size_t at = job->run[length]; at < job->run[length + 1]; at += TGR_TILE) {            \
            row##WIDTH sum[TGR_TILE];                                                              \
            const uint16_t *rows = job->order + at;                                                \
            ask_ahead(job);                                                                        \
            TGR_UNROLL for (size_t i = 0; i < TGR_TILE; i += TGR_SHORT_GROUP)                      \
            {                                                                                      \
                short_group_##WIDTH##_##COLUMN(job, rows + i, length, ones, fixed, sum + i);       \
            }                                                                                      \
            KEEP_SUMS(WIDTH)                                                                       \
            row##WIDTH##_columns(sum, job->fresh, job->w->models);                                 \
            decide_waiting(job, decide);                                                           \
            job->tile_rows = rows;                                                                 \
        }                                                                                          \
    }

#define RUN_CASE(WIDTH, COLUMN, LENGTH)                                                            \
    case LENGTH:                                                                                   \
        short_run_##WIDTH##_##COLUMN(job, decide, LENGTH, ones, true, keeps);                      \
        break;

/* Longer rows share code that is not unrolled. */
#define SHORT_BLOCK(NAME, WIDTH, COLUMN, ONES, KEEPS)                                              \
    static void NAME(tgr_job *job, decide_tile_function *decide)                                   \
    {                                                                                              \
        const bool ones = ONES, keeps = KEEPS;                                                     \
        job->tile_rows = NULL;                                                                     \
        for (size_t length = 0; length < TGR_SHORT_ROW; length++) {                                \
            if (job->run[length] == job->run[length + 1]) {                                        \
                continue;                                                                          \
            }                                                                                      \
            switch (length) {                                                                      \
                RUN_CASE(WIDTH, COLUMN, 0)                                                         \
                RUN_CASE(WIDTH, COLUMN, 1)                                                         \
                RUN_CASE(WIDTH, COLUMN, 2)                                                         \
                RUN_CASE(WIDTH, COLUMN, 3)                                                         \
                RUN_CASE(WIDTH, COLUMN, 4)                                                         \
                RUN_CASE(WIDTH, COLUMN, 5)                                                         \
                RUN_CASE(WIDTH, COLUMN, 6)                                                         \
                RUN_CASE(WIDTH, COLUMN, 7)                                                         \
                RUN_CASE(WIDTH, COLUMN, 8)                                                         \
                RUN_CASE(WIDTH, COLUMN, 9)                                                         \
            default:                                                                               \
                short_run_##WIDTH##_##COLUMN(job, decide, length, ones, false, keeps);             \
            }                                                                                      \
        }                                                                                          \
        if (!keeps) {                                                                              \
            decide_waiting(job, decide);                                                           \
        }                                                                                          \
    }

SHORT_GROUP(4, uint16_t)
SHORT_GROUP(8, uint16_t)
SHORT_GROUP(4, uint32_t)
SHORT_GROUP(8, uint32_t)
#if TGR_SHORT_WIDEST >= 16
SHORT_GROUP(16, uint16_t)
SHORT_GROUP(16, uint32_t)
#endif

SHORT_BLOCK(short_block_4_16, 4, uint16_t, false, SHORT_KEEPS)
SHORT_BLOCK(short_block_8_16, 8, uint16_t, false, SHORT_KEEPS)
SHORT_BLOCK(short_block_4_32, 4, uint32_t, false, SHORT_KEEPS)
SHORT_BLOCK(short_block_8_32, 8, uint32_t, false, SHORT_KEEPS)
SHORT_BLOCK(short_block_4_16_ones, 4, uint16_t, true, SHORT_KEEPS)
SHORT_BLOCK(short_block_8_16_ones, 8, uint16_t, true, SHORT_KEEPS)
SHORT_BLOCK(short_block_4_32_ones, 4, uint32_t, true, SHORT_KEEPS)
SHORT_BLOCK(short_block_8_32_ones, 8, uint32_t, true, SHORT_KEEPS)
#if TGR_SHORT_WIDEST >= 16
SHORT_BLOCK(short_block_16_16, 16, uint16_t, false, SHORT_KEEPS)
SHORT_BLOCK(short_block_16_32, 16, uint32_t, false, SHORT_KEEPS)
SHORT_BLOCK(short_block_16_16_ones, 16, uint16_t, true, SHORT_KEEPS)
SHORT_BLOCK(short_block_16_32_ones, 16, uint32_t, true, SHORT_KEEPS)
#endif

#ifndef TGR_SHORT_KEEPS
SHORT_BLOCK(short_kept_4_16, 4, uint16_t, false, true)
SHORT_BLOCK(short_kept_8_16, 8, uint16_t, false, true)
SHORT_BLOCK(short_kept_4_32, 4, uint32_t, false, true)
SHORT_BLOCK(short_kept_8_32, 8, uint32_t, false, true)
#endif

typedef void short_block_function(tgr_job *job, decide_tile_function *decide);

static short_block_function *choose_short(const tgr_job *job, bool ones)
{
    static short_block_function *const blocks[][2][2] = {
        {{short_block_4_32, short_block_4_32_ones}, {short_block_4_16, short_block_4_16_ones}},
        {{short_block_8_32, short_block_8_32_ones}, {short_block_8_16, short_block_8_16_ones}},
#if TGR_SHORT_WIDEST >= 16
        {{short_block_16_32, short_block_16_32_ones}, {short_block_16_16, short_block_16_16_ones}},
#endif
    };
#ifndef TGR_SHORT_KEEPS
    static short_block_function *const kept[2][2] = {{short_kept_4_32, short_kept_4_16},
                                                     {short_kept_8_32, short_kept_8_16}};
    if (job->keeps) {
        return kept[job->row_stride / 8][job->x->narrow != NULL];
    }
#endif
    return blocks[job->row_stride / 8][job->x->narrow != NULL][ones];
}

/* Rows in runs of one length, of whole tiles; all are shorter than TGR_SHORT_ROW. Their masks come
 * beside them: sixteen of a tile are then one load. */
static void order_runs(tgr_job *job, uint32_t longest)
{
#ifdef TGR_ORDERS_SHORT_ROWS
    order_short_rows(job, longest, true);
#else
    uint16_t *next[TGR_SHORT_ROW];
    uint32_t count[TGR_SHORT_ROW] = {0}, at = 0;
    for (size_t i = 0; i < job->block_rows; i++) {
        count[job->length[i]]++;
    }
    for (size_t length = 0; length <= longest; length++) {
        job->run[length] = at;
        next[length] = job->order + at;
        at += (count[length] + TGR_TILE - 1) / TGR_TILE * TGR_TILE;
    }
    for (size_t i = 0; i < job->block_rows; i++) {
        uint16_t *place = next[job->length[i]]++;
        *place = (uint16_t)i;
        if (job->served != NULL) {
            job->served_room[place - job->order] =
                (uint8_t)job->decider->eligible[job->block_begin + i];
        }
    }
    for (size_t length = 0; length <= longest; length++) {
        size_t filled = (size_t)(next[length] - job->order);
        for (; filled % TGR_TILE != 0; filled++) {
            job->order[filled] = job->order[filled - 1];
            job->served_room[filled] = job->served_room[filled - 1];
        }
    }
    for (size_t length = longest + 1; length <= TGR_SHORT_ROW; length++) {
        job->run[length] = at;
    }
#endif
}

/* Whether blocks of this job may be short ones. */
static bool may_be_short(const tgr_job *job)
{
    return job->row_stride <= TGR_SHORT_WIDEST && job->x->value_type == TGR_U8;
}

/* How many of the block's rows end SHORT_REACH entries before the last of all; the rest of them is
 * for the way of long rows, which reads what it needs and no more. */
static size_t short_reach(const tgr_csr *x, size_t begin, size_t rows)
{
    int64_t last = x->indptr[x->rows] - SHORT_REACH;
    while (rows > 0 && x->indptr[begin + rows] > last) {
        rows--;
    }
    return rows;
}
