/* rows.h - which rows of a file from elsewhere are those of a batch. */
#ifndef TGR_ELSEWHERE_ROWS_H
#define TGR_ELSEWHERE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/simulate.h>

#include "engine/pass.h"

typedef struct tgr_elsewhere_rows {
    uint64_t all, some; /* queries of the files, and of the split */
    bool of_split;      /* the file has the queries of the split alone */

    /* of the batch at hand */
    uint64_t first;   /* row of the file */
    size_t count;     /* rows to read from there */
    const bool *keep; /* which of them the batch holds; NULL: all */
} tgr_elsewhere_rows;

/* Counts the queries. */
tgr_status tgr_elsewhere_rows_open(tgr_elsewhere_rows *rows, const tgr_simulate_options *options,
                                   const tgr_run *run, tgr_error *error);

/* TGR_ERR_INPUT unless so many rows of a file are one for every query, or for every one of the
 * split. */
tgr_status tgr_elsewhere_rows_fit(tgr_elsewhere_rows *rows, const char *path, uint64_t count,
                                  const tgr_simulate_options *options, tgr_error *error);

/* Finds the rows of the batch that a walk has just given. */
void tgr_elsewhere_rows_next(tgr_elsewhere_rows *rows, const tgr_batch *batch, const tgr_pass *pass,
                             size_t file);

#endif
