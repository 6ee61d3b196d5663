/* worker.h - one thread's way from a piece of a log to its part. */
#ifndef TGR_INGEST_WORKER_H
#define TGR_INGEST_WORKER_H

#include <stdbool.h>

#include "engine/ingest/part.h"
#include "engine/ingest/row.h"
#include "engine/log/parser.h"
#include "engine/log/schema.h"
#include "engine/tagger/tagger.h"

/* What all workers are told. */
typedef struct tgr_work {
    size_t max_record;
    bool category_tag;
    tgr_text_uses keep;
    tgr_log_schema schema; /* of records, and what becomes the text of a chat */
    tgr_chat_text text;
    const struct tgr_responses *responses; /* NULL, or those apart from their requests */
    const char *paths[TGR_KEEP_MAX];       /* of fields that become columns */
    size_t path_count;
    const tgr_split_share *splits; /* to be assigned */
    size_t split_count;
    bool strict;                            /* a part ends with its first bad record */
    const tgr_tagger *tagger;               /* NULL, or what gives texts their tags */
    const tgr_normalisation *normalisation; /* NULL, or what tags go through */
    tgr_text_use use;     /* of texts; records that have none for it are passed over */
    const char *split;    /* NULL, or that of the only records that are wanted */
    tgr_log_format write; /* TGR_LOG_AUTO: parts are columns; else records, with the tags of their
                           * texts, in this format */
} tgr_work;

/* Starts zeroed. */
typedef struct tgr_worker {
    const tgr_work *work;
    tgr_log_parser *parser;
    tgr_schema_reader reader;
    tgr_record record;
    tgr_row row;
    tgr_tagging tagging;
} tgr_worker;

tgr_status tgr_worker_open(tgr_worker *worker, const tgr_work *work, tgr_error *error);
void tgr_worker_free(tgr_worker *worker);

/* Fills an empty part. source: the log's name as text. Fails only where memory is short. */
tgr_status tgr_worker_parse(tgr_worker *worker, const tgr_log_piece *piece, const char *source,
                            tgr_part *part, tgr_error *error);

#endif
