/* stream.c - a dataset of known length, appended to in order, that ends with its checksums. */
#include "engine/store/stream.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/xxh3.h"
#include "engine/store/layout.h"

#define BLOCK_BYTES      (1u << 20) /* of a buffer */
#define DEFLATE_LEVEL    1          /* 4 saves another twentieth and takes half as long again */
#define TEXTS            1024       /* strings of variable length written at once */
#define STORED_REFERENCE 16 /* bytes that HDF5 keeps in place of a string of variable length */

static const size_t widths[] = {
    [TGR_ELEMENT_U8] = 1,  [TGR_ELEMENT_U16] = 2, [TGR_ELEMENT_I8] = 1,
    [TGR_ELEMENT_I16] = 2, [TGR_ELEMENT_I32] = 4, [TGR_ELEMENT_I64] = 8,
    [TGR_ELEMENT_F32] = 4, [TGR_ELEMENT_F64] = 8, [TGR_ELEMENT_U64] = 8,
};

static hid_t file_type(tgr_element element, size_t width)
{
    hid_t type;
    switch (element) {
    case TGR_ELEMENT_U8:
        return H5Tcopy(H5T_STD_U8LE);
    case TGR_ELEMENT_U16:
        return H5Tcopy(H5T_STD_U16LE);
    case TGR_ELEMENT_I8:
        return H5Tcopy(H5T_STD_I8LE);
    case TGR_ELEMENT_I16:
        return H5Tcopy(H5T_STD_I16LE);
    case TGR_ELEMENT_I32:
        return H5Tcopy(H5T_STD_I32LE);
    case TGR_ELEMENT_I64:
        return H5Tcopy(H5T_STD_I64LE);
    case TGR_ELEMENT_U64:
        return H5Tcopy(H5T_STD_U64LE);
    case TGR_ELEMENT_F32:
        return H5Tcopy(H5T_IEEE_F32LE);
    case TGR_ELEMENT_F64:
        return H5Tcopy(H5T_IEEE_F64LE);
    case TGR_ELEMENT_FIXED:
        type = H5Tcopy(H5T_C_S1);
        if (type > 0 && (H5Tset_size(type, width) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0 ||
                         H5Tset_strpad(type, H5T_STR_NULLPAD) < 0)) {
            H5Tclose(type);
            return H5I_INVALID_HID;
        }
        return type;
    case TGR_ELEMENT_VARIABLE:
        return tgr_anndata_string_type();
    }
    return H5I_INVALID_HID;
}

/* Contiguous data is given its place at once, so that where things lie in the file does not depend
 * on the order in which columns are filled. */
static bool set_layout(hid_t creation, const tgr_stream *stream, bool compress)
{
    if (!compress || stream->rows == 0 || stream->columns == 0) {
        return H5Pset_layout(creation, H5D_CONTIGUOUS) >= 0 &&
               H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY) >= 0 &&
               (stream->element == TGR_ELEMENT_VARIABLE ||
                H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER) >= 0);
    }
    /* A chunk is a block of the checksums, so that both are checked in one go. */
    hsize_t chunk[2] = {stream->room < stream->rows ? stream->room : stream->rows, stream->columns};
    return H5Pset_chunk(creation, stream->rank, chunk) >= 0 && H5Pset_shuffle(creation) >= 0 &&
           H5Pset_deflate(creation, DEFLATE_LEVEL) >= 0;
}

static size_t chunk_bytes(const tgr_stream *stream)
{
    size_t bytes = stream->room * stream->columns * stream->width;
    return bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
}

static tgr_status create(tgr_stream *stream, tgr_anndata at, const tgr_stream_plan *plan,
                         tgr_error *error)
{
    hsize_t shape[2] = {plan->rows, plan->columns};
    hid_t creation = tgr_anndata_creation(H5P_DATASET_CREATE);
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    hid_t space = H5Screate_simple(stream->rank, shape, NULL);
    /* The cache holds a chunk, so that each is deflated once, when it is whole. */
    bool ok = creation > 0 && access > 0 && space > 0 &&
              set_layout(creation, stream, plan->compress) &&
              H5Pset_chunk_cache(access, 521, chunk_bytes(stream), 1.0) >= 0;
    if (ok) {
        stream->dataset =
            H5Dcreate2(at.group, plan->name, stream->type, space, H5P_DEFAULT, creation, access);
        ok = stream->dataset > 0;
    }
    tgr_status status = tgr_target_check(at.target, ok, error);
    tgr_h5_close(space);
    tgr_h5_close(access);
    tgr_h5_close(creation);
    return status;
}

