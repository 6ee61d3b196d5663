/* team.h - threads that read logs ahead: one cuts pieces, others parse them, and the caller takes
 * the parts in the order of the logs.
 *
 * Pieces stand in a ring of a few a thread, so memory does not grow with the logs. The caller
 * parses, too, while the part it waits for is not there. Parts are filled again in the reverse
 * order of their release: what the caches hold of one is worth more than that all take turns.
 */
#ifndef TGR_INGEST_TEAM_H
#define TGR_INGEST_TEAM_H

#include <tagroute/run.h>

#include "engine/ingest/logs.h"
#include "engine/ingest/part.h"
#include "engine/ingest/worker.h"
#include "engine/log/cutter.h"

typedef struct tgr_team tgr_team;

typedef struct tgr_team_plan {
    const tgr_logs *logs;
    tgr_log_format format;
    tgr_work work;
    int threads;                /* that parse, the caller's included */
    size_t first;               /* log to begin with; those before it are done */
    const tgr_log_stand *stand; /* NULL, or where the first was left */
    uint64_t stored_before;     /* bytes of those before it, as stored */
} tgr_team_plan;

/* A piece and what became of it. */
typedef struct tgr_delivery {
    size_t log;           /* number of the log */
    bool begins;          /* the first of its log; a log without records has one, too */
    uint64_t stored;      /* bytes of all logs as stored that were read when it was cut */
    tgr_source_mark mark; /* the same of this log */
    tgr_log_piece piece;
    tgr_part *part;    /* once it is parsed */
    tgr_error failure; /* what comes after these records; status TGR_OK: more of the log */
} tgr_delivery;

/* The plan's logs must outlive the team. */
tgr_status tgr_team_start(tgr_team **team, const tgr_team_plan *plan, tgr_error *error);

/* The next delivery in order; NULL where none came for a while, or with *end set where all were
 * taken. It stays the caller's until tgr_team_release. */
tgr_delivery *tgr_team_next(tgr_team *team, bool *end);
void tgr_team_release(tgr_team *team);

/* Ends all threads, wherever they are; NULL allowed. */
void tgr_team_stop(tgr_team *team);

#endif
