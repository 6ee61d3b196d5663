/* checkpoint.h - where a run stands between two pieces of a log, as a MessagePack map. */
#ifndef TGR_INGEST_CHECKPOINT_H
#define TGR_INGEST_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/buffer.h"
#include "engine/ingest/columns.h"

typedef enum tgr_stand {
    TGR_STAND_FORMAT,    /* of the log at hand */
    TGR_STAND_POSITION,  /* in it, decompressed */
    TGR_STAND_LINES,     /* gone over in it */
    TGR_STAND_BYTES,     /* decompressed, of all logs */
    TGR_STAND_STORED,    /* bytes of all logs as stored */
    TGR_STAND_CODED,     /* a bit a column of codes: it is in use */
    TGR_STAND_FIRST_BAD, /* reason of the very first bad record */
    TGR_STAND_BAD,       /* records */
    TGR_STAND_SKIPPED,   /* of each reason to skip, the first of TGR_SKIP_REASONS */
    TGR_STANDS = TGR_STAND_SKIPPED + TGR_SKIP_REASONS
} tgr_stand;

#define TGR_SENTENCE 256 /* bytes of report.first_bad */

/* Starts zeroed. */
typedef struct tgr_checkpoint {
    tgr_buffer settings; /* the options and inputs that must be the same again, as text */
    uint64_t stand[TGR_STANDS];
    tgr_facts facts;
    uint64_t bad_by_reason[TGR_BAD_REASONS];
    char first_bad[TGR_BAD_REASONS][TGR_SENTENCE];
    uint64_t spools[TGR_SPOOLS]; /* lengths */
    tgr_log_rows *logs;          /* begun so far; their sources are not kept */
    size_t log_count;
} tgr_checkpoint;

/* Appends the map, with its digest, to an empty buffer, whose failure is the caller's to see. */
void tgr_checkpoint_encode(const tgr_checkpoint *checkpoint, tgr_buffer *bytes);

/* False where the bytes are no checkpoint of this version, or damaged, or memory is short. */
bool tgr_checkpoint_decode(tgr_checkpoint *checkpoint, const tgr_buffer *bytes);

/* Frees what a decoded checkpoint has; the logs of one made for encoding are the columns' own. */
void tgr_checkpoint_free(tgr_checkpoint *checkpoint);

#endif
