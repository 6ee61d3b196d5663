/* score.h - sums of rows of W, several rows of X at a time.
 *
 * Rows of about the same length come together, so the common loop runs to the shortest one's end
 * and hardly ever leaves a rest. A row's sums stay in registers; rows wider than 64 models take
 * rounds.
 */

/* Adds one entry's row of W to the sums of one row of X. */
#define ADD_ENTRY(WIDTH, PANELS, ENTRY, SUM)                                                       \
    do {                                                                                           \
        const float *row = weights + (ENTRY)->offset;                                              \
        TGR_UNROLL for (size_t p = 0; p < PANELS; p++)                                             \
        {                                                                                          \
            SUM[p] = ones ? row##WIDTH##_add(row + p * WIDTH, SUM[p])                              \
                          : row##WIDTH##_fma(&(ENTRY)->value, row + p * WIDTH, SUM[p]);            \
        }                                                                                          \
    } while (0)

/* The entries [from, to) of all rows; unrolled where both are constants. */
#define ADD_ENTRIES(WIDTH, ROWS, PANELS, FROM, TO)                                                 \
    for (size_t j = FROM; j < TO; j++) {                                                           \
        TGR_UNROLL for (size_t i = 0; i < ROWS; i++)                                               \
        {                                                                                          \
            ADD_ENTRY(WIDTH, PANELS, entry[i] + j, sum[i]);                                        \
        }                                                                                          \
    }

/* One instance: ROWS rows from the tile's `at` on, PANELS vectors of WIDTH floats of each: columns
 * [column, column + PANELS * WIDTH). */
#define SCORE_INSTANCE(WIDTH, ROWS, PANELS)                                                        \
    TGR_INLINE void score_##WIDTH##_##ROWS##_##PANELS(tgr_job *job, size_t at, size_t column,      \
                                                      size_t stride, bool ones)                    \
    {                                                                                              \
        const float *restrict weights = job->w->weights + column;                                  \
        const uint16_t *rows = job->tile_rows + at;                                                \
        const tgr_entry *entry[ROWS];                                                              \
        row##WIDTH sum[ROWS][PANELS];                                                              \
        TGR_UNROLL for (size_t i = 0; i < ROWS; i++)                                               \
        {                                                                                          \
            entry[i] = job->entries + job->start[rows[i]];                                         \
            TGR_UNROLL for (size_t p = 0; p < PANELS; p++)                                         \
            {                                                                                      \
                sum[i][p] = row##WIDTH##_load(job->start_sums + column + p * WIDTH);               \
            }                                                                                      \
        }                                                                                          \
        size_t length = job->length[rows[0]];                                                      \
        for (size_t i = 1; i < ROWS; i++) {                                                        \
            length = job->length[rows[i]] < length ? job->length[rows[i]] : length;                \
        }                                                                                          \
        ADD_ENTRIES(WIDTH, ROWS, PANELS, 0, length)                                                \
        TGR_UNROLL for (size_t i = 0; i < ROWS; i++)                                               \
        {                                                                                          \
            for (size_t j = length; j < job->length[rows[i]]; j++) {                               \
                ADD_ENTRY(WIDTH, PANELS, entry[i] + j, sum[i]);                                    \
            }                                                                                      \
        }                                                                                          \
        float *to = job->rows + at * stride + column;                                              \
        TGR_UNROLL for (size_t i = 0; i < ROWS; i++)                                               \
        {                                                                                          \
            TGR_UNROLL for (size_t p = 0; p < PANELS; p++)                                         \
            {                                                                                      \
                row##WIDTH##_store(to + i * stride + p * WIDTH, sum[i][p]);                        \
            }                                                                                      \
        }                                                                                          \
    }

#define SCORE_ROWS(WIDTH, ROWS, PANELS) SCORE_INSTANCE(WIDTH, ROWS, PANELS)

SCORE_ROWS(4, 4, 1)
SCORE_ROWS(8, 4, 1)
SCORE_ROWS(16, TGR_ROWS_16, 1)
SCORE_ROWS(16, TGR_ROWS_32, 2)
SCORE_ROWS(16, TGR_ROWS_64, 4)

/* A tile of short rows, all of one length, runs through code unrolled for that length: the jump
 * there is the same again and again. Where rows of W are wide, a loop costs little beside them. */
