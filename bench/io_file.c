/* io_file.c - which bytes of a query file routing reads, and its queries in memory. */
#include <string.h>
#include <unistd.h>

#include "bench/io.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/blocks.h"
#include "engine/store/query_source.h"

#define PIECE_BYTES ((uint64_t)1 << 20)
#define BATCH_ROWS  ((size_t)256 * 1024)
#define BATCH_MOST  ((size_t)4 * 1024 * 1024)

static tgr_status add_piece(tgr_io_file *io, const tgr_io_piece *piece, tgr_error *error)
{
    void *pieces = io->pieces;
    if (!tgr_mem_grow(&pieces, &io->piece_capacity, io->piece_count + 1, sizeof *piece)) {
        return tgr_fail_memory(error, "the pieces of a file");
    }
    io->pieces = pieces;
    io->pieces[io->piece_count++] = *piece;
    io->stored += piece->stored;
    io->raw += piece->raw;
    io->most = piece->stored > io->most ? (size_t)piece->stored : io->most;
    io->most = piece->raw > io->most ? piece->raw : io->most;
    return TGR_OK;
}

static tgr_status other_layout(const tgr_array *array, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_UNSUPPORTED,
                    "%s: %s is stored in a way whose parts cannot be timed; ingest the log anew",
                    array->file->path, array->name.text);
}

static tgr_status add_direct(tgr_io_file *io, const tgr_array *array, tgr_error *error)
{
    uint64_t left = array->rows * array->columns * array->width, at = array->offset;
    while (left > 0) {
        uint64_t now = left < PIECE_BYTES ? left : PIECE_BYTES;
        const tgr_io_piece piece = {.offset = at, .stored = now, .raw = (size_t)now};
        tgr_status status = add_piece(io, &piece, error);
        if (status != TGR_OK) {
            return status;
        }
        at += now;
        left -= now;
    }
    return TGR_OK;
}

static tgr_status add_chunk(tgr_io_file *io, const tgr_array *array, uint64_t first,
                            tgr_error *error)
{
    const tgr_chunks *chunks = &array->state->chunks;
    hsize_t at[2] = {first, 0}, stored = 0;
    haddr_t offset = HADDR_UNDEF;
    unsigned mask = 0;
    if (H5Dget_chunk_info_by_coord(array->dataset, at, &mask, &offset, &stored) < 0 ||
        offset == HADDR_UNDEF || stored == 0) {
        return other_layout(array, error);
    }
    tgr_io_piece piece = {
        .offset = offset, .stored = stored, .raw = chunks->bytes, .element = chunks->element};
    for (int i = 0; i < chunks->filter_count; i++) {
        bool on = !(mask >> i & 1);
        piece.deflated = piece.deflated || (on && chunks->filters[i] == H5Z_FILTER_DEFLATE);
        piece.shuffled = piece.shuffled || (on && chunks->filters[i] == H5Z_FILTER_SHUFFLE);
        if (chunks->filters[i] == H5Z_FILTER_FLETCHER32) {
            return other_layout(array, error);
        }
    }
    io->compressed = io->compressed || piece.deflated;
    return add_piece(io, &piece, error);
}

static tgr_status add_array(tgr_io_file *io, const tgr_array *array, tgr_error *error)
{
    if (array->dataset == 0 || array->rows == 0) {
        return TGR_OK;
    }
    if (array->direct) {
        return add_direct(io, array, error);
    }
    if (array->state == NULL || !array->state->chunked) {
        return other_layout(array, error);
    }
    tgr_status status = TGR_OK;
    for (uint64_t row = 0; status == TGR_OK && row < array->rows;
         row += array->state->chunks.rows) {
        status = add_chunk(io, array, row, error);
    }
    return status;
}

