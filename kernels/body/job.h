/* job.h - what one call works on: its arguments, and where its scratch memory lies. */
#ifndef TGR_KERNELS_JOB_H
#define TGR_KERNELS_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernels/kernels.h"

#define TGR_INLINE static inline __attribute__((always_inline))

#define TGR_TILE          16    /* rows decided at once */
#define TGR_GROUP         4     /* rows scored at once; TGR_TILE is a multiple */
#define TGR_BLOCK_ROWS    512   /* at most; entries of 5 a row: 20 KB, beside the hot rows of W */
#define TGR_BLOCK_ENTRIES 16384 /* at most: rows of 32 still come in full blocks */
#define TGR_LENGTHS       64    /* rows shorter than this are ordered by length exactly */
#define TGR_STEPS         64    /* thresholds looked at side by side */
#define TGR_SLACK         64    /* elements that vector code may touch behind the last */

typedef struct tgr_entry {
    uint32_t offset; /* where the entry's row of W begins, in floats */
    float value;
} tgr_entry;

typedef struct tgr_ahead { /* memory of the next block that is still to be asked for */
    const char *next, *end;
    size_t step; /* bytes a tile */
} tgr_ahead;

typedef struct tgr_job {
    const tgr_csr *x;
    const tgr_weights *w;
    const tgr_decider *decider;
    const tgr_choice *choice;

    size_t block_begin, block_rows;
    size_t row_stride;         /* floats of one row's scores, that of W */
    tgr_entry *entries;        /* of the block */
    uint32_t *start;           /* rows of the block: first entry */
    uint32_t *length;          /* rows of the block: entries */
    uint16_t *order;           /* rows of the block by length */
    float *start_sums;         /* row_stride: where each sum begins: the bias */
    float *rows;               /* TGR_TILE x row_stride: scores of the tile's rows */
    float *tile;               /* row_stride x TGR_TILE: the same, transposed */
    const uint16_t *tile_rows; /* rows of the block in the tile, in `order` */

    tgr_ahead ahead[6];
    int ahead_count;

    float steps[TGR_STEPS]; /* thresholds as float32, from the one numbered step_first on */
    size_t step_first;      /* SIZE_MAX: none yet */
} tgr_job;

/* The first 32 bits of a row's record. */
TGR_INLINE int32_t tgr_word(const char *records, const uint16_t *row, size_t size)
{
    int32_t word;
    memcpy(&word, records + *row * size, sizeof word);
    return word;
}

void tgr_job_open(tgr_job *job, const tgr_csr *x, const tgr_weights *w, const tgr_decider *decider,
                  const tgr_choice *choice, void *scratch);

/* Lets sums begin at the bias, as they do but for the later parts of a very long row. */
void tgr_job_start_from_bias(tgr_job *job);

/* How many rows from `row` on make the next block; 0 where one row alone is too long for it. */
size_t tgr_block_length(const tgr_csr *x, size_t row, size_t end);

#endif
