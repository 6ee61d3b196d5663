/* chunks.h - chunks of a dataset as they lie in the file, and their filters undone outside HDF5.
 *
 * HDF5 1.10 undoes filters under its global lock, one chunk at a time. Here it only says where a
 * chunk is and reads its bytes; any number of threads inflate, unshuffle and check at once. Taken:
 * datasets whose chunks are whole rows and whose filters are among shuffle, deflate and fletcher32,
 * each at most once. HDF5 reads all others.
 */
#ifndef TGR_STORE_CHUNKS_H
#define TGR_STORE_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/store/h5.h"

#define TGR_CHUNK_FILTERS   3
#define TGR_CHUNK_BYTES_MAX (UINT64_C(1) << 28) /* larger chunks are left to HDF5 */

typedef struct tgr_chunks {
    int rank;
    uint64_t rows;  /* of a chunk */
    size_t bytes;   /* of a chunk, filters undone */
    size_t element; /* bytes, as the shuffle filter was told */
    int filter_count;
    H5Z_filter_t filters[TGR_CHUNK_FILTERS]; /* in the order in which they were applied */
} tgr_chunks;

/* Memory that one thread decodes in; starts zeroed. */
typedef struct tgr_chunk_scratch {
    char *buffers[2];
    size_t capacities[2];
    struct libdeflate_decompressor *inflater;
} tgr_chunk_scratch;

void tgr_chunk_scratch_free(tgr_chunk_scratch *scratch);

/* Whether chunks of `rows` rows and `bytes` bytes can be read here, given what the dataset was
 * created with. */
bool tgr_chunks_plan(hid_t creation, int rank, uint64_t rows, uint64_t bytes, size_t element,
                     tgr_chunks *chunks);

typedef enum tgr_chunk_form {
    TGR_CHUNK_NONE, /* the file holds no such chunk; nothing is written */
    TGR_CHUNK_PLAIN,
    TGR_CHUNK_SHUFFLED /* all filters are undone but the shuffle: for tgr_unshuffle_some */
} tgr_chunk_form;

/* Reads the chunk that starts at row `first` and undoes its filters into `to` (chunks->bytes).
 * shuffled: where the shuffle was the first filter, it may be left. `name` is the dataset's, for
 * messages. May be called by several threads at once, each with a scratch of its own. */
tgr_status tgr_chunk_read(const tgr_h5_file *file, hid_t dataset, const char *name,
                          const tgr_chunks *chunks, uint64_t first, bool shuffled,
                          tgr_chunk_scratch *scratch, void *to, tgr_chunk_form *form,
                          tgr_error *error);

#endif