#define SHORT_INSTANCE(WIDTH)                                                                      \
    TGR_INLINE void score_short_##WIDTH(tgr_job *job, size_t length, bool ones)                    \
    {                                                                                              \
        const float *restrict weights = job->w->weights;                                           \
        const uint16_t *rows = job->tile_rows;                                                     \
        const uint32_t *start = job->start;                                                        \
        const tgr_entry *entries = job->entries;                                                   \
        const row##WIDTH begin = row##WIDTH##_load(job->start_sums);                               \
        float *to = job->rows;                                                                     \
        for (size_t at = 0; at < TGR_TILE; at += TGR_GROUP) {                                      \
            const tgr_entry *entry[TGR_GROUP];                                                     \
            row##WIDTH sum[TGR_GROUP][1];                                                          \
            TGR_UNROLL for (size_t i = 0; i < TGR_GROUP; i++)                                      \
            {                                                                                      \
                entry[i] = entries + start[rows[at + i]];                                          \
                sum[i][0] = begin;                                                                 \
            }                                                                                      \
            TGR_UNROLL ADD_ENTRIES(WIDTH, TGR_GROUP, 1, 0, length)                                 \
                TGR_UNROLL for (size_t i = 0; i < TGR_GROUP; i++)                                  \
            {                                                                                      \
                row##WIDTH##_store(to + (at + i) * WIDTH, sum[i][0]);                              \
            }                                                                                      \
        }                                                                                          \
    }

#define SHORT_CASE(WIDTH, LENGTH)                                                                  \
    case LENGTH:                                                                                   \
        score_short_##WIDTH(job, LENGTH, ones);                                                    \
        return true;

/* False where the tile is not so, and nothing is done. */
#define SHORT_TILE(WIDTH)                                                                          \
    SHORT_INSTANCE(WIDTH)                                                                          \
    TGR_INLINE bool score_short_tile_##WIDTH(tgr_job *job, bool ones)                              \
    {                                                                                              \
        uint32_t length = job->length[job->tile_rows[0]];                                          \
        if (job->length[job->tile_rows[TGR_TILE - 1]] != length) {                                 \
            return false;                                                                          \
        }                                                                                          \
        switch (length) {                                                                          \
            SHORT_CASE(WIDTH, 1)                                                                   \
            SHORT_CASE(WIDTH, 2)                                                                   \
            SHORT_CASE(WIDTH, 3)                                                                   \
            SHORT_CASE(WIDTH, 4)                                                                   \
            SHORT_CASE(WIDTH, 5)                                                                   \
            SHORT_CASE(WIDTH, 6)                                                                   \
            SHORT_CASE(WIDTH, 7)                                                                   \
            SHORT_CASE(WIDTH, 8)                                                                   \
            SHORT_CASE(WIDTH, 9)                                                                   \
        }                                                                                          \
        return false;                                                                              \
    }

SHORT_TILE(4)
SHORT_TILE(8)

/* Several calls of an instance of fewer rows make a group. */
#define ONE_GROUP(NAME, ROWS, COLUMN)                                                              \
    for (size_t i = 0; i < TGR_GROUP; i += ROWS) {                                                 \
        NAME(job, at + i, COLUMN, stride, ones);                                                   \
    }

#define SCORE_NAME_(WIDTH, ROWS, PANELS) score_##WIDTH##_##ROWS##_##PANELS
#define SCORE_NAME(WIDTH, ROWS, PANELS)  SCORE_NAME_(WIDTH, ROWS, PANELS)

/* Scores of the group of rows of the tile from `at` on, into job->rows, where rows of W are wide.
 */
TGR_INLINE void score_wide_group(tgr_job *job, size_t at, bool ones)
{
    size_t stride = job->row_stride, column = 0;
    for (; stride - column >= 64; column += 64) {
        ONE_GROUP(SCORE_NAME(16, TGR_ROWS_64, 4), TGR_ROWS_64, column)
    }
    for (; stride - column >= 32; column += 32) {
        ONE_GROUP(SCORE_NAME(16, TGR_ROWS_32, 2), TGR_ROWS_32, column)
    }
    if (column < stride) {
        ONE_GROUP(SCORE_NAME(16, TGR_ROWS_16, 1), TGR_ROWS_16, column)
    }
}

/* The same for any width; stride is a constant: 4, 8 or 16 for all that are wider. */
TGR_INLINE void score_group(tgr_job *job, size_t at, size_t stride, bool ones)
{
    if (stride == 4) {
        score_4_4_1(job, at, 0, 4, ones);
    } else if (stride == 8) {
        score_8_4_1(job, at, 0, 8, ones);
    } else {
        score_wide_group(job, at, ones);
    }
}

/* job->rows, transposed into job->tile, four columns at a time. */
TGR_INLINE void transpose_tile(tgr_job *job, size_t stride)
{
    for (size_t column = 0; column < job->w->models; column += 4) {
        v_transpose4(job->rows + column, stride, job->tile + column * TGR_TILE);
    }
}
