/* columns.h - the one algorithm that turns rows, of floats or of outcomes, into columns: eight rows
 * by eight columns at a time.
 *
 * Included by kernels/<arch>/<isa>.c.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/kernels.h"

#define TGR_COLUMNS 8

/* The first of some bytes is the lowest of the word that they are. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TGR_WORDS_AS_STORED 1
#else
#define TGR_WORDS_AS_STORED 0
#endif

/* Rows by number, of which each is `stride` values from the one before, row `first` at 0; there are
 * `total` values. */
typedef struct TGR_VARIANT(rows) {
    const uint32_t *rows;
    size_t count, first, stride, total;
} TGR_VARIANT(rows);

static inline size_t TGR_VARIANT(place)(const TGR_VARIANT(rows) * from, size_t row, size_t column)
{
    return (from->rows[row] - from->first) * from->stride + column;
}

/* ---- floats ---------------------------------------------------------------------------------- */

#if defined(__AVX__)

typedef float TGR_VARIANT(eight) __attribute__((vector_size(32)));

#define TGR_EIGHT(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

/* Two rows, and then four, interleaved; the halves that lie behind each other are put together
 * last. */
static inline void TGR_VARIANT(turn)(TGR_VARIANT(eight) r[8])
{
    TGR_VARIANT(eight) pair[8], four[8];
    for (int i = 0; i < 8; i += 2) {
        pair[i] = TGR_EIGHT(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        pair[i + 1] = TGR_EIGHT(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int i = 0; i < 8; i += 4) {
        four[i] = TGR_EIGHT(pair[i], pair[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        four[i + 1] = TGR_EIGHT(pair[i], pair[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        four[i + 2] = TGR_EIGHT(pair[i + 1], pair[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
        four[i + 3] = TGR_EIGHT(pair[i + 1], pair[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (int i = 0; i < 4; i++) {
        r[i] = TGR_EIGHT(four[i], four[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        r[i + 4] = TGR_EIGHT(four[i], four[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/* What lies behind a row is read with it, and means nothing, but behind the last of all. */
static inline size_t TGR_VARIANT(turn_floats)(const TGR_VARIANT(rows) * from, const float *values,
                                              size_t column, size_t width,
                                              float into[TGR_COLUMNS][TGR_ANSWER_ROWS])
{
    size_t row = 0;
    for (; row + 8 <= from->count; row += 8) {
        TGR_VARIANT(eight) r[8];
        for (size_t i = 0; i < 8; i++) {
            size_t place = TGR_VARIANT(place)(from, row + i, column);
            if (from->total - place < 8) {
                return row;
            }
            memcpy(&r[i], values + place, sizeof r[i]);
        }
        TGR_VARIANT(turn)(r);
        for (size_t i = 0; i < width; i++) {
            memcpy(&into[i][row], &r[i], sizeof r[i]);
        }
    }
    return row;
}

#else

static inline size_t TGR_VARIANT(turn_floats)(const TGR_VARIANT(rows) * from, const float *values,
                                              size_t column, size_t width,
                                              float into[TGR_COLUMNS][TGR_ANSWER_ROWS])
{
    (void)from, (void)values, (void)column, (void)width, (void)into;
    return 0;
}

#endif

/* Columns `column` to column + width - 1, at most TGR_COLUMNS. */
static void TGR_VARIANT(take_floats)(const TGR_VARIANT(rows) * from, const float *values,
                                     size_t column, size_t width,
                                     float into[TGR_COLUMNS][TGR_ANSWER_ROWS])
{
    size_t row = TGR_VARIANT(turn_floats)(from, values, column, width, into);
    for (; row < from->count; row++) {
        for (size_t i = 0; i < width; i++) {
            into[i][row] = values[TGR_VARIANT(place)(from, row, column + i)];
        }
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

/* A column as doubles, with rows that fill up; says what is odd about it. */
static unsigned TGR_VARIANT(widen_column)(const float *restrict from, size_t count, size_t rows,
                                          double *restrict into)
{
    int32_t unknown = 0, large = 0;
    for (size_t i = 0; i < count; i++) {
        into[i] = from[i];
        unknown += from[i] != from[i] ? 1 : 0;
        large += fabsf(from[i]) > (float)TGR_ANSWER_LIMIT ? 1 : 0;
    }
    for (size_t i = count; i < rows; i++) {
        into[i] = NAN;
    }
    return (unknown > 0 ? TGR_SOME_UNKNOWN : 0u) | (large > 0 ? TGR_SOME_LARGE : 0u);
}

static unsigned TGR_VARIANT(fill_unknown)(size_t rows, double value, double *into)
{
    for (size_t i = 0; i < rows; i++) {
        into[i] = value;
    }
    return TGR_SOME_UNKNOWN;
}

/* Where the columns from `begin` on go, of all models' `into`; NULL where nobody wants one. */
static bool TGR_VARIANT(find_wanted)(const tgr_answer_rows *from, size_t models, size_t begin,
                                     double *into, double *wanted[TGR_COLUMNS])
{
    bool any = false;
    for (size_t i = 0; i < TGR_COLUMNS; i++) {
        wanted[i] = NULL;
    }
    for (size_t model = 0; model < models; model++) {
        size_t column =
            (size_t)from->column[model] - begin; /* huge where there is none, or before */
        if (column < TGR_COLUMNS) {
            wanted[column] = into + model * TGR_ANSWER_ROWS;
            any = true;
        }
    }
    return any;
}

static unsigned TGR_VARIANT(take_values)(const tgr_answer_rows *from, const float *values,
                                         size_t models, size_t rows, double *into)
{
    const TGR_VARIANT(rows) cells = {from->rows, from->count, 0, from->stride, from->total};
    float columns[TGR_COLUMNS][TGR_ANSWER_ROWS];
    double *wanted[TGR_COLUMNS];
    unsigned odd = 0;
    for (size_t begin = 0; begin < from->stride; begin += TGR_COLUMNS) {
        size_t left = from->stride - begin, width = left < TGR_COLUMNS ? left : TGR_COLUMNS;
        if (!TGR_VARIANT(find_wanted)(from, models, begin, into, wanted)) {
            continue;
        }
        TGR_VARIANT(take_floats)(&cells, values, begin, width, columns);
        for (size_t i = 0; i < width; i++) {
            if (wanted[i] != NULL) {
                odd |= TGR_VARIANT(widen_column)(columns[i], from->count, rows, wanted[i]);
            }
        }
    }
    return odd;
}

/* Eight outcomes of each row as the bytes of a word, 128 more than they are. */
static void TGR_VARIANT(take_words)(const tgr_answer_rows *from, size_t column, size_t width,
                                    uint64_t *words)
{
    for (size_t i = 0; i < from->count; i++) {
        size_t place = from->rows[i] * from->stride + column;
        const int8_t *row = from->outcome + place;
        uint64_t word = 0;
        if (TGR_WORDS_AS_STORED && from->total - place >= sizeof word) {
            memcpy(&word, row, sizeof word);
        } else {
            for (size_t at = 0; at < width; at++) {
                word |= (uint64_t)(uint8_t)row[at] << (8 * at);
            }
        }
        words[i] = word ^ UINT64_C(0x8080808080808080);
    }
}

/* A byte is put into the mantissa of 2^52. */
static unsigned TGR_VARIANT(widen_bytes)(const uint64_t *restrict words, size_t at, size_t count,
                                         size_t rows, double *restrict into)
{
    double unknown = 0;
#pragma omp simd reduction(+ : unknown)
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = UINT64_C(0x4330000000000000) | (words[i] >> (8 * at) & 0xff);
        double value;
        memcpy(&value, &bits, sizeof value);
        into[i] = value - (0x1p52 + 128);
        unknown += into[i] < 0 ? 1.0 : 0.0;
    }
    for (size_t i = count; i < rows; i++) {
        into[i] = -1;
    }
    return unknown > 0 ? TGR_SOME_UNKNOWN : 0;
}

static unsigned TGR_VARIANT(take_outcomes)(const tgr_answer_rows *from, size_t models, size_t rows,
                                           double *into)
{
    uint64_t words[TGR_ANSWER_ROWS];
    double *wanted[TGR_COLUMNS];
    unsigned odd = 0;
    for (size_t begin = 0; begin < from->stride; begin += TGR_COLUMNS) {
        size_t left = from->stride - begin, width = left < TGR_COLUMNS ? left : TGR_COLUMNS;
        if (!TGR_VARIANT(find_wanted)(from, models, begin, into, wanted)) {
            continue;
        }
        TGR_VARIANT(take_words)(from, begin, width, words);
        for (size_t i = 0; i < width; i++) {
            if (wanted[i] != NULL) {
                odd |= TGR_VARIANT(widen_bytes)(words, i, from->count, rows, wanted[i]);
            }
        }
    }
    return odd;
}

static void TGR_VARIANT(take_answers)(const tgr_answer_rows *from, size_t models, double *cost,
                                      double *score, double *outcome, tgr_answer_gaps *gaps)
{
    size_t rows = (from->count + 7) / 8 * 8;
    *gaps = (tgr_answer_gaps){0};
    for (size_t model = 0; model < models; model++) {
        size_t place = model * TGR_ANSWER_ROWS;
        bool absent = from->column[model] < 0;
        if (absent || from->cost == NULL) {
            gaps->cost |= TGR_VARIANT(fill_unknown)(rows, NAN, cost + place);
        }
        if (absent || from->score == NULL) {
            gaps->score |= TGR_VARIANT(fill_unknown)(rows, NAN, score + place);
        }
        if (absent || from->outcome == NULL) {
            gaps->outcome |= TGR_VARIANT(fill_unknown)(rows, -1, outcome + place);
        }
    }
    if (from->cost != NULL) {
        gaps->cost |= TGR_VARIANT(take_values)(from, from->cost, models, rows, cost);
    }
    if (from->score != NULL) {
        gaps->score |= TGR_VARIANT(take_values)(from, from->score, models, rows, score);
    }
    if (from->outcome != NULL) {
        gaps->outcome |= TGR_VARIANT(take_outcomes)(from, models, rows, outcome);
    }
}
