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
#define TGR_SORTED_MODELS 48    /* at most, for thresholds to be searched and not gone through */
#define TGR_KEPT_SCORES   16384 /* floats at most that wait for a block's end */
#define TGR_SLACK         64    /* elements that vector code may touch behind the last */

typedef struct tgr_entry {
    uint32_t offset; /* where the entry's row of W begins, in floats */
    float value;
} tgr_entry;

typedef struct tgr_ahead { /* memory of the next block that is still to be asked for */
    const char *next, *end;
    size_t step; /* bytes a tile */
} tgr_ahead;

/* The thresholds at hand: `count` of them from `first` on. */
typedef struct tgr_steps {
    size_t first, count;
    size_t taken;            /* the `first` that the arrays below are of; SIZE_MAX: none yet */
    float value[TGR_STEPS];  /* as float32, as given */
    bool plain;              /* utility: all are of a size that decide_sorted.h can tell apart */
    float sorted[TGR_STEPS]; /* keys (decide_sorted.h), rising, NaN first; then infinities */
    float keys[TGR_STEPS] __attribute__((aligned(64))); /* the same, as v_rank takes them */
    int16_t place[TGR_STEPS];  /* as given: 1 + the place among the sorted ones */
    uint16_t given[TGR_STEPS]; /* the other way round */
} tgr_steps;

/* What is known of models whose costs are the same for all rows. */
typedef struct tgr_sorted_models {
    bool ready;                        /* found out in this call */
    bool usable;                       /* for the way of decide_sorted.h */
    bool tell;                         /* utility: costs are far enough apart, */
    bool distinct;                     /* no two are equal */
    uint16_t order[TGR_SORTED_MODELS]; /* most preferred first, by cost */
    /* 1 / (difference of costs) of each with those after it; 0: they are equal */
    float inverse[TGR_SORTED_MODELS * (TGR_SORTED_MODELS - 1) / 2];
    float inverse_size; /* the largest's */
} tgr_sorted_models;

/* A tile's candidates, most preferred first: [place * TGR_TILE + row of the tile]. Twice in the two
 * halves of a number: the steps from which on it may be chosen, counted in key order, and the
 * model. */
typedef struct tgr_sorted_tile {
    int32_t limit[TGR_SORTED_MODELS * TGR_TILE], number[TGR_SORTED_MODELS * TGR_TILE];
    float edge[TGR_SORTED_MODELS * TGR_TILE]; /* utility: keys from here to the limit are unsure */
    int32_t base[TGR_TILE];                   /* chosen where no candidate may be */
    size_t candidates;
    size_t begin, end; /* rows still to be filled in, of the whole; none: equal */
} tgr_sorted_tile;

/* Rows [begin, end) that are still to be decided, and their scores. */
typedef struct tgr_waiting {
    size_t begin, end;
    float *scores;
} tgr_waiting;

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

    /* Many thresholds: scores of the block's rows are kept until all are known; they are then
     * decided in their order, a tile with each that is scored of the next block (in_order.h). */
    bool keeps;
    bool streams;        /* what is chosen goes past the caches: whole lines of them, aligned */
    float *kept, *spare; /* of this block; room for the next one's */
    tgr_waiting waiting; /* of the block before */
    uint16_t in_order[TGR_TILE]; /* 0, 1, 2 ... */

    tgr_steps *steps;
    tgr_sorted_models *sorted;
    tgr_sorted_tile *found, *filled; /* this tile's, and the one's before (decide_sorted.h) */
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
