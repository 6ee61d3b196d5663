/* chunks.c - chunks of a dataset as they lie in the file, and their filters undone outside HDF5. */
#include "engine/store/chunks.h"

#include <inttypes.h>
#include <string.h>

#include <libdeflate.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/unshuffle.h"

#define FLETCHER_BYTES 4

void tgr_chunk_scratch_free(tgr_chunk_scratch *scratch)
{
    tgr_mem_free(scratch->buffers[0]);
    tgr_mem_free(scratch->buffers[1]);
    if (scratch->inflater) {
        libdeflate_free_decompressor(scratch->inflater);
    }
    *scratch = (tgr_chunk_scratch){0};
}

bool tgr_chunks_plan(hid_t creation, int rank, uint64_t rows, uint64_t bytes, size_t element,
                     tgr_chunks *chunks)
{
    int count = H5Pget_nfilters(creation);
    if (count < 0 || count > TGR_CHUNK_FILTERS || bytes == 0 || bytes > TGR_CHUNK_BYTES_MAX) {
        return false;
    }
    *chunks = (tgr_chunks){.rank = rank,
                           .rows = rows,
                           .bytes = (size_t)bytes,
                           .element = element,
                           .filter_count = count};
    for (int i = 0; i < count; i++) {
        unsigned flags, values[4] = {0}, config;
        size_t value_count = 4;
        H5Z_filter_t filter =
            H5Pget_filter2(creation, (unsigned)i, &flags, &value_count, values, 0, NULL, &config);
        for (int before = 0; before < i; before++) {
            if (chunks->filters[before] == filter) {
                return false;
            }
        }
        bool known = filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_FLETCHER32 ||
                     (filter == H5Z_FILTER_SHUFFLE && value_count > 0 && values[0] == element);
        if (!known) {
            return false;
        }
        chunks->filters[i] = filter;
    }
    return true;
}

/* ---- filters --------------------------------------------------------------------------- */

/* Fletcher's sum over 16-bit words, most significant byte first, as HDF5 defines it. */
static uint32_t fletcher32(const uint8_t *bytes, size_t length)
{
    uint32_t low = 0, high = 0;
    size_t words = length / 2;
    while (words > 0) {
        size_t now = words < 360 ? words : 360; /* so many that `high` cannot overflow */
        words -= now;
        for (; now > 0; now--, bytes += 2) {
            low += (uint32_t)bytes[0] << 8 | bytes[1];
            high += low;
        }
        low = (low & 0xffff) + (low >> 16);
        high = (high & 0xffff) + (high >> 16);
    }
    if (length % 2) {
        low += (uint32_t)bytes[0] << 8;
        high += low;
        low = (low & 0xffff) + (low >> 16);
        high = (high & 0xffff) + (high >> 16);
    }
    low = (low & 0xffff) + (low >> 16);
    high = (high & 0xffff) + (high >> 16);
    return high << 16 | low;
}

/* Files before HDF5 1.6.3 may hold the bytes of each half swapped; HDF5 takes those too. */
static bool fletcher_matches(const uint8_t *bytes, size_t length)
{
    const uint8_t *at = bytes + length;
    uint32_t stored = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    uint32_t computed = fletcher32(bytes, length);
    uint32_t swapped = (computed & 0x00ff00ff) << 8 | (computed >> 8 & 0x00ff00ff);
    return stored == computed || stored == swapped;
}

typedef struct piece { /* a chunk on its way */
    const uint8_t *bytes;
    size_t length;
} piece;

static const char *check_fletcher(piece *at)
{
    if (at->length < FLETCHER_BYTES || !fletcher_matches(at->bytes, at->length - FLETCHER_BYTES)) {
        return "does not match its Fletcher-32 checksum";
    }
    at->length -= FLETCHER_BYTES;
    return NULL;
}

static const char *inflate_into(piece *at, struct libdeflate_decompressor *inflater, void *to,
                                size_t room)
{
    size_t length;
    if (libdeflate_zlib_decompress(inflater, at->bytes, at->length, to, room, &length) !=
        LIBDEFLATE_SUCCESS) {
        return "cannot be inflated, or is of another size than it should be";
    }
    *at = (piece){to, length};
    return NULL;
}

/* Undoes filters from the last to number `least`. Each step that moves bytes writes to the buffer
 * that it does not read from; the last one straight to `to`. Returns what is wrong, or NULL. */