/* HDF5 clears its buffer of references before each batch of strings: a megabyte, unless told what a
 * batch takes. */
static hid_t variable_transfer(void)
{
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    if (transfer > 0 && H5Pset_buffer(transfer, (size_t)TEXTS * STORED_REFERENCE, NULL, NULL) < 0) {
        tgr_h5_close(transfer);
        return H5I_INVALID_HID;
    }
    return transfer;
}

/* The buffer, and what sums the blocks; strings of variable length are summed as one. */
static tgr_status open_memory(tgr_stream *stream, const tgr_stream_plan *plan, tgr_error *error)
{
    bool variable = plan->element == TGR_ELEMENT_VARIABLE;
    size_t row = stream->columns * stream->width;
    size_t stored = variable ? STORED_REFERENCE : row;
    stream->room = stored < BLOCK_BYTES ? BLOCK_BYTES / stored : 1;
    if (plan->compress && !variable && plan->rows > 0) {
        stream->room = (size_t)tgr_block_rows(plan->rows, row);
    }
    stream->buffer = tgr_mem_alloc(variable ? TEXTS : stream->room, row);
    XXH3_state_t *hash = variable ? tgr_mem_aligned(1, sizeof(XXH3_state_t)) : NULL;
    stream->hash = hash;
    stream->begins = variable ? tgr_mem_alloc(TEXTS, sizeof *stream->begins) : NULL;
    if (!stream->buffer || (variable && (!hash || !stream->begins))) {
        return tgr_fail_memory(error, "a column's buffer");
    }
    if (variable) {
        XXH3_64bits_reset(hash);
        return TGR_OK;
    }
    return tgr_block_hasher_open(&stream->blocks, plan->rows, row, error);
}

tgr_status tgr_stream_open(tgr_stream *stream, tgr_anndata at, const tgr_stream_plan *plan,
                           tgr_error *error)
{
    bool variable = plan->element == TGR_ELEMENT_VARIABLE;
    *stream = (tgr_stream){.target = at.target, .element = plan->element, .rows = plan->rows};
    stream->width = plan->element == TGR_ELEMENT_FIXED ? plan->width
                    : variable                         ? sizeof(char *)
                                                       : widths[plan->element];
    stream->rank = plan->columns ? 2 : 1;
    stream->columns = plan->columns ? plan->columns : 1;
    tgr_status status = open_memory(stream, plan, error);
    if (status != TGR_OK) {
        return status;
    }
    stream->type = file_type(plan->element, plan->width);
    stream->transfer = variable ? variable_transfer() : H5P_DEFAULT;
    status = tgr_target_check(at.target, stream->type > 0 && stream->transfer >= 0, error);
    if (status == TGR_OK) {
        status = create(stream, at, plan, error);
    }
    if (status == TGR_OK) {
        const char *encoding = plan->element >= TGR_ELEMENT_FIXED ? "string-array" : "array";
        status =
            tgr_anndata_encode((tgr_anndata){stream->dataset, at.target}, encoding, "0.2.0", error);
    }
    return status;
}

/* HDF5's handler of errors is one for all threads, so it is set within the gate. */
static void enter(const tgr_stream *stream, tgr_h5_quiet *quiet)
{
    if (stream->gate) {
        pthread_mutex_lock(stream->gate);
    }
    tgr_h5_quiet_begin(quiet);
}

static void leave(const tgr_stream *stream, const tgr_h5_quiet *quiet)
{
    tgr_h5_quiet_end(quiet);
    if (stream->gate) {
        pthread_mutex_unlock(stream->gate);
    }
}

/* Writes `count` rows to the dataset, after those written before. */
static tgr_status write_rows(tgr_stream *stream, const void *rows, size_t count, tgr_error *error)
{
    hsize_t start[2] = {stream->written, 0}, shape[2] = {count, stream->columns};
    if (count == 0) {
        return TGR_OK;
    }
    tgr_h5_quiet quiet;
    enter(stream, &quiet);
    hid_t space = H5Dget_space(stream->dataset);
    hid_t memory = H5Screate_simple(stream->rank, shape, NULL);
    bool ok = space > 0 && memory > 0 &&
              H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, shape, NULL) >= 0 &&
              H5Dwrite(stream->dataset, stream->type, memory, space, stream->transfer, rows) >= 0;
    tgr_status status = tgr_target_check(stream->target, ok, error);
    tgr_h5_close(memory);
    tgr_h5_close(space);
    leave(stream, &quiet);
    stream->written += count;
    return status;
}

