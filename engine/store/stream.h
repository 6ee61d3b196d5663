/* stream.h - a dataset of known length, appended to in order, that ends with its checksums.
 *
 * Everything goes through one buffer, a chunk where data is compressed, so that what reaches HDF5
 * does not depend on how the caller cuts its blocks. Streams of one file that share a gate may be
 * filled by several threads at once, each stream by one.
 */
#ifndef TGR_STORE_STREAM_H
#define TGR_STORE_STREAM_H

#include <pthread.h>

#include "engine/store/anndata.h"
#include "engine/store/batch.h"
#include "engine/store/block_sums.h"

typedef enum tgr_element {
    TGR_ELEMENT_U8,
    TGR_ELEMENT_U16,
    TGR_ELEMENT_I8,
    TGR_ELEMENT_I16,
    TGR_ELEMENT_I32,
    TGR_ELEMENT_I64,
    TGR_ELEMENT_U64,
    TGR_ELEMENT_F32,
    TGR_ELEMENT_F64,
    TGR_ELEMENT_FIXED,   /* UTF-8 of `width` bytes, padded with NUL */
    TGR_ELEMENT_VARIABLE /* UTF-8 of any length */
} tgr_element;

typedef struct tgr_stream_plan {
    const char *name;
    tgr_element element;
    size_t width; /* of FIXED */
    uint64_t rows;
    size_t columns; /* 0: one dimension */
    bool compress;
} tgr_stream_plan;

typedef struct tgr_stream {
    hid_t dataset, type; /* dataset 0: not in use */
    hid_t transfer;      /* how HDF5 goes about writing; H5P_DEFAULT, or closed in the end */
    const tgr_target *target;
    pthread_mutex_t *gate; /* held while HDF5 works; NULL: nobody else uses the file meanwhile */
    tgr_element element;
    size_t width; /* bytes of an element; of VARIABLE, of a pointer */
    int rank;
    uint64_t rows, written, columns; /* in rows; columns at least 1 */
    char *buffer;
    size_t room, held; /* rows that the buffer takes, rows in it */
    size_t partial;    /* elements beyond the rows held: a row may be put in parts */
    char *waiting;     /* VARIABLE: strings put and not yet written, each with its NUL */
    size_t *begins;    /* where in `waiting` each of them begins */
    size_t waiting_count, waiting_bytes, waiting_capacity;
    void *hash;              /* VARIABLE: of all strings */
    tgr_block_hasher blocks; /* the others: of blocks */
} tgr_stream;

/* Creates the dataset. Starts zeroed; closed with tgr_stream_close in any case. */
tgr_status tgr_stream_open(tgr_stream *stream, tgr_anndata at, const tgr_stream_plan *plan,
                           tgr_error *error);

/* Room for elements: returns where to write them, *count how many fit (at least 1, at most what the
 * dataset still takes; 0 where it is full). tgr_stream_advance says how many were written there. */
void *tgr_stream_room(tgr_stream *stream, size_t *count);
tgr_status tgr_stream_advance(tgr_stream *stream, size_t count, tgr_error *error);

/* Elements already in the file's type; and strings (FIXED or VARIABLE). TGR_ERR_INPUT for strings
 * that hold NUL; TGR_ERR_ARGUMENT for too many values or strings wider than planned. */
tgr_status tgr_stream_put(tgr_stream *stream, const void *values, size_t count, tgr_error *error);
tgr_status tgr_stream_put_texts(tgr_stream *stream, const tgr_texts *texts, size_t count,
                                tgr_error *error);
tgr_status tgr_stream_put_names(tgr_stream *stream, const char *const *names, size_t count,
                                tgr_error *error);

/* The same for one string of VARIABLE, without a copy: room for it; and that it stands there now.
 */
tgr_status tgr_stream_text_room(tgr_stream *stream, size_t length, char **room, tgr_error *error);
tgr_status tgr_stream_text_done(tgr_stream *stream, size_t length, tgr_error *error);

/* Whether all rows are there. */
bool tgr_stream_complete(const tgr_stream *stream);

/* Writes what is buffered and the checksum attribute; *checksum is its value. */
tgr_status tgr_stream_finish(tgr_stream *stream, uint64_t *checksum, tgr_error *error);
void tgr_stream_close(tgr_stream *stream);

#endif
