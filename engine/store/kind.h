/* kind.h - tells tagroute's files apart by their content. */
#ifndef TGR_STORE_KIND_H
#define TGR_STORE_KIND_H

#include <tagroute/status.h>

typedef enum tgr_file_kind {
    TGR_KIND_UNKNOWN = 0,
    TGR_KIND_QUERIES,   /* HDF5 with /X */
    TGR_KIND_DECISIONS, /* HDF5 with /uns/tagroute whose format is "tagroute.decisions" */
    TGR_KIND_ROUTER,    /* MessagePack map with format "tagroute.router" */
    TGR_KIND_VOCABULARY /* the same with "tagroute.vocabulary" */
} tgr_file_kind;

/* TGR_ERR_IO where the file cannot be opened, TGR_ERR_INPUT where it is HDF5 but damaged;
 * TGR_KIND_UNKNOWN where it is none of these. */
tgr_status tgr_file_kind_of(const char *path, tgr_file_kind *kind, tgr_error *error);

#endif
