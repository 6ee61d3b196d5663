/* restore.h - dictionaries and spools to a checkpoint, and back. */
#ifndef TGR_INGEST_RESTORE_H
#define TGR_INGEST_RESTORE_H

#include "engine/ingest/checkpoint.h"
#include "engine/ingest/logs.h"

/* Puts everything into the files: flushes the spools, new names included, and takes their lengths
 * and the facts into the checkpoint. */
tgr_status tgr_columns_save(tgr_columns *columns, tgr_checkpoint *checkpoint, tgr_error *error);

/* Brings opened columns, whose spools have names, to where the checkpoint says. logs: whose first
 * ones are begun. TGR_ERR_IO where the files do not hold what the checkpoint vouches for. */
tgr_status tgr_columns_restore(tgr_columns *columns, const tgr_checkpoint *checkpoint,
                               const tgr_logs *logs, tgr_error *error);

#endif
