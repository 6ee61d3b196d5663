/* limits_body.h - touch and ceiling, written once; included by limits_<isa>.c after a header's
 * worth of vector operations: row4, row8, row16 (rows of W), L_ROWS_<width>_<panels> (rows summed
 * at once), and a `best` of L_LANES rows.
 *
 * A block's columns become offsets and its counts floats, which streams; then as many rows are
 * summed at once as registers hold, each instance for one length, so that no loop over entries is
 * left for the usual short rows.
 */
#include <stdbool.h>
#include <string.h>

#define TILE      16   /* rows decided at once */
#define MOST      2048 /* entries of a block, but for very long rows */
#define L_INLINE  static inline __attribute__((always_inline))
#define L_UNROLL  _Pragma("GCC unroll 16")
#define MOST_WIDE ((size_t)TGR_MODELS_MAX)

typedef struct block {
    uint32_t offset[TILE * TGR_LIMIT_LENGTH + 64]; /* where each entry's row of W begins, floats */
    float value[TILE * TGR_LIMIT_LENGTH + 64];
    float start[MOST_WIDE];       /* where each sum begins: the bias, with zeros behind */
    float rows[TILE * MOST_WIDE]; /* ceiling: scores of a tile */
    const float *weights;
    size_t stride, models, length;
    size_t wide; /* floats of W worth asking for ahead of their use: none, or a row's */
    const char *next_columns, *next_values; /* behind the block */
    size_t column_size, value_size;
} block;

#define WIDEN(NAME, COLUMN, VALUE)                                                                 \
    static void NAME(block *restrict b, const COLUMN *restrict columns,                            \
                     const VALUE *restrict values, size_t count)                                   \
    {                                                                                              \
        uint32_t stride = (uint32_t)b->stride;                                                     \
        for (size_t i = 0; i < count; i++) {                                                       \
            b->offset[i] = columns[i] * stride;                                                    \
        }                                                                                          \
        for (size_t i = 0; i < count; i++) {                                                       \
            b->value[i] = (float)values[i];                                                        \
        }                                                                                          \
    }

WIDEN(widen_16_u8, uint16_t, uint8_t)
WIDEN(widen_16_u16, uint16_t, uint16_t)
WIDEN(widen_16_f32, uint16_t, float)
WIDEN(widen_32_u8, uint32_t, uint8_t)
WIDEN(widen_32_u16, uint32_t, uint16_t)
WIDEN(widen_32_f32, uint32_t, float)

L_INLINE void widen(block *b, const tgr_csr *x, size_t first, size_t count)
{
    b->next_columns = x->narrow != NULL ? (const char *)(x->narrow + first + count)
                                        : (const char *)(x->indices + first + count);
    b->next_values = (const char *)x->values + (first + count) * b->value_size;
    const uint8_t *bytes = (const uint8_t *)x->values + first;
    const uint16_t *shorts = (const uint16_t *)x->values + first;
    const float *floats = (const float *)x->values + first;
    if (x->narrow != NULL) {
        const uint16_t *columns = x->narrow + first;
        switch (x->value_type) {
        case TGR_U8:
            widen_16_u8(b, columns, bytes, count);
            return;
        case TGR_U16:
            widen_16_u16(b, columns, shorts, count);
            return;
        case TGR_F32:
            widen_16_f32(b, columns, floats, count);
            return;
        }
    }
    const uint32_t *columns = x->indices + first;
    switch (x->value_type) {
    case TGR_U8:
        widen_32_u8(b, columns, bytes, count);
        return;
    case TGR_U16:
        widen_32_u16(b, columns, shorts, count);
        return;
    case TGR_F32:
        widen_32_f32(b, columns, floats, count);
    }
}

/* Entry j of row i. */
#define ADD_ENTRY(WIDTH, PANELS)                                                                   \
    size_t entry = at + i * length + j;                                                            \
    const float *row = weights + b->offset[entry];                                                 \
    L_UNROLL for (size_t p = 0; p < PANELS; p++)                                                   \
    {                                                                                              \
        sum[i][p] = row##WIDTH##_fma(b->value + entry, row + p * WIDTH, sum[i][p]);                \
    }

