/* query_writer.h - a query file that is being written; the store's own. */
#ifndef TGR_STORE_QUERY_WRITER_H
#define TGR_STORE_QUERY_WRITER_H

#include "engine/store/layout.h"
#include "engine/store/query_write.h"
#include "engine/store/stream.h"

struct tgr_query_writer {
    const tgr_query_plan *plan;
    tgr_target target;
    pthread_mutex_t gate; /* of HDF5, while columns are filled */
    tgr_anndata file;     /* group: the file itself */
    tgr_stream streams[TGR_DATASETS];
};

/* Creates the file with all its groups and datasets, and writes all that the plan holds. */
tgr_status tgr_query_create(tgr_query_writer *writer, const char *path, tgr_error *error);

#endif
