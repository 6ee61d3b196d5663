/* parser.h - a piece of a log as a sequence of records, good or bad, each with its place. */
#ifndef TGR_LOG_PARSER_H
#define TGR_LOG_PARSER_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/ingest.h>
#include <tagroute/status.h>

#include "engine/log/piece.h"
#include "engine/log/value.h"

typedef struct tgr_log_parser tgr_log_parser;

/* One record. Of a bad one only the reason, the words and the place are set. */
typedef struct tgr_log_item {
    bool bad;
    tgr_bad_reason reason;
    char why[160];        /* a few words; never any text of the record */
    uint64_t position;    /* byte offset in the decompressed log of the line or top-level object */
    uint64_t length;      /* bytes of that line, without its end, or of that object */
    uint32_t part;        /* which record of an event that holds several, from 0 */
    uint64_t line;        /* JSON Lines: from 1, counted in the piece; MessagePack: 0 */
    const tgr_tape *tape; /* holds the record; valid until the next call */
    uint32_t root;        /* its map on the tape (events are unwrapped) */
} tgr_log_item;

tgr_log_parser *tgr_log_parser_new(size_t max_record); /* NULL where memory is short */
void tgr_log_parser_free(tgr_log_parser *parser);      /* NULL allowed */

/* Starts on a piece, which must stay until the last call. */
void tgr_log_parser_begin(tgr_log_parser *parser, const tgr_log_piece *piece);

/* The next record; *more is false at the end of the piece. Fails only where memory is short. */
tgr_status tgr_log_parser_next(tgr_log_parser *parser, tgr_log_item *item, bool *more,
                               tgr_error *error);

/* Lines gone over in the piece. */
uint64_t tgr_log_parser_lines(const tgr_log_parser *parser);

/* Where an item stands, for messages: "NAME: line 3", "NAME: byte 1234", or "NAME: byte 1234,
 * record 2" for the second and later records of an event. */
void tgr_log_place(const char *name, const tgr_log_item *item, char *text, size_t size);

#endif
