/* kept.h - fields of a log that become columns of /obs. */
#ifndef TGR_INGEST_KEPT_H
#define TGR_INGEST_KEPT_H

#include <tagroute/ingest.h>

typedef struct tgr_kept_field {
    char *name;       /* of the column */
    const char *path; /* the caller's */
} tgr_kept_field;

/* Takes apart what the options ask for. TGR_ERR_ARGUMENT where a name cannot be a column's. Freed
 * in any case. */
tgr_status tgr_kept_open(const tgr_ingest_options *options, tgr_kept_field kept[TGR_KEEP_MAX],
                         tgr_error *error);
void tgr_kept_free(tgr_kept_field kept[TGR_KEEP_MAX]);

#endif
