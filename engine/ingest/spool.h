/* spool.h - a column on its way to the query file: appended once, then read back once.
 *
 * What fits one buffer stays in memory; the rest goes to a file beside the output. That file is
 * unlinked, so that nothing is left behind however the process ends, or it has a name, so that
 * another run can go on with it.
 */
#ifndef TGR_INGEST_SPOOL_H
#define TGR_INGEST_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <tagroute/status.h>

#define TGR_SPOOL_BUFFER ((size_t)1 << 20)
#define TGR_SPOOL_COPIED (TGR_SPOOL_BUFFER / 4) /* most of what is longer is not copied */

/* Starts zeroed but for `path` and `name`. */
typedef struct tgr_spool {
    const char *path; /* the file is made beside this one; the caller's */
    const char *name; /* of the file; NULL: it has none; the caller's */
    char *buffer;     /* TGR_SPOOL_BUFFER bytes, once something was appended */
    size_t next;      /* appending: bytes in the buffer; reading: where the next byte stands */
    size_t filled;    /* reading: bytes in the buffer */
    uint64_t in_file; /* appending: bytes written; reading: bytes still to be read */
    int fd;
    bool has_file;
} tgr_spool;

/* Behind tgr_spool_append and tgr_spool_take, where the buffer is not enough. */
tgr_status tgr_spool_append_slow(tgr_spool *spool, const void *bytes, size_t length,
                                 tgr_error *error);
tgr_status tgr_spool_take_slow(tgr_spool *spool, void *bytes, size_t length, tgr_error *error);

static inline tgr_status tgr_spool_append(tgr_spool *spool, const void *bytes, size_t length,
                                          tgr_error *error)
{
    if (spool->buffer == NULL || length > TGR_SPOOL_BUFFER - spool->next ||
        length > TGR_SPOOL_COPIED) {
        return tgr_spool_append_slow(spool, bytes, length, error);
    }
    memcpy(spool->buffer + spool->next, bytes, length);
    spool->next += length;
    return TGR_OK;
}

/* Ends appending; what follows are tgr_spool_take from the first byte on. */
tgr_status tgr_spool_rewind(tgr_spool *spool, tgr_error *error);

/* Exactly `length` bytes; TGR_ERR_INTERNAL where fewer were appended. */
static inline tgr_status tgr_spool_take(tgr_spool *spool, void *bytes, size_t length,
                                        tgr_error *error)
{
    if (length > spool->filled - spool->next || spool->buffer == NULL) {
        return tgr_spool_take_slow(spool, bytes, length, error);
    }
    memcpy(bytes, spool->buffer + spool->next, length);
    spool->next += length;
    return TGR_OK;
}

/* Of a named spool: bytes appended so far; putting all of them into the file; and going on with the
 * first `length` bytes of a file that is there, also after reading from it. */
uint64_t tgr_spool_length(const tgr_spool *spool);
tgr_status tgr_spool_flush(tgr_spool *spool, tgr_error *error);
tgr_status tgr_spool_extend(tgr_spool *spool, uint64_t length, tgr_error *error);

void tgr_spool_free(tgr_spool *spool); /* a file with a name stays */

#endif
