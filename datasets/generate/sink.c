/* sink.c - plain, gzip and zstd, in parallel and yet always the same bytes.
 *
 * gzip: each block becomes raw deflate data with a window of its own, ended on a byte boundary by
 * an empty stored block; strung together and closed they are one member, whose CRC is combined from
 * those of the blocks. zstd: the library's own workers, which cut jobs by size and not by worker.
 */
#include "datasets/generate/sink.h"

#include <string.h>
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"

enum { GZIP_LEVEL = 3, ZSTD_LEVEL = 3 };

typedef enum packing { PLAIN, GZIP, ZSTD } packing;

struct tgr_gen_sink {
    const char *path; /* the caller's, for messages */
    packing packing;
    tgr_output output; /* fd -1: standard output */
    int fd;
    uint64_t written;
    uLong check; /* gzip: CRC-32 of all so far */
    uint64_t raw_bytes;
    ZSTD_CCtx *context;
    char *out; /* zstd */
    size_t out_size;
};

static packing packing_of(const char *path)
{
    size_t length = strlen(path);
    if (length > 3 && strcmp(path + length - 3, ".gz") == 0) {
        return GZIP;
    }
    return length > 4 && strcmp(path + length - 4, ".zst") == 0 ? ZSTD : PLAIN;
}

static tgr_status write_out(tgr_gen_sink *sink, const void *bytes, size_t length, tgr_error *error)
{
    sink->written += length;
    return tgr_write_all(sink->fd, bytes, length, sink->path, error);
}

static tgr_status zstd_open(tgr_gen_sink *sink, int threads, tgr_error *error)
{
    sink->context = ZSTD_createCCtx();
    sink->out_size = ZSTD_CStreamOutSize();
    sink->out = tgr_mem_alloc(sink->out_size, 1);
    if (sink->context == NULL || sink->out == NULL) {
        return tgr_fail_memory(error, "zstd");
    }
    ZSTD_CCtx_setParameter(sink->context, ZSTD_c_compressionLevel, ZSTD_LEVEL);
    ZSTD_CCtx_setParameter(sink->context, ZSTD_c_checksumFlag, 1);
    /* Refused by a library built without threads, which then compresses in this one. */
    (void)ZSTD_CCtx_setParameter(sink->context, ZSTD_c_nbWorkers, threads < 64 ? threads : 64);
    return TGR_OK;
}

static tgr_status zstd_write(tgr_gen_sink *sink, const void *bytes, size_t length,
                             ZSTD_EndDirective end, tgr_error *error)
{
    ZSTD_inBuffer in = {bytes, length, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {sink->out, sink->out_size, 0};
        left = ZSTD_compressStream2(sink->context, &out, &in, end);
        if (ZSTD_isError(left)) {
            return tgr_fail(error, TGR_ERR_NOMEM, "%s: zstd cannot compress: %s", sink->path,
                            ZSTD_getErrorName(left));
        }
        tgr_status status = write_out(sink, out.dst, out.pos, error);
        if (status != TGR_OK) {
            return status;
        }
    } while (end == ZSTD_e_end ? left > 0 : in.pos < in.size);
    return TGR_OK;
}

static tgr_status gzip_open(tgr_gen_sink *sink, tgr_error *error)
{
    /* no name, no time, system unknown */
    static const unsigned char head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};
    sink->check = crc32(0, NULL, 0);
    return write_out(sink, head, sizeof head, error);
}

static tgr_status gzip_end(tgr_gen_sink *sink, tgr_error *error)
{
    unsigned char tail[10] = {3, 0}; /* an empty last block, then CRC-32 and length */
    for (int i = 0; i < 4; i++) {
        tail[2 + i] = (unsigned char)(sink->check >> (8 * i));
        tail[6 + i] = (unsigned char)(sink->raw_bytes >> (8 * i));
    }
    return write_out(sink, tail, sizeof tail, error);
}

