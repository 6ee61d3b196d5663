/* bad.c - reason after reason. */
#include "engine/ingest/bad.h"

void tgr_bad_add(tgr_ingest_report *report, const char *name, uint64_t lines, const tgr_part *part)
{
    for (int reason = 0; reason < TGR_BAD_REASONS; reason++) {
        if (part->bad_by_reason[reason] > 0) {
            tgr_bad_count(report, name, lines, part->bad_by_reason[reason],
                          &part->first_bad[reason]);
        }
    }
}
