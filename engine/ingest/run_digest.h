/* run_digest.h - what all shards of one run of ingest have in common, as one number. */
#ifndef TGR_INGEST_RUN_DIGEST_H
#define TGR_INGEST_RUN_DIGEST_H

#include "engine/ingest/state.h"

/* 32 hexadecimal digits and NUL, over the logs (names, sizes, first and last bytes), the options
 * that change rows, and the router's tags. The columns have been opened, and nothing was read. */
tgr_status tgr_ingest_run_digest(const tgr_ingest_state *in, char digest[33]);

/* Appends what says, beside how they are tagged, what rows hold: schema, fields that are kept,
 * splits, judgements and responses. */
void tgr_schema_describe(const tgr_ingest_state *in, tgr_buffer *text);

#endif