static tgr_status flush(tgr_stream *stream, tgr_error *error)
{
    size_t rows = stream->held;
    stream->held = 0;
    tgr_block_hasher_add(&stream->blocks, stream->buffer, rows * stream->columns * stream->width);
    return write_rows(stream, stream->buffer, rows, error);
}

void *tgr_stream_room(tgr_stream *stream, size_t *count)
{
    uint64_t left = stream->rows - stream->written;
    size_t rows = left < stream->room ? (size_t)left : stream->room;
    size_t used = stream->held * stream->columns + stream->partial;
    *count = rows * stream->columns - used;
    return stream->buffer + used * stream->width;
}

tgr_status tgr_stream_advance(tgr_stream *stream, size_t count, tgr_error *error)
{
    size_t used = stream->held * stream->columns + stream->partial + count;
    stream->held = used / stream->columns;
    stream->partial = used % stream->columns;
    return stream->held == stream->room ? flush(stream, error) : TGR_OK;
}

static tgr_h5_name name_of(const tgr_stream *stream)
{
    tgr_h5_quiet quiet;
    enter(stream, &quiet);
    tgr_h5_name name = tgr_h5_name_of(stream->dataset, NULL);
    leave(stream, &quiet);
    return name;
}

static tgr_status too_many(const tgr_stream *stream, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: more values are put into %s than were planned",
                    stream->target->output.path, name_of(stream).text);
}

tgr_status tgr_stream_put(tgr_stream *stream, const void *values, size_t count, tgr_error *error)
{
    const char *from = values;
    while (count > 0) {
        size_t room;
        void *to = tgr_stream_room(stream, &room);
        if (room == 0) {
            return too_many(stream, error);
        }
        size_t now = count < room ? count : room;
        memcpy(to, from, now * stream->width);
        from += now * stream->width;
        count -= now;
        tgr_status status = tgr_stream_advance(stream, now, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    return TGR_OK;
}

static tgr_status check_text(const tgr_stream *stream, const char *text, size_t length,
                             tgr_error *error)
{
    if (memchr(text, 0, length)) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: a string of %s holds a NUL byte, which HDF5 cannot store",
                        stream->target->output.path, name_of(stream).text);
    }
    if (stream->element == TGR_ELEMENT_FIXED && length > stream->width) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s: a string of %s is longer than the %zu bytes planned",
                        stream->target->output.path, name_of(stream).text, stream->width);
    }
    return TGR_OK;
}

static tgr_status put_fixed(tgr_stream *stream, const char *text, size_t length, tgr_error *error)
{
    size_t room;
    char *to = tgr_stream_room(stream, &room);
    if (room == 0) {
        return too_many(stream, error);
    }
    memcpy(to, text, length);
    memset(to + length, 0, stream->width - length);
    return tgr_stream_advance(stream, 1, error);
}

/* Writes strings that are NUL-terminated and stay where they are. */
static tgr_status put_pointers(tgr_stream *stream, const char *const *texts, size_t count,
                               tgr_error *error)
{
    if (count > stream->rows - stream->written) {
        return too_many(stream, error);
    }
    return write_rows(stream, texts, count, error);
}

/* Writes the strings that wait. */
static tgr_status flush_waiting(tgr_stream *stream, tgr_error *error)
{
    const char **pointers = (const char **)(void *)stream->buffer;
    size_t count = stream->waiting_count;
    for (size_t i = 0; i < count; i++) {
        pointers[i] = stream->waiting + stream->begins[i];
    }
    if (count > 0) { /* each with its NUL, one after the other: they are summed in one go */
        XXH3_64bits_update(stream->hash, stream->waiting, stream->waiting_bytes);
    }
    stream->waiting_count = 0;
    stream->waiting_bytes = 0;
    return put_pointers(stream, pointers, count, error);
}

tgr_status tgr_stream_text_room(tgr_stream *stream, size_t length, char **room, tgr_error *error)
{
    void *waiting = stream->waiting;
    bool grown =
        tgr_mem_grow(&waiting, &stream->waiting_capacity, stream->waiting_bytes + length + 1, 1);
    stream->waiting = waiting;
    if (!grown) {
        return tgr_fail_memory(error, "a block of texts");
    }
    if (stream->waiting_count >= stream->rows - stream->written) {
        return too_many(stream, error);
    }
    *room = stream->waiting + stream->waiting_bytes;
    return TGR_OK;
}

