/* move.h - movers: each takes one group of columns from its spools to the query file, a block of
 * rows at a time, in row order. All start zeroed; freeing a zeroed one is harmless.
 */
#ifndef TGR_INGEST_MOVE_H
#define TGR_INGEST_MOVE_H

#include "engine/ingest/columns.h"
#include "engine/ingest/plan.h"
#include "engine/ingest/row_bits.h"
#include "engine/judgements/judgements.h"
#include "engine/log/responses.h"
#include "engine/store/query_write.h"

typedef struct tgr_block {
    tgr_query_writer *writer;
    size_t capacity;          /* rows of the largest block */
    size_t rows;              /* of this one */
    tgr_responses *responses; /* NULL, or what waits for the ids of rows */
    tgr_judgements *judged;   /* NULL, or what is laid over the rows */
    uint32_t *judged_ids;     /* of its rows; TGR_STRING_NONE: nothing was judged */
} tgr_block;

/* X: columns in their final numbers, each row in ascending order. */
typedef struct tgr_row_mover {
    tgr_spool *spool;
    const uint32_t *place;
    tgr_value_type value_type;
    int64_t *indptr;
    bool begun;
    int64_t moved;          /* entries of the rows before */
    uint64_t longest;       /* entries of a row */
    tgr_row_entry *entries; /* of one row; likewise columns, counts, keys, scratch */
    uint32_t *columns;
    float *counts;
    uint64_t *keys, *scratch;
    uint32_t *indices; /* waiting to be put; likewise values */
    void *values;
    size_t waiting;
    bool few_columns; /* few enough for `bits` */
    bool ranks_pay;   /* short rows go by ranks */
    tgr_row_bits bits;
} tgr_row_mover;

tgr_status tgr_row_mover_open(tgr_row_mover *mover, tgr_columns *columns,
                              const tgr_numbering *numbering, const tgr_query_plan *plan,
                              size_t block_rows, tgr_error *error);
tgr_status tgr_row_mover_move(tgr_row_mover *mover, const tgr_block *block, tgr_error *error);
void tgr_row_mover_free(tgr_row_mover *mover);

/* Columns of one number a row: codes, places, prompt tokens, sources. */
typedef struct tgr_cell_mover {
    tgr_columns *columns;
    const tgr_numbering *numbering;
    void *cells;
    tgr_spooled_place *places;
    size_t log;       /* that the next row is from */
    uint64_t log_row; /* rows of it that are moved */
} tgr_cell_mover;

tgr_status tgr_cell_mover_open(tgr_cell_mover *mover, tgr_columns *columns,
                               const tgr_numbering *numbering, size_t block_rows, tgr_error *error);
tgr_status tgr_cell_mover_move(tgr_cell_mover *mover, const tgr_block *block, tgr_error *error);
/* The weights, once it is known which rows were judged. */
tgr_status tgr_cell_mover_weights(tgr_cell_mover *mover, const tgr_block *block, tgr_error *error);
void tgr_cell_mover_free(tgr_cell_mover *mover);

/* Ids, which are moved first, so that what was judged of the rows is known. */
typedef struct tgr_id_mover {
    tgr_spool *spool;
    char *bytes;
    size_t room;
    uint64_t *offsets;
    size_t waiting; /* ids */
} tgr_id_mover;

tgr_status tgr_id_mover_open(tgr_id_mover *mover, tgr_spool *spool, size_t block_rows,
                             tgr_error *error);
tgr_status tgr_id_mover_move(tgr_id_mover *mover, const tgr_block *block, tgr_error *error);
void tgr_id_mover_free(tgr_id_mover *mover);

/* Texts, from the spool to where the file takes them. */
tgr_status tgr_texts_move(tgr_spool *spool, const tgr_block *block, tgr_error *error);

/* Queries x models. */
typedef struct tgr_model_mover {
    tgr_spool *spool; /* NULL: the log says nothing of any */
    const uint32_t *place;
    size_t models;
    uint64_t newly_judged;                                /* pairs of which the log says nothing */
    float *score, *cost, *completion_tokens, *propensity; /* NULL: no such column */
    int8_t *outcome;
} tgr_model_mover;

tgr_status tgr_model_mover_open(tgr_model_mover *mover, tgr_columns *columns,
                                const tgr_numbering *numbering, size_t block_rows,
                                tgr_error *error);
tgr_status tgr_model_mover_move(tgr_model_mover *mover, const tgr_block *block, tgr_error *error);
void tgr_model_mover_free(tgr_model_mover *mover);

#endif
