/* queries.h - query files joined: shards of one run of ingest, or files of several. */
#ifndef TGR_MERGE_QUERIES_H
#define TGR_MERGE_QUERIES_H

#include "engine/judgements/judgements.h"
#include "engine/merge/shards.h"
#include "engine/store/query_read.h"

/* Joins the inputs, or with `check` says what speaks against it. */
tgr_status tgr_merge_queries(tgr_merging *work, tgr_merge_report *report, tgr_error *error);

/* Whether files belong together: all of them shards of one run, each once, none missing, or none of
 * them a shard; and tagged alike. Makes findings of what is not so. Puts shards in their order. */
tgr_status tgr_query_files_compare(tgr_merging *work, tgr_query_file **files, size_t count,
                                   tgr_error *error);

/* One query file with judgements laid over its rows. TGR_ERR_INPUT where no row has one. */
tgr_status tgr_merge_judged(tgr_merging *work, tgr_judgements *judged, tgr_merge_report *report,
                            tgr_error *error);

#endif
