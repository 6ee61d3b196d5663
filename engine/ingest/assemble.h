/* assemble.h - the second pass: numbers everything for good and writes the query file. */
#ifndef TGR_INGEST_ASSEMBLE_H
#define TGR_INGEST_ASSEMBLE_H

#include <tagroute/ingest.h>
#include <tagroute/run.h>

#include "engine/ingest/columns.h"
#include "engine/judgements/judgements.h"
#include "engine/log/responses.h"

typedef struct tgr_assembly {
    const char *output;
    bool compress, compact;
    bool with_router; /* the tags numbered first are a router's */
    const char *tagger_kind, *tagger_digest;
    const void *tagger_settings; /* a MessagePack map; length 0: there are none */
    size_t tagger_settings_length;
    bool category_tag;
    unsigned shard, shards; /* 0, 0: all of the run with this digest */
    const char *run_digest;
    const char *kept_columns[TGR_KEEP_MAX]; /* names of the columns of kept fields */
    const uint64_t *skipped;                /* NULL, or TGR_SKIP_REASONS: records by reason */
    tgr_judgements *judged;                 /* NULL, or what is laid over the rows */
    tgr_responses *responses;               /* NULL, or those that rows are to be told of */
} tgr_assembly;

/* Reads the columns back (once) and puts the query file in place. Sets what the report says of it.
 */
tgr_status tgr_assemble(tgr_columns *columns, const tgr_assembly *assembly,
                        tgr_ingest_report *report, const tgr_run *run, tgr_error *error);

#endif
