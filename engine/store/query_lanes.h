/* query_lanes.h - a query file read by several threads at once, each with a part of its rows.
 *
 * Rows are read stretch by stretch, a stretch in parts that are numbered in the order of rows. Each
 * thread reads through a view of its own, so that what a part holds stays in that thread's cache;
 * views share what goes over parts: sums of blocks, and chunks that were decoded. Chunks of the
 * next stretch are decoded beside the parts of the one at hand.
 */
#ifndef TGR_STORE_QUERY_LANES_H
#define TGR_STORE_QUERY_LANES_H

#include "engine/store/query_read.h"

typedef struct tgr_query_lanes tgr_query_lanes;

/* How many rows a stretch may have, at most `rows`, so that what is decoded of it takes no more
 * than `memory` bytes; 0 where the file cannot be read so, or not with what is wanted (TGR_WANT_*).
 */
uint64_t tgr_query_lanes_rows(const tgr_query_file *file, unsigned want, uint64_t rows,
                              uint64_t memory);

/* For `count` threads, and stretches of `rows` rows as tgr_query_lanes_rows has them. The file is
 * read through them alone until they are closed. */
tgr_status tgr_query_lanes_open(tgr_query_file *file, unsigned want, int count, uint64_t rows,
                                tgr_query_lanes **lanes, tgr_error *error);
void tgr_query_lanes_close(tgr_query_lanes *lanes); /* NULL allowed */

/* A stretch begins, of at most the rows planned; *jobs is how many chunks wait to be decoded for it
 * or for what follows. While no thread reads. */
tgr_status tgr_query_lanes_begin(tgr_query_lanes *lanes, uint64_t first, uint64_t rows,
                                 size_t *jobs, tgr_error *error);

/* The rest is called by each thread for its lane. */

/* Does a job: better before parts are read. */
void tgr_query_lanes_decode(tgr_query_lanes *lanes, int lane, size_t job);

/* Takes a part: parts of a stretch from 0 on, each by one thread, and by each in ascending order.
 * Then reads rows of it, in order, as tgr_query_read does; and leaves it, `whole` where all of it
 * was read. */
void tgr_query_lanes_take(tgr_query_lanes *lanes, int lane, uint64_t part);
tgr_status tgr_query_lanes_read(tgr_query_lanes *lanes, int lane, uint64_t first, size_t max_rows,
                                size_t max_nonzeros, tgr_batch *batch, tgr_error *error);
void tgr_query_lanes_leave(tgr_query_lanes *lanes, int lane, bool whole);

/* After a failure, while no thread reads: what the checksums say of damage, where they say
 * something, in place of `status` and its sentence. */
tgr_status tgr_query_lanes_settle(tgr_query_lanes *lanes, tgr_status status, tgr_error *error);

#endif