static tgr_status gzip_pack(tgr_gen_block *block, tgr_error *error)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        return tgr_fail_memory(error, "gzip");
    }
    /* deflateBound is for Z_FINISH: the empty stored block and a byte of padding come on top. */
    size_t bound = deflateBound(&stream, block->length) + 16;
    void *packed = block->packed;
    bool room = tgr_mem_grow(&packed, &block->packed_capacity, bound, 1);
    block->packed = packed;
    if (room) {
        stream.next_in = (Bytef *)block->bytes;
        stream.avail_in = (uInt)block->length;
        stream.next_out = (Bytef *)block->packed;
        stream.avail_out = (uInt)block->packed_capacity;
        room =
            deflate(&stream, Z_SYNC_FLUSH) == Z_OK && stream.avail_in == 0 && stream.avail_out > 0;
        block->packed_length = (size_t)((char *)stream.next_out - block->packed);
        block->check = (uint32_t)crc32(0, (const Bytef *)block->bytes, (uInt)block->length);
    }
    deflateEnd(&stream);
    return room ? TGR_OK : tgr_fail_memory(error, "gzip");
}

tgr_status tgr_gen_sink_open(const char *path, int threads, tgr_gen_sink **sink, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_gen_sink *made = tgr_mem_zalloc(1, sizeof *made);
    *sink = NULL;
    if (made == NULL) {
        return tgr_fail_memory(error, "the output");
    }
    bool standard = strcmp(path, "-") == 0;
    made->path = standard ? "standard output" : path;
    made->packing = packing_of(path);
    made->output.fd = -1;
    made->fd = STDOUT_FILENO;
    if (!standard) {
        TGR_TRY(tgr_output_open(&made->output, path, error));
        made->fd = made->output.fd;
    }
    if (made->packing == GZIP) {
        TGR_TRY(gzip_open(made, error));
    } else if (made->packing == ZSTD) {
        TGR_TRY(zstd_open(made, threads, error));
    }
    *sink = made;
    made = NULL;
done:
    tgr_gen_sink_close(made);
    return status;
}

tgr_status tgr_gen_sink_pack(const tgr_gen_sink *sink, tgr_gen_block *block, tgr_error *error)
{
    return sink->packing == GZIP ? gzip_pack(block, error) : TGR_OK;
}

tgr_status tgr_gen_sink_append(tgr_gen_sink *sink, const tgr_gen_block *block, tgr_error *error)
{
    switch (sink->packing) {
    case GZIP:
        sink->check = crc32_combine(sink->check, block->check, (z_off_t)block->length);
        sink->raw_bytes += block->length;
        return write_out(sink, block->packed, block->packed_length, error);
    case ZSTD:
        return zstd_write(sink, block->bytes, block->length, ZSTD_e_continue, error);
    case PLAIN:
    default:
        return write_out(sink, block->bytes, block->length, error);
    }
}

tgr_status tgr_gen_sink_finish(tgr_gen_sink *sink, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (sink->packing == GZIP) {
        TGR_TRY(gzip_end(sink, error));
    } else if (sink->packing == ZSTD) {
        TGR_TRY(zstd_write(sink, NULL, 0, ZSTD_e_end, error));
    }
    if (sink->output.path != NULL) {
        TGR_TRY(tgr_output_commit(&sink->output, error));
    }
done:
    return status;
}

void tgr_gen_sink_close(tgr_gen_sink *sink)
{
    if (sink == NULL) {
        return;
    }
    tgr_output_abandon(&sink->output);
    ZSTD_freeCCtx(sink->context);
    tgr_mem_free(sink->out);
    tgr_mem_free(sink);
}

uint64_t tgr_gen_sink_written(const tgr_gen_sink *sink)
{
    return sink->written;
}

void tgr_gen_block_free(tgr_gen_block *block)
{
    tgr_mem_free(block->bytes);
    tgr_mem_free(block->packed);
    *block = (tgr_gen_block){0};
}
