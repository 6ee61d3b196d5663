/* writer.c - blocks of records through zlib, zstd or nothing, always to the same bytes. */
#include "engine/log/writer.h"

#include <string.h>

#include <zlib.h>
#include <zstd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"

enum { BLOCK = 1 << 18, GZIP_LEVEL = 6, ZSTD_LEVEL = 3, GZIP_WINDOW = 15 + 16 };

struct tgr_log_writer {
    int fd;
    const char *path;
    tgr_codec codec;
    char *block; /* waiting to be written or compressed */
    size_t length;
    char *packed; /* room for one step of compression */
    z_stream gzip;
    bool has_gzip;
    ZSTD_CCtx *zstd;
};

static bool take_ending(const char *path, size_t *length, const char *ending)
{
    size_t tail = strlen(ending);
    bool found = *length > tail && memcmp(path + *length - tail, ending, tail) == 0;
    *length -= found ? tail : 0;
    return found;
}

tgr_status tgr_log_shape_of(const char *path, tgr_log_shape *shape, tgr_error *error)
{
    size_t length = strlen(path);
    shape->codec = take_ending(path, &length, ".gz")    ? TGR_CODEC_GZIP
                   : take_ending(path, &length, ".zst") ? TGR_CODEC_ZSTD
                                                        : TGR_CODEC_PLAIN;
    if (take_ending(path, &length, ".msgpack")) {
        shape->format = TGR_LOG_MSGPACK;
    } else if (take_ending(path, &length, ".jsonl") || take_ending(path, &length, ".ndjson")) {
        shape->format = TGR_LOG_JSONL;
    } else {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s: a log's name ends in .jsonl or .msgpack, and in .gz or .zst behind it",
                        path);
    }
    return TGR_OK;
}

static bool set_up(tgr_log_writer *writer)
{
    writer->block = tgr_mem_alloc(BLOCK, 1);
    writer->packed = tgr_mem_alloc(BLOCK, 1);
    if (writer->codec == TGR_CODEC_GZIP) {
        writer->has_gzip = deflateInit2(&writer->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW,
                                        MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
        return writer->has_gzip && writer->block != NULL && writer->packed != NULL;
    }
    if (writer->codec == TGR_CODEC_ZSTD) {
        writer->zstd = ZSTD_createCCtx();
        if (writer->zstd == NULL) {
            return false;
        }
        ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
        ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_checksumFlag, 1);
    }
    return writer->block != NULL && writer->packed != NULL;
}

tgr_status tgr_log_writer_open(int fd, const char *path, tgr_codec codec, tgr_log_writer **writer,
                               tgr_error *error)
{
    tgr_log_writer *opened = tgr_mem_zalloc(1, sizeof *opened);
    if (opened == NULL) {
        return tgr_fail_memory(error, "a log to write");
    }
    opened->fd = fd;
    opened->path = path;
    opened->codec = codec;
    if (!set_up(opened)) {
        tgr_log_writer_free(opened);
        return tgr_fail_memory(error, "a log to write");
    }
    *writer = opened;
    return TGR_OK;
}

static tgr_status write_gzip(tgr_log_writer *writer, bool end, tgr_error *error)
{
    z_stream *stream = &writer->gzip;
    int result;
    stream->next_in = (Bytef *)writer->block;
    stream->avail_in = (uInt)writer->length;
    do {
        stream->next_out = (Bytef *)writer->packed;
        stream->avail_out = BLOCK;
        result = deflate(stream, end ? Z_FINISH : Z_NO_FLUSH);
        tgr_status status = tgr_write_all(writer->fd, writer->packed, BLOCK - stream->avail_out,
                                          writer->path, error);
        if (status != TGR_OK) {
            return status;
        }
    } while (end ? result != Z_STREAM_END : stream->avail_out == 0);
    return TGR_OK;
}

static tgr_status write_zstd(tgr_log_writer *writer, bool end, tgr_error *error)
{
    ZSTD_inBuffer in = {writer->block, writer->length, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {writer->packed, BLOCK, 0};
        left = ZSTD_compressStream2(writer->zstd, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left)) {
            return tgr_fail(error, TGR_ERR_NOMEM, "%s: zstd cannot compress: %s", writer->path,
                            ZSTD_getErrorName(left));
        }
        tgr_status status = tgr_write_all(writer->fd, out.dst, out.pos, writer->path, error);
        if (status != TGR_OK) {
            return status;
        }
    } while (end ? left > 0 : in.pos < in.size);
    return TGR_OK;
}

static tgr_status write_block(tgr_log_writer *writer, bool end, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (writer->codec == TGR_CODEC_GZIP) {
        status = write_gzip(writer, end, error);
    } else if (writer->codec == TGR_CODEC_ZSTD) {
        status = write_zstd(writer, end, error);
    } else {
        status = tgr_write_all(writer->fd, writer->block, writer->length, writer->path, error);
    }
    writer->length = 0;
    return status;
}

tgr_status tgr_log_writer_add(tgr_log_writer *writer, const void *bytes, size_t length,
                              tgr_error *error)
{
    const char *from = bytes;
    while (length > 0) {
        size_t room = BLOCK - writer->length, part = length < room ? length : room;
        memcpy(writer->block + writer->length, from, part);
        writer->length += part;
        from += part;
        length -= part;
        if (writer->length == BLOCK) {
            tgr_status status = write_block(writer, false, error);
            if (status != TGR_OK) {
                return status;
            }
        }
    }
    return TGR_OK;
}

tgr_status tgr_log_writer_finish(tgr_log_writer *writer, tgr_error *error)
{
    return write_block(writer, true, error);
}

void tgr_log_writer_free(tgr_log_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    if (writer->has_gzip) {
        deflateEnd(&writer->gzip);
    }
    ZSTD_freeCCtx(writer->zstd);
    tgr_mem_free(writer->block);
    tgr_mem_free(writer->packed);
    tgr_mem_free(writer);
}
