/* score.h - sums of rows of W, several rows of X at a time.
 *
 * Rows of about the same length come together, so the common loop runs to the shortest one's end
 * and hardly ever leaves a rest. A row's sums stay in registers; rows wider than 64 models take
 * rounds.
 */

/* One instance: ROWS rows and PANELS vectors of WIDTH floats, columns [column, column + PANELS *
 * WIDTH). */
#define SCORE_INSTANCE(WIDTH, ROWS, PANELS)                                                        \
    TGR_INLINE void score_##WIDTH##_##ROWS##_##PANELS(tgr_job *job, size_t at, size_t column,      \
                                                      bool ones)                                   \
    {                                                                                              \
        const float *restrict weights = job->w->weights + column;                                  \
        const tgr_entry *entry[ROWS];                                                              \
        size_t length[ROWS], shortest = SIZE_MAX;                                                  \
        row##WIDTH sum[ROWS][PANELS];                                                              \
        TGR_UNROLL for (size_t i = 0; i < ROWS; i++)                                               \
        {                                                                                          \
            entry[i] = job->entries + job->start[job->tile_rows[at + i]];                          \
            length[i] = job->length[job->tile_rows[at + i]];                                       \
            shortest = length[i] < shortest ? length[i] : shortest;                                \
            TGR_UNROLL for (size_t p = 0; p < PANELS; p++)                                         \
            {                                                                                      \
                sum[i][p] = row##WIDTH##_load(job->start_sums + column + p * WIDTH);               \
            }                                                                                      \
        }                                                                                          \
        for (size_t j = 0; j < shortest; j++) {                                                    \
            TGR_UNROLL for (size_t i = 0; i < ROWS; i++)                                           \
            {                                                                                      \
                ADD_ENTRY(WIDTH, PANELS, entry[i] + j, sum[i]);                                    \
            }                                                                                      \
        }                                                                                          \
        TGR_UNROLL for (size_t i = 0; i < ROWS; i++)                                               \
        {                                                                                          \
            for (size_t j = shortest; j < length[i]; j++) {                                        \
                ADD_ENTRY(WIDTH, PANELS, entry[i] + j, sum[i]);                                    \
            }                                                                                      \
            TGR_UNROLL for (size_t p = 0; p < PANELS; p++)                                         \
            {                                                                                      \
                row##WIDTH##_store(job->rows + (at + i) * job->row_stride + column + p * WIDTH,    \
                                   sum[i][p]);                                                     \
            }                                                                                      \
        }                                                                                          \
    }

#define ADD_ENTRY(WIDTH, PANELS, ENTRY, SUM)                                                       \
    do {                                                                                           \
        const float *row = weights + (ENTRY)->offset;                                              \
        TGR_UNROLL for (size_t p = 0; p < PANELS; p++)                                             \
        {                                                                                          \
            SUM[p] = ones ? row##WIDTH##_add(row + p * WIDTH, SUM[p])                              \
                          : row##WIDTH##_fma(&(ENTRY)->value, row + p * WIDTH, SUM[p]);            \
        }                                                                                          \
    } while (0)

#define TGR_UNROLL _Pragma("GCC unroll 8")

#define SCORE_ROWS(WIDTH, ROWS, PANELS) SCORE_INSTANCE(WIDTH, ROWS, PANELS)

SCORE_ROWS(4, 4, 1)
SCORE_ROWS(8, 4, 1)
SCORE_ROWS(16, TGR_ROWS_16, 1)
SCORE_ROWS(16, TGR_ROWS_32, 2)
SCORE_ROWS(16, TGR_ROWS_64, 4)

/* Several calls of an instance of fewer rows make a group. */
#define FOUR_ROWS(NAME, ROWS, COLUMN)                                                              \
    for (size_t i = 0; i < TGR_GROUP; i += ROWS) {                                                 \
        NAME(job, at + i, COLUMN, ones);                                                           \
    }

#define SCORE_NAME_(WIDTH, ROWS, PANELS) score_##WIDTH##_##ROWS##_##PANELS
#define SCORE_NAME(WIDTH, ROWS, PANELS)  SCORE_NAME_(WIDTH, ROWS, PANELS)

/* Scores of the group of rows of the tile from `at` on, into job->rows. */
TGR_INLINE void score_rows(tgr_job *job, size_t at, bool ones)
{
    size_t stride = job->row_stride;
    if (stride == 4) {
        score_4_4_1(job, at, 0, ones);
    } else if (stride == 8) {
        score_8_4_1(job, at, 0, ones);
    } else {
        size_t column = 0;
        for (; stride - column >= 64; column += 64) {
            FOUR_ROWS(SCORE_NAME(16, TGR_ROWS_64, 4), TGR_ROWS_64, column)
        }
        for (; stride - column >= 32; column += 32) {
            FOUR_ROWS(SCORE_NAME(16, TGR_ROWS_32, 2), TGR_ROWS_32, column)
        }
        if (column < stride) {
            FOUR_ROWS(SCORE_NAME(16, TGR_ROWS_16, 1), TGR_ROWS_16, column)
        }
    }
}

/* job->rows, transposed into job->tile, four columns at a time. */
TGR_INLINE void transpose_tile(tgr_job *job)
{
    size_t columns = job->w->models;
    for (size_t column = 0; column < columns; column += 4) {
        v_transpose4(job->rows + column, job->row_stride, job->tile + column * TGR_TILE);
    }
}
