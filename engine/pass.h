/* pass.h - one walk over the queries of some files: batch after batch, those of a split only.
 *
 * While the caller works on a batch, a thread reads the next one; there are never more than these
 * two. How many rows a batch has follows from the run's memory and from how much a row takes, so
 * neither long ids nor many models nor many queries make a walk larger. Where no thread can be had,
 * or HDF5 was built without regard to threads, the walk reads when it is asked.
 */
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
    int read_threads;  /* 0: as many as the run has */

    uint64_t begin, end; /* rows of all files, one after another, that the walk goes over */
    uint64_t before;     /* queries of the split in the rows before these, once shared */
    uint64_t own;        /* in these, likewise */
    uint64_t queries;    /* in all rows, likewise */
    size_t begun_before; /* the file of which processes before this one have queries; file_count:
                          * there is none */

    uint64_t next;    /* the first row behind the last batch, counted over all files */
    uint64_t given;   /* queries since the walk began, those of the last batch among them */
    const bool *keep; /* with a split: which of the rows that were read the last batch holds */
    bool warned;      /* of files that lack the split */
    struct tgr_pass_walk *walk;
} tgr_pass;

/* Opens the files. split NULL or "": every query; else a name that some file must have (the error
 * lists those there are). */
tgr_status tgr_pass_open(tgr_pass *pass, const char *const *inputs, size_t input_count,
                         const char *split, tgr_error *error);
void tgr_pass_close(tgr_pass *pass); /* harmless on a zeroed structure; ends a walk that is on */

/* The next batch that holds a query of the split, and the number of the file it is from; *batch is
 * NULL at the end, and the walk stands at its start again. want: TGR_WANT_*. Reports progress and
 * honours cancellation. The batch belongs to the pass, and to the caller until the next call. */
tgr_status tgr_pass_next(tgr_pass *pass, unsigned want, const char *phase, const tgr_run *run,
                         tgr_batch **batch, size_t *file, tgr_error *error);

/* Has the walk go over this process's share of the rows only, where the run has a crew: ranges of
 * about equally many rows and stored values, one after another. Once the split is settled, and
 * before the first batch; every process of the crew takes part. */
tgr_status tgr_pass_share(tgr_pass *pass, const tgr_run *run, tgr_error *error);

/* The same where it is known already at which row this process's share begins. */
tgr_status tgr_pass_share_from(tgr_pass *pass, uint64_t begin, const tgr_run *run,
                               tgr_error *error);

/* For whoever reads the files otherwise: so many rows from `next` on were gone over. Reports
 * progress. */
void tgr_pass_advance(tgr_pass *pass, uint64_t rows, const char *phase, const tgr_run *run);

/* Has the walk begin at a row, counted over all files, instead of the first. */
void tgr_pass_begin_at(tgr_pass *pass, uint64_t row);

/* How many queries the walk will give. Reads the column of splits where there is a split. */
tgr_status tgr_pass_count(tgr_pass *pass, const tgr_run *run, uint64_t *queries, tgr_error *error);

#endif
