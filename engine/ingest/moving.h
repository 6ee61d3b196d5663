/* moving.h - all movers over the same rows, block by block. */
#ifndef TGR_INGEST_MOVING_H
#define TGR_INGEST_MOVING_H

#include <tagroute/run.h>

#include "engine/ingest/move.h"

typedef struct tgr_movers {
    bool with_models;
    bool beside; /* X may be moved by a thread of its own */
    tgr_row_mover rows;
    tgr_cell_mover cells;
    tgr_id_mover ids;
    tgr_spool *texts; /* NULL: there are none */
    tgr_model_mover models;
} tgr_movers;

/* Starts zeroed; freed in any case. */
tgr_status tgr_movers_open(tgr_movers *movers, tgr_columns *columns, const tgr_numbering *numbering,
                           const tgr_query_plan *plan, size_t block_rows, tgr_error *error);
/* Moves all rows. The block has its writer and its capacity. */
tgr_status tgr_movers_move(tgr_movers *movers, tgr_block *block, uint64_t rows, const tgr_run *run,
                           tgr_error *error);
void tgr_movers_free(tgr_movers *movers);

#endif
