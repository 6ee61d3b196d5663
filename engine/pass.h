/* pass.h - one walk over the queries of some files: batch after batch, those of a split only. */
#ifndef TGR_PASS_H
#define TGR_PASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/store/query_read.h"

typedef struct tgr_pass {
    tgr_query_file **files;
    size_t file_count;
    uint64_t rows;     /* in all files */
    uint64_t nonzeros; /* likewise */
    char *split;       /* NULL: every query */

    /* where the walk stands */
    size_t file;
    uint64_t row;       /* of that file */
    uint64_t rows_done; /* over all files */
    uint64_t begin;     /* row that the walk starts at, over all files */
    uint64_t next;      /* likewise: the first row behind the batch that was given last */
    tgr_batch batch;
    bool *keep;
    size_t keep_capacity;
} tgr_pass;

/* Opens the files. split NULL or "": every query; else a name that some file must have (the error
 * lists those there are). */
tgr_status tgr_pass_open(tgr_pass *pass, const char *const *inputs, size_t input_count,
                         const char *split, tgr_error *error);
void tgr_pass_close(tgr_pass *pass); /* harmless on a zeroed structure */

/* The next batch that holds a query of the split, and the number of the file it is from; *batch is
 * NULL at the end, and the walk stands at its start again. want: TGR_WANT_*. Reports progress and
 * honours cancellation. The batch belongs to the pass. */
tgr_status tgr_pass_next(tgr_pass *pass, unsigned want, const char *phase, const tgr_run *run,
                         tgr_batch **batch, size_t *file, tgr_error *error);

/* Has the walk start at a row, counted over all files; to be called while it stands at its start.
 */
void tgr_pass_begin_at(tgr_pass *pass, uint64_t row);

/* How many queries the walk will give. Reads the files once where there is a split. */
tgr_status tgr_pass_count(tgr_pass *pass, const tgr_run *run, uint64_t *queries, tgr_error *error);

#endif