static tgr_status find_pieces(tgr_io_file *io, tgr_error *error)
{
    const struct tgr_query_source *source = io->file->source;
    bool tokens = io->want & TGR_WANT_PROMPT_TOKENS;
    const tgr_array *arrays[] = {&source->x.indptr,
                                 &source->x.indices,
                                 &source->x.data,
                                 &source->allow.codes,
                                 &source->deny.codes,
                                 &source->needs.codes,
                                 tokens ? &source->prompt_tokens.values : NULL};
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < sizeof arrays / sizeof *arrays; i++) {
        status = arrays[i] == NULL ? TGR_OK : add_array(io, arrays[i], error);
    }
    tgr_h5_quiet_end(&quiet);
    return status;
}

/* Compressed bytes are held, so that inflating them can be timed alone. */
static tgr_status hold_pieces(tgr_io_file *io, tgr_error *error)
{
    for (size_t i = 0; io->compressed && i < io->piece_count; i++) {
        tgr_io_piece *piece = &io->pieces[i];
        piece->bytes = tgr_mem_alloc((size_t)piece->stored, 1);
        if (piece->bytes == NULL) {
            return tgr_fail_memory(error, "a compressed file");
        }
        if (pread(io->fd, piece->bytes, (size_t)piece->stored, (off_t)piece->offset) !=
            (ssize_t)piece->stored) {
            return tgr_fail(error, TGR_ERR_IO, "%s: cannot read it whole", io->path);
        }
    }
    return TGR_OK;
}

static tgr_status hold_batch(tgr_io_file *io, uint64_t *row, tgr_error *error)
{
    void *batches = io->batches;
    if (!tgr_mem_grow(&batches, &io->batch_capacity, io->batch_count + 1, sizeof *io->batches)) {
        return tgr_fail_memory(error, "all queries of the file at once");
    }
    io->batches = batches;
    tgr_batch *batch = &io->batches[io->batch_count++];
    *batch = (tgr_batch){0};
    tgr_status status =
        tgr_query_read(io->file, *row, BATCH_ROWS, BATCH_MOST, io->want, batch, error);
    *row += batch->rows;
    return status;
}

static tgr_status hold_batches(tgr_io_file *io, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (uint64_t row = 0; status == TGR_OK && row < io->file->rows;) {
        if (io->cancel != NULL && *io->cancel) {
            return tgr_fail(error, TGR_ERR_CANCELLED, "cancelled");
        }
        status = hold_batch(io, &row, error);
    }
    return status;
}

/* As routing reads: whoever may serve, and tokens where they can matter. */
static tgr_status choose_wants(tgr_io_file *io, tgr_error *error)
{
    tgr_status status = tgr_serve_open(io->router, io->file, &io->serve, error);
    if (status != TGR_OK) {
        return status;
    }
    io->want = TGR_WANT_ELIGIBILITY | tgr_serve_wants(io->serve, io->file);
    io->model = tgr_mem_zalloc((size_t)io->file->rows, sizeof *io->model);
    return io->model == NULL ? tgr_fail_memory(error, "all decisions at once") : TGR_OK;
}

tgr_status tgr_io_file_open(tgr_io_file *io, tgr_error *error)
{
    tgr_status status = tgr_query_open(io->path, &io->file, error);
    if (status == TGR_OK && io->file->rows == 0) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: holds no query to route", io->path);
    }
    if (status == TGR_OK) {
        io->fd = io->file->source->file.fd;
        status = choose_wants(io, error);
    }
    status = status == TGR_OK ? find_pieces(io, error) : status;
    status = status == TGR_OK ? hold_pieces(io, error) : status;
    return status == TGR_OK ? hold_batches(io, error) : status;
}

void tgr_io_file_close(tgr_io_file *io)
{
    for (size_t i = 0; i < io->batch_count; i++) {
        tgr_batch_free(&io->batches[i]);
    }
    for (size_t i = 0; i < io->piece_count; i++) {
        tgr_mem_free(io->pieces[i].bytes);
    }
    tgr_mem_free(io->batches);
    tgr_mem_free(io->model);
    tgr_serve_close(io->serve);
    tgr_mem_free(io->pieces);
    tgr_query_close(io->file);
}
