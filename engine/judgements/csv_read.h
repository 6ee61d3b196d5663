/* csv_read.h - records of a CSV file: fields between commas, quoted where they hold commas, quotes
 * or line breaks (RFC 4180).
 */
#ifndef TGR_JUDGEMENTS_CSV_READ_H
#define TGR_JUDGEMENTS_CSV_READ_H

#include <stdbool.h>

#include "engine/base/buffer.h"
#include "engine/log/source.h"

#define TGR_CSV_FIELDS 64 /* of a record, at most */

/* Starts zeroed but for the source, which is the caller's. */
typedef struct tgr_csv {
    tgr_source *source;
    char block[1 << 16];
    size_t at, filled;
    bool ended, begun;
    uint64_t line;    /* that the record begins on */
    uint64_t next;    /* line that follows */
    tgr_buffer bytes; /* of its fields, each with a NUL behind it */
    size_t begin[TGR_CSV_FIELDS + 1];
    size_t fields; /* 0 at the end of the file */
} tgr_csv;

/* The next record that is not an empty line. TGR_ERR_INPUT where it is none. */
tgr_status tgr_csv_next(tgr_csv *csv, tgr_error *error);

/* A field of it, and its length. */
static inline const char *tgr_csv_field(const tgr_csv *csv, size_t field, size_t *length)
{
    *length = csv->begin[field + 1] - csv->begin[field] - 1;
    return csv->bytes.bytes + csv->begin[field];
}

void tgr_csv_free(tgr_csv *csv); /* not the source */

#endif
