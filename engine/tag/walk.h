/* walk.h - the parts of logs in order, for whoever counts what is in them. */
#ifndef TGR_TAG_WALK_H
#define TGR_TAG_WALK_H

#include "engine/ingest/team.h"

typedef struct tgr_tag_walk {
    tgr_ingest_options options; /* logs, format, what is tolerated; of the rest only the output */
    tgr_work work;
    const tgr_run *run;
    tgr_ingest_report report; /* bytes and bad records */
    uint64_t rows;            /* of the parts so far */
    bool quiet;               /* bad records have been told of */
} tgr_tag_walk;

/* Takes one part; what it holds is the visitor's until it returns. */
typedef tgr_status (*tgr_part_visit)(void *user, tgr_part *part, tgr_error *error);

/* Reads all logs. The options are checked, and so is that too many records are not bad. */
tgr_status tgr_tag_walk_run(tgr_tag_walk *walk, tgr_part_visit visit, void *user, tgr_error *error);

#endif
