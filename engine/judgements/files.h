/* files.h - the files of judgements of one run: read and settled, and what became of their ids. */
#ifndef TGR_JUDGEMENTS_FILES_H
#define TGR_JUDGEMENTS_FILES_H

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/judgements/judgements.h"

/* TGR_ERR_ARGUMENT where one is standard input. */
tgr_status tgr_judgements_check(const char *const *paths, size_t count, tgr_error *error);

/* Reads files into zeroed judgements, which the caller frees whatever is returned. TGR_ERR_INPUT
 * where one is not as it should be, or all are empty; TGR_ERR_ARGUMENT for standard input. */
tgr_status tgr_judgements_read(tgr_judgements *judged, const char *const *paths, size_t count,
                               const tgr_run *run, tgr_error *error);

#define TGR_JUDGED_SHOWN 5 /* ids that are of no query */

typedef struct tgr_judged_ids {
    uint64_t ids, unmatched;
    char first_unmatched[TGR_JUDGED_SHOWN][64]; /* in order of arrival, cut where long */
} tgr_judged_ids;

/* Once all rows have been looked up. */
void tgr_judgements_report(const tgr_judgements *judged, tgr_judged_ids *report);

#endif
