/* reader.h - a log as a sequence of records, good or bad, each with its place. */
#ifndef TGR_LOG_READER_H
#define TGR_LOG_READER_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/ingest.h>
#include <tagroute/status.h>

#include "engine/log/value.h"

typedef struct tgr_log_reader tgr_log_reader;

/* One record. Of a bad one only the reason, the words and the place are set. */
typedef struct tgr_log_item {
    bool bad;
    tgr_bad_reason reason;
    char why[160];        /* a few words; never any text of the record */
    uint64_t position;    /* byte offset in the decompressed log of the line or top-level object */
    uint32_t part;        /* which record of an event that holds several, from 0 */
    uint64_t line;        /* JSON Lines: from 1; MessagePack: 0 */
    const tgr_tape *tape; /* holds the record; valid until the next call */
    uint32_t root;        /* its map on the tape (events are unwrapped) */
} tgr_log_item;

/* run may be NULL; it must outlive the reader. */
tgr_status tgr_log_open(const char *path, tgr_log_format format, size_t max_record,
                        const tgr_run *run, tgr_log_reader **reader, tgr_error *error);

/* The next record; *more is false at the end. TGR_ERR_INPUT where the log cannot be read on
 * (damaged compression, MessagePack that has lost its framing): the sentence says what was left
 * unread. */
tgr_status tgr_log_next(tgr_log_reader *reader, tgr_log_item *item, bool *more, tgr_error *error);

/* Where an item stands, for messages: "NAME: line 3", "NAME: byte 1234", or "NAME: byte 1234,
 * record 2" for the second and later records of an event. */
void tgr_log_place(const tgr_log_reader *reader, const tgr_log_item *item, char *text, size_t size);

const char *tgr_log_name(const tgr_log_reader *reader);
uint64_t tgr_log_bytes(const tgr_log_reader *reader); /* decompressed, read so far */
void tgr_log_progress(const tgr_log_reader *reader, uint64_t *done, uint64_t *total);
void tgr_log_close(tgr_log_reader *reader); /* NULL allowed */

#endif
