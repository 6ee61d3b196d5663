/* data.h - the arrays that everything is timed over: tag counts, weights, costs, masks.
 *
 * Made up from a seed (or read from files, input.h), each row's part written by the thread that
 * will begin with it, so that on machines of several memory nodes it lies near that thread.
 */
#ifndef TGR_BENCH_DATA_H
#define TGR_BENCH_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "bench/shape.h"
#include "bench/team.h"
#include "kernels/kernels.h"

/* What the entries of a run need of the data. */
typedef struct tgr_bench_needs {
    bool tokens, masks, outcomes;
    size_t thresholds; /* most of any call */
} tgr_bench_needs;

typedef struct tgr_bench_data {
    size_t rows, columns, models;
    int64_t *indptr;
    uint32_t *indices;
    uint16_t *narrow; /* NULL where columns need more */
    void *values;
    tgr_value_type value_type;

    float *weights; /* columns x stride, padded with zeros */
    size_t stride;
    float *plain_weights; /* columns x models */
    float *bias;          /* stride, padded with zeros */
    size_t reference;

    double *flat, *price_in, *price_out; /* models */
    double *prompt_tokens;               /* rows; NULL where not needed */
    uint64_t *eligible;                  /* rows x mask_words; NULL where not needed */
    size_t mask_words;
    int8_t *outcomes; /* rows x models; NULL where not needed */

    int16_t *model; /* rows x thresholds: where decisions go */

    size_t *bounds; /* pieces of about the same work */
    size_t pieces;
    size_t length;        /* of the limits' rows: the mean, rounded, at least 1 */
    size_t limit_rows;    /* rows of that length in all entries */
    size_t *limit_bounds; /* of those */
    size_t limit_pieces;
} tgr_bench_data;

/* Freed with tgr_bench_data_free in any case. */
tgr_status tgr_bench_data_make(tgr_bench_data *data, const tgr_bench_shape *shape,
                               const tgr_bench_needs *needs, const tgr_team *team,
                               tgr_error *error);
void tgr_bench_data_free(tgr_bench_data *data);

/* Fills what does not depend on where rows come from: pieces, plain weights, room for decisions. */
tgr_status tgr_bench_data_finish(tgr_bench_data *data, const tgr_bench_needs *needs,
                                 const tgr_team *team, tgr_error *error);

static inline uint64_t tgr_bench_entries(const tgr_bench_data *data)
{
    return (uint64_t)data->indptr[data->rows];
}

/* The tag counts as kernels take them. */
tgr_csr tgr_bench_csr(const tgr_bench_data *data, bool narrow);

size_t tgr_bench_value_size(tgr_value_type type);

#endif
