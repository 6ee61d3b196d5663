/* keeper.h - the hidden files beside an output that another run can go on with: who may use them,
 * when they are complete, and that they go away.
 *
 *     .NAME.ingest.lock   held by the run; stays when it is killed
 *     .NAME.ingest        the checkpoint: appears by renaming, once the spools are on the disk
 *     .NAME.ingest.SPOOL  spools, of which the checkpoint vouches for the beginning
 */
#ifndef TGR_INGEST_KEEPER_H
#define TGR_INGEST_KEEPER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "engine/base/buffer.h"
#include "engine/ingest/columns.h"

/* Starts zeroed. */
typedef struct tgr_keeper {
    const char *output;
    char *lock, *checkpoint, *new_checkpoint;
    char *spools[TGR_SPOOLS];
    int lock_fd;
    bool locked;
    bool was_running; /* an earlier run has not come to its end */
    bool kept;        /* a checkpoint is in place */

    pthread_t thread; /* that puts a checkpoint in place */
    bool has_thread;
    atomic_bool saved; /* it is done */
    int files[TGR_SPOOLS];
    size_t file_count;
    tgr_buffer bytes;
    tgr_error failure;
} tgr_keeper;

/* Takes the lock. TGR_ERR_IO where another run has it. output must outlive the keeper. */
tgr_status tgr_keeper_open(tgr_keeper *keeper, const char *output, tgr_error *error);

/* Removes what earlier runs have left. */
void tgr_keeper_sweep(tgr_keeper *keeper);

/* Gives the spools their names. */
void tgr_keeper_name(const tgr_keeper *keeper, tgr_columns *columns);

/* Whether the last checkpoint is still on its way. */
bool tgr_keeper_busy(const tgr_keeper *keeper);

/* Puts a checkpoint of these bytes in place, in a thread of its own, once the spools, which have
 * been flushed, are on the disk. Not while busy. */
tgr_status tgr_keeper_save(tgr_keeper *keeper, tgr_columns *columns, const tgr_buffer *bytes,
                           tgr_error *error);

/* Waits until it is in place. */
tgr_status tgr_keeper_wait(tgr_keeper *keeper, tgr_error *error);

/* The bytes of the checkpoint that is in place; *found is false where there is none. */
tgr_status tgr_keeper_load(tgr_keeper *keeper, tgr_buffer *bytes, bool *found, tgr_error *error);

/* Removes everything, or leaves checkpoint and spools for another run. Spools have been closed. */
void tgr_keeper_close(tgr_keeper *keeper, bool keep);

#endif
