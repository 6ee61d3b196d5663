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
#define TGR_SHORT_ROWS    1024  /* the same where entries are read as they are stored */
#define TGR_SHORT_ROW     16    /* rows below this length can be ordered in runs of one length */
#define TGR_BLOCK_ENTRIES 16384 /* at most: rows of 32 still come in full blocks */
#define TGR_LENGTHS       64    /* rows shorter than this are ordered by length exactly */
#define TGR_STEPS         64    /* thresholds looked at side by side, */
#define TGR_MANY_STEPS    8     /* from this many on */
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
    uint8_t *served_room;      /* beside `order`: each row's eligibility mask, */
    const uint8_t *served;     /* where it was put there; else NULL */
    const void *columns;       /* of the block's first entry on, as they are stored */
    const uint8_t *values;     /* the same, where counts are bytes */
    float *start_sums;         /* row_stride: where each sum begins: the bias */
    float *rows;               /* TGR_TILE x row_stride: scores of the tile's rows */
    float *tile;               /* row_stride x TGR_TILE: the same, transposed */
    float *fresh;              /* as `tile`: the next one's */
    const uint16_t *tile_rows; /* rows of the block in the tile, in `order` */

    /* In runs of one length, run[length] to before run[length + 1] in `order`, each of whole tiles:
     * its last row comes several times, and is decided each time to the same effect. */
    uint32_t run[TGR_SHORT_ROW + 1];

    tgr_ahead ahead[6];
    int ahead_count;

    /* margin at many thresholds: what each row of the block chooses, until all are known; they are
     * then written row after row (decide_steps.h). */
    bool settles;
    float *row_margin;
    int16_t *row_other, *row_kept;

    float steps[TGR_STEPS]; /* thresholds as float32, from the one numbered step_first on */
    size_t step_first;      /* SIZE_MAX: none yet */
} tgr_job;

/* Fills the last tile of a run that ends before `end`, and begins at a tile's start, with its last
 * row; returns where the next run begins. */
TGR_INLINE size_t tgr_pad_run(tgr_job *job, size_t end, bool masked)
{
    size_t missing = -end % TGR_TILE;
    if (missing > 0) {
        uint16_t last = job->order[end - 1];
        for (size_t i = 0; i < TGR_TILE; i++) { /* a constant number: one store */
            job->order[end + i] = last;
        }
        if (masked) {
            memset(job->served_room + end, job->served_room[end - 1], TGR_TILE);
        }
    }
    return end + missing;
}

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

/* How many rows from `row` on make the next block, at most `most`; 0 where one row alone is too
 * long for it. */
size_t tgr_block_length(const tgr_csr *x, size_t row, size_t end, size_t most);

#endif