/* Strings of variable length wait until a block is full: where HDF5 places them depends on how many
 * it is given at a time. */
tgr_status tgr_stream_text_done(tgr_stream *stream, size_t length, tgr_error *error)
{
    char *text = stream->waiting + stream->waiting_bytes;
    tgr_status status = check_text(stream, text, length, error);
    if (status != TGR_OK) {
        return status;
    }
    text[length] = 0;
    stream->begins[stream->waiting_count++] = stream->waiting_bytes;
    stream->waiting_bytes += length + 1;
    bool full = stream->waiting_count == TEXTS || stream->waiting_bytes >= BLOCK_BYTES;
    return full ? flush_waiting(stream, error) : TGR_OK;
}

static tgr_status put_variable(tgr_stream *stream, const char *text, size_t length,
                               tgr_error *error)
{
    char *to = NULL;
    tgr_status status = tgr_stream_text_room(stream, length, &to, error);
    if (status != TGR_OK) {
        return status;
    }
    memcpy(to, text, length);
    return tgr_stream_text_done(stream, length, error);
}

/* Of a string of any kind. */
static tgr_status put_text(tgr_stream *stream, const char *text, size_t length, tgr_error *error)
{
    if (stream->element == TGR_ELEMENT_VARIABLE) {
        return put_variable(stream, text, length, error);
    }
    tgr_status status = check_text(stream, text, length, error);
    return status == TGR_OK ? put_fixed(stream, text, length, error) : status;
}

tgr_status tgr_stream_put_texts(tgr_stream *stream, const tgr_texts *texts, size_t count,
                                tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        const char *text = texts->bytes + texts->offsets[i];
        size_t length = (size_t)(texts->offsets[i + 1] - texts->offsets[i]);
        status = put_text(stream, text, length, error);
    }
    return status;
}

tgr_status tgr_stream_put_names(tgr_stream *stream, const char *const *names, size_t count,
                                tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t done = 0; status == TGR_OK && done < count; done += TEXTS) {
        size_t now = count - done < TEXTS ? count - done : TEXTS;
        for (size_t i = done; i < done + now; i++) {
            XXH3_64bits_update(stream->hash, names[i], strlen(names[i]) + 1);
        }
        status = put_pointers(stream, names + done, now, error);
    }
    return status;
}

bool tgr_stream_complete(const tgr_stream *stream)
{
    return stream->written + stream->held + stream->waiting_count == stream->rows &&
           stream->partial == 0;
}

/* Of fixed length, unlike AnnData's own attributes: nothing is read through a heap to check it. */
static tgr_status write_checksum(tgr_stream *stream, const char *text, tgr_error *error)
{
    hid_t type = file_type(TGR_ELEMENT_FIXED, strlen(text));
    hid_t space = H5Screate(H5S_SCALAR), attribute = -1;
    bool ok = type > 0 && space > 0;
    if (ok) {
        attribute =
            H5Acreate2(stream->dataset, TGR_CHECKSUM, type, space, H5P_DEFAULT, H5P_DEFAULT);
        ok = attribute > 0 && H5Awrite(attribute, type, text) >= 0;
    }
    tgr_status status = tgr_target_check(stream->target, ok, error);
    tgr_h5_close(attribute);
    tgr_h5_close(space);
    tgr_h5_close(type);
    return status;
}

tgr_status tgr_stream_finish(tgr_stream *stream, uint64_t *checksum, tgr_error *error)
{
    tgr_status status = flush(stream, error);
    if (status == TGR_OK) {
        status = flush_waiting(stream, error);
    }
    tgr_block_hasher *blocks = &stream->blocks;
    *checksum = stream->hash ? XXH3_64bits_digest(stream->hash) : tgr_block_hasher_finish(blocks);
    if (status == TGR_OK) {
        bool ok =
            tgr_block_sums_write(stream->dataset, blocks->block_rows, blocks->sums, blocks->count);
        status = tgr_target_check(stream->target, ok, error);
    }
    return status == TGR_OK ? write_checksum(stream, tgr_checksum_of(*checksum).text, error)
                            : status;
}

void tgr_stream_close(tgr_stream *stream)
{
    tgr_h5_close(stream->type);
    tgr_h5_close(stream->transfer);
    tgr_h5_close(stream->dataset);
    tgr_mem_free(stream->buffer);
    tgr_mem_free(stream->waiting);
    tgr_mem_free(stream->begins);
    tgr_mem_free_aligned(stream->hash);
    tgr_block_hasher_free(&stream->blocks);
    *stream = (tgr_stream){0};
}
