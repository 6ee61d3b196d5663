/* state.h - one run of ingest, for the files that share its steps. */
#ifndef TGR_INGEST_STATE_H
#define TGR_INGEST_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <tagroute/ingest.h>

#include "engine/ingest/checkpoint.h"
#include "engine/ingest/columns.h"
#include "engine/ingest/keeper.h"
#include "engine/ingest/kept.h"
#include "engine/ingest/logs.h"
#include "engine/ingest/paid.h"
#include "engine/ingest/tagging.h"
#include "engine/ingest/team.h"
#include "engine/judgements/judgements.h"
#include "engine/log/responses.h"

typedef struct tgr_ingest_state {
    tgr_ingest_options options;
    tgr_ingest_report report;
    const tgr_run *run;
    tgr_error *error;

    tgr_run_tagger tagger;
    tgr_kept_field kept[TGR_KEEP_MAX];
    char run_digest[33]; /* of shards */

    const char **asked, **replies; /* inputs: logs of requests; those of responses */
    size_t reply_count;
    tgr_responses responses; /* where there are such */
    tgr_judgements judged;   /* where files of judgements are named */
    tgr_paid paid;           /* prices, where some were given */
    tgr_buffer beside;       /* what tells these files and prices from others */

    tgr_logs logs;
    tgr_columns columns;
    tgr_bad_reason first_bad; /* reason of the very first bad record */

    /* where the last piece that was taken ends */
    tgr_log_format format; /* of the log at hand */
    uint64_t position;     /* in it */
    uint64_t lines;        /* gone over in it */
    uint64_t done;         /* bytes of all logs as stored */
    uint64_t total;        /* of these in all, 0 not known */

    tgr_keeper keeper;
    bool resumable; /* all logs are files */
    bool hands_off; /* what another run has left is not ours to remove, or not yet */
    tgr_checkpoint resumed;
    bool continues;         /* from that checkpoint */
    uint64_t bytes_at_save; /* when the last checkpoint was made; likewise the time */
    struct timespec time_at_save;
} tgr_ingest_state;

/* Reads the logs into the columns. */
tgr_status tgr_ingest_read(tgr_ingest_state *in);

/* Takes the lock and looks for a checkpoint, where one is wanted. Sets report.was_complete where
 * there is nothing to do. */
tgr_status tgr_resume_look(tgr_ingest_state *in);

/* Goes on from the checkpoint, or sweeps what there is. The columns have been opened. */
tgr_status tgr_resume_begin(tgr_ingest_state *in);

/* Makes a checkpoint where it is time for one. */
tgr_status tgr_resume_tick(tgr_ingest_state *in);

/* Makes one now, and waits until it is on the disk. Where the run can be resumed. */
tgr_status tgr_resume_save(tgr_ingest_state *in);

/* Removes the files, or leaves them and says so in the sentence of the failure. */
void tgr_resume_end(tgr_ingest_state *in, tgr_status status);

#endif