/* Sums of ROWS rows, columns [column, column + PANELS * WIDTH), the first at entry `at`. */
#define SUM_ROWS(WIDTH, PANELS, ROWS)                                                              \
    L_INLINE void sum_##WIDTH##_##PANELS(const block *b, size_t at, size_t length, bool fixed,     \
                                         size_t column, row##WIDTH sum[ROWS][PANELS])              \
    {                                                                                              \
        const float *weights = b->weights + column;                                                \
        L_UNROLL for (size_t i = 0; i < ROWS; i++)                                                 \
        {                                                                                          \
            L_UNROLL for (size_t p = 0; p < PANELS; p++)                                           \
            {                                                                                      \
                sum[i][p] = row##WIDTH##_load(b->start + column + p * WIDTH);                      \
            }                                                                                      \
        }                                                                                          \
        if (fixed) {                                                                               \
            L_UNROLL for (size_t i = 0; i < ROWS; i++)                                             \
            {                                                                                      \
                L_UNROLL for (size_t j = 0; j < length; j++){                                      \
                    ADD_ENTRY(WIDTH, PANELS)} L_UNROLL for (size_t p = 0; p < PANELS; p++)         \
                {                                                                                  \
                    row##WIDTH##_keep(sum[i][p]);                                                  \
                }                                                                                  \
            }                                                                                      \
        } else {                                                                                   \
            for (size_t j = 0; j < length; j++) {                                                  \
                L_UNROLL for (size_t i = 0; i < ROWS; i++)                                         \
                {                                                                                  \
                    ADD_ENTRY(WIDTH, PANELS)                                                       \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    L_INLINE row##WIDTH touch_##WIDTH##_##PANELS(const block *b, size_t at, size_t length,         \
                                                 bool fixed, size_t column, row##WIDTH seen)       \
    {                                                                                              \
        for (size_t r = 0; r < TILE; r += ROWS) {                                                  \
            row##WIDTH sum[ROWS][PANELS];                                                          \
            sum_##WIDTH##_##PANELS(b, at + r * length, length, fixed, column, sum);                \
            L_UNROLL for (size_t i = 0; i < ROWS * PANELS; i++)                                    \
            {                                                                                      \
                seen = row##WIDTH##_xor(seen, sum[i / PANELS][i % PANELS]);                        \
            }                                                                                      \
        }                                                                                          \
        return seen;                                                                               \
    }                                                                                              \
                                                                                                   \
    L_INLINE void store_##WIDTH##_##PANELS(block *b, size_t at, size_t length, bool fixed,         \
                                           size_t stride, size_t column)                           \
    {                                                                                              \
        for (size_t r = 0; r < TILE; r += ROWS) {                                                  \
            row##WIDTH sum[ROWS][PANELS];                                                          \
            sum_##WIDTH##_##PANELS(b, at + r * length, length, fixed, column, sum);                \
            L_UNROLL for (size_t i = 0; i < ROWS * PANELS; i++)                                    \
            {                                                                                      \
                row##WIDTH##_store(b->rows + (r + i / PANELS) * stride + column +                  \
                                       i % PANELS * WIDTH,                                         \
                                   sum[i / PANELS][i % PANELS]);                                   \
            }                                                                                      \
        }                                                                                          \
    }

SUM_ROWS(4, 1, L_ROWS_4)
SUM_ROWS(8, 1, L_ROWS_8)
SUM_ROWS(16, 1, L_ROWS_16)
SUM_ROWS(16, 2, L_ROWS_32)
SUM_ROWS(16, 4, L_ROWS_64)

#define PANELS_OF(WORK)                                                                            \
    size_t column = 0;                                                                             \
    for (; b->stride - column >= 64; column += 64) {                                               \
        WORK(16, 4)                                                                                \
    }                                                                                              \
    for (; b->stride - column >= 32; column += 32) {                                               \
        WORK(16, 2)                                                                                \
    }                                                                                              \
    if (column < b->stride) {                                                                      \
        WORK(16, 1)                                                                                \
    }

/* What one tile of TILE rows does; `width` is 4, 8 or 16 (and more), a constant where inlined. */
L_INLINE void touch_tile(const block *b, size_t at, size_t length, bool fixed, int width,
                         row4 *seen4, row8 *seen8, row16 *seen16)
{
    if (width == 4) {
        *seen4 = touch_4_1(b, at, length, fixed, 0, *seen4);
    } else if (width == 8) {
        *seen8 = touch_8_1(b, at, length, fixed, 0, *seen8);
    } else {
#define TOUCH(WIDTH, PANELS)                                                                       \
    *seen16 = touch_##WIDTH##_##PANELS(b, at, length, fixed, column, *seen16);
        PANELS_OF(TOUCH)
    }
}

/* Rows wider than 8 models: their scores by way of memory. */
L_INLINE void score_tile(block *b, size_t at, size_t length, bool fixed)
{
#define STORE(WIDTH, PANELS) store_##WIDTH##_##PANELS(b, at, length, fixed, b->stride, column);
    PANELS_OF(STORE)
}

/* The bytes that the next block will widen are asked for while this one is worked on, those beside
 * the tile at `at`: no hardware prefetcher goes on over the pause. */
L_INLINE void ask_for_bytes(const block *b, size_t at, size_t count)
{
    const char *columns = b->next_columns + at * b->column_size;
    const char *values = b->next_values + at * b->value_size;
    for (size_t i = 0; i < count * b->column_size; i += 64) {
        __builtin_prefetch(columns + i);
    }
    for (size_t i = 0; i < count * b->value_size; i += 64) {
        __builtin_prefetch(values + i);
    }
}

/* Rows of W beyond the caches: asked for a tile ahead, a line at a time. */
L_INLINE void ask_for_tile(const block *b, size_t at, size_t count)
{
    for (size_t i = at; i < at + count; i++) {
        for (size_t f = 0; f < b->wide; f += 16) {
            __builtin_prefetch(b->weights + b->offset[i] + f);
        }
    }
}

L_INLINE uint32_t touch_block(block *b, size_t rows, size_t length, bool fixed, int width)
{
    row4 seen4 = row4_zero();
    row8 seen8 = row8_zero();
    row16 seen16 = row16_zero();
    size_t step = TILE * length;
    for (size_t at = 0; at < rows * length; at += step) {
        if (b->wide > 0 && at + step < rows * length) {
            ask_for_tile(b, at + step, step);
        }
        ask_for_bytes(b, at, step);
        touch_tile(b, at, length, fixed, width, &seen4, &seen8, &seen16);
    }
    return row4_fold(seen4) ^ row8_fold(seen8) ^ row16_fold(seen16);
}

L_INLINE void decide_tile(const block *b, const tgr_limit_job *job, int16_t *model)
{
    for (size_t lane = 0; lane < TILE; lane += L_LANES) {
        best found = best_of(b->rows + lane * b->stride, b->stride, b->models, job->reference);
        best_store(model + lane, found, job->reference, job->threshold);
    }
}

/* Narrower ones: all in registers. */
#define DECIDE_IN_REGISTERS(WIDTH)                                                                 \
    L_INLINE void decide_##WIDTH(const block *b, size_t at, size_t length, bool fixed,             \
                                 const tgr_limit_job *job, int16_t *model)                         \
    {                                                                                              \
        for (size_t lane = 0; lane < TILE; lane += L_LANES) {                                      \
            row##WIDTH sum[L_LANES][1];                                                            \
            L_UNROLL for (size_t r = 0; r < L_LANES; r += L_ROWS_##WIDTH)                          \
            {                                                                                      \
                sum_##WIDTH##_1(b, at + (lane + r) * length, length, fixed, 0, sum + r);           \
            }                                                                                      \
            best found = best_of_##WIDTH(sum, b->models, job->reference);                          \
            best_store(model + lane, found, job->reference, job->threshold);                       \
        }                                                                                          \
    }

DECIDE_IN_REGISTERS(4)
DECIDE_IN_REGISTERS(8)

L_INLINE void score_and_decide(block *b, size_t at, size_t length, bool fixed, int width,
                               const tgr_limit_job *job, int16_t *model)
{
    if (width == 4) {
        decide_4(b, at, length, fixed, job, model);
    } else if (width == 8) {
        decide_8(b, at, length, fixed, job, model);
    } else {
        score_tile(b, at, length, fixed);
        decide_tile(b, job, model);
    }
}

L_INLINE void ceiling_block(block *b, size_t rows, size_t length, bool fixed, int width,
                            const tgr_limit_job *job, int16_t *model)
{
    size_t step = TILE * length;
    for (size_t at = 0; at < rows * length; at += step, model += TILE) {
        if (b->wide > 0 && at + step < rows * length) {
            ask_for_tile(b, at + step, step);
        }
        ask_for_bytes(b, at, step);
        score_and_decide(b, at, length, fixed, width, job, model);
    }
}

typedef uint32_t touch_function(block *b, size_t rows);
typedef void ceiling_function(block *b, size_t rows, const tgr_limit_job *job, int16_t *model);

#define INSTANCE(WIDTH, LENGTH)                                                                    \
    static uint32_t touch_##WIDTH##_long_##LENGTH(block *b, size_t rows)                           \
    {                                                                                              \
        return touch_block(b, rows, LENGTH == 0 ? b->length : LENGTH, LENGTH != 0, WIDTH);         \
    }                                                                                              \
    static void ceiling_##WIDTH##_long_##LENGTH(block *b, size_t rows, const tgr_limit_job *job,   \
                                                int16_t *model)                                    \
    {                                                                                              \
        ceiling_block(b, rows, LENGTH == 0 ? b->length : LENGTH, LENGTH != 0, WIDTH, job, model);  \
    }

#define INSTANCES(WIDTH)                                                                           \
    INSTANCE(WIDTH, 0)                                                                             \
    INSTANCE(WIDTH, 1)                                                                             \
    INSTANCE(WIDTH, 2)                                                                             \
    INSTANCE(WIDTH, 3)                                                                             \
    INSTANCE(WIDTH, 4) INSTANCE(WIDTH, 5) INSTANCE(WIDTH, 6) INSTANCE(WIDTH, 7) INSTANCE(WIDTH, 8)

INSTANCES(4)
INSTANCES(8)
INSTANCE(16, 0)

#define NAMES(KIND, WIDTH)                                                                         \
    {                                                                                              \
        KIND##_##WIDTH##_long_0, KIND##_##WIDTH##_long_1, KIND##_##WIDTH##_long_2,                 \
            KIND##_##WIDTH##_long_3, KIND##_##WIDTH##_long_4, KIND##_##WIDTH##_long_5,             \
            KIND##_##WIDTH##_long_6, KIND##_##WIDTH##_long_7, KIND##_##WIDTH##_long_8              \
    }
#define LENGTHS 9

static touch_function *const touches[2][LENGTHS] = {NAMES(touch, 4), NAMES(touch, 8)};
static ceiling_function *const ceilings[2][LENGTHS] = {NAMES(ceiling, 4), NAMES(ceiling, 8)};

static touch_function *choose_touch(size_t stride, size_t length)
{
    return stride > 8 ? touch_16_long_0 : touches[stride == 8][length < LENGTHS ? length : 0];
}

static ceiling_function *choose_ceiling(size_t stride, size_t length)
{
    return stride > 8 ? ceiling_16_long_0 : ceilings[stride == 8][length < LENGTHS ? length : 0];
}

#define FAR_WEIGHTS ((size_t)1 << 20) /* bytes of W from which rows are asked for ahead */

static void open_block(block *b, const tgr_limit_job *job)
{
    b->weights = job->w->weights;
    b->stride = job->w->stride;
    b->models = job->w->models;
    b->length = job->length;
    b->wide = 0;
    b->column_size = job->x->narrow != NULL ? 2 : 4;
    b->value_size = job->x->value_type == TGR_F32 ? 4 : job->x->value_type == TGR_U16 ? 2 : 1;
    memset(b->start, 0, b->stride * sizeof *b->start);
    memcpy(b->start, job->w->bias, b->models * sizeof *b->start);
}

static size_t rows_of_block(size_t length)
{
    size_t rows = MOST / length / TILE * TILE;
    return rows > 0 ? rows : TILE;
}

/* The last rows, fewer than a tile: entries beyond them are none, and what they give is dropped. */
static void pad_tile(block *b, size_t entries, size_t rows)
{
    for (size_t i = entries; i < (rows + TILE - 1) / TILE * TILE * b->length; i++) {
        b->offset[i] = 0;
        b->value[i] = 0;
    }
}

static uint32_t touch_rest(block *b, size_t rows)
{
    uint32_t seen = 0;
    for (size_t r = 0; r < rows; r++) {
        for (size_t k = 0; k < b->stride; k++) {
            float sum = b->start[k];
            for (size_t j = r * b->length; j < (r + 1) * b->length; j++) {
                sum = __builtin_fmaf(b->value[j], b->weights[b->offset[j] + k], sum);
            }
            uint32_t bits;
            memcpy(&bits, &sum, sizeof bits);
            seen ^= bits;
        }
    }
    return seen;
}

static uint32_t touch(const tgr_limit_job *job, size_t begin, size_t end)
{
    block b;
    open_block(&b, job);
    touch_function *instance = choose_touch(b.stride, job->length);
    uint32_t seen = 0;
    size_t most = rows_of_block(job->length);
    for (size_t row = begin; row < end; row += most) {
        size_t rows = end - row < most ? end - row : most;
        size_t whole = rows / TILE * TILE;
        widen(&b, job->x, row * job->length, whole * job->length);
        seen ^= instance(&b, whole);
        if (whole < rows) {
            widen(&b, job->x, (row + whole) * job->length, (rows - whole) * job->length);
            seen ^= touch_rest(&b, rows - whole);
        }
    }
    return seen;
}

static void ceiling(const tgr_limit_job *job, size_t begin, size_t end)
{
    block b;
    open_block(&b, job);
    ceiling_function *instance = choose_ceiling(b.stride, job->length);
    size_t most = rows_of_block(job->length);
    for (size_t row = begin; row < end; row += most) {
        size_t rows = end - row < most ? end - row : most;
        size_t whole = rows / TILE * TILE;
        widen(&b, job->x, row * job->length, whole * job->length);
        instance(&b, whole, job, job->model + row);
        if (whole < rows) {
            size_t entries = (rows - whole) * job->length;
            int16_t last[TILE];
            widen(&b, job->x, (row + whole) * job->length, entries);
            pad_tile(&b, entries, rows - whole);
            instance(&b, TILE, job, last);
            memcpy(job->model + row + whole, last, (rows - whole) * sizeof *last);
        }
    }
}