static const char *undo(const tgr_chunks *chunks, int least, unsigned mask, piece at,
                        tgr_chunk_scratch *scratch, void *to)
{
    int moves = 0;
    for (int i = least; i < chunks->filter_count; i++) {
        moves += !(mask >> i & 1) && chunks->filters[i] != H5Z_FILTER_FLETCHER32;
    }
    for (int i = chunks->filter_count; i-- > least;) {
        if (mask >> i & 1) {
            continue;
        }
        const char *wrong = NULL;
        /* What a filter leaves behind may still hold the sums of those before it. */
        size_t room = chunks->bytes + (size_t)i * FLETCHER_BYTES;
        if (chunks->filters[i] == H5Z_FILTER_FLETCHER32) {
            wrong = check_fletcher(&at);
        } else {
            bool last = --moves == 0 && i == least;
            void *next = last ? to : scratch->buffers[at.bytes == (uint8_t *)scratch->buffers[0]];
            if (chunks->filters[i] == H5Z_FILTER_DEFLATE) {
                wrong = inflate_into(&at, scratch->inflater, next, last ? chunks->bytes : room);
            } else if (at.length > room) {
                wrong = "is of another size than it should be";
            } else {
                tgr_unshuffle(at.bytes, at.length, chunks->element, next);
                at.bytes = next;
            }
        }
        if (wrong) {
            return wrong;
        }
    }
    if (at.length != chunks->bytes) {
        return "is of another size than it should be";
    }
    if (at.bytes != to) {
        memcpy(to, at.bytes, at.length);
    }
    return NULL;
}

/* ---- reading --------------------------------------------------------------------------- */

static tgr_status bad(const tgr_h5_file *file, const char *name, uint64_t first, const char *why,
                      tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: the chunk of %s from row %" PRIu64 " on %s: the file is damaged",
                    file->path, name, first, why);
}

static bool reserve(tgr_chunk_scratch *scratch, size_t bytes)
{
    for (int i = 0; i < 2; i++) {
        void *buffer = scratch->buffers[i];
        bool grown = tgr_mem_grow(&buffer, &scratch->capacities[i], bytes, 1);
        scratch->buffers[i] = buffer;
        if (!grown) {
            return false;
        }
    }
    if (!scratch->inflater) {
        scratch->inflater = libdeflate_alloc_decompressor();
    }
    return scratch->inflater != NULL;
}

/* No filter makes a chunk much larger: HDF5 leaves out those that would. */
static size_t stored_limit(const tgr_chunks *chunks)
{
    return chunks->bytes + chunks->bytes / 8 + 1024;
}

static tgr_status fetch(const tgr_h5_file *file, hid_t dataset, const char *name,
                        const tgr_chunks *chunks, uint64_t first, tgr_chunk_scratch *scratch,
                        size_t *length, unsigned *mask, tgr_error *error)
{
    hsize_t at[2] = {first, 0}, stored = 0;
    *length = 0;
    *mask = 0;
    /* Fails for a chunk that was never written, as for a damaged index: HDF5 may tell which. */
    if (H5Dget_chunk_storage_size(dataset, at, &stored) < 0 || stored == 0) {
        return TGR_OK;
    }
    if (stored > stored_limit(chunks) || stored > file->size) {
        return bad(file, name, first, "is larger than a chunk of it can be", error);
    }
    if (!reserve(scratch, stored_limit(chunks))) {
        return tgr_fail_memory(error, "a chunk");
    }
    *length = (size_t)stored;
    return tgr_h5_readable(H5Dread_chunk(dataset, H5P_DEFAULT, at, mask, scratch->buffers[0]) >= 0,
                           file->path, name, error);
}

tgr_status tgr_chunk_read(const tgr_h5_file *file, hid_t dataset, const char *name,
                          const tgr_chunks *chunks, uint64_t first, bool shuffled,
                          tgr_chunk_scratch *scratch, void *to, tgr_chunk_form *form,
                          tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_status status;
    size_t length;
    unsigned mask;
    tgr_h5_quiet_begin(&quiet);
    /* HDF5 locks itself where it was built for threads; elsewhere this does. */
    if (tgr_h5_is_threadsafe()) {
        status = fetch(file, dataset, name, chunks, first, scratch, &length, &mask, error);
    } else {
#pragma omp critical(tgr_hdf5)
        status = fetch(file, dataset, name, chunks, first, scratch, &length, &mask, error);
    }
    tgr_h5_quiet_end(&quiet);
    *form = TGR_CHUNK_NONE;
    if (status != TGR_OK || length == 0) {
        return status;
    }
    bool leave = shuffled && chunks->filter_count > 1 && chunks->element > 1 &&
                 chunks->filters[0] == H5Z_FILTER_SHUFFLE && !(mask & 1);
    *form = leave ? TGR_CHUNK_SHUFFLED : TGR_CHUNK_PLAIN;
    const char *wrong =
        undo(chunks, leave, mask, (piece){(uint8_t *)scratch->buffers[0], length}, scratch, to);
    return wrong ? bad(file, name, first, wrong, error) : TGR_OK;
}
