/* decoder.c - gzip by zlib, zstd by libzstd. */
#include "engine/log/decoder.h"

#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "engine/base/memory.h"

struct tgr_decoder {
    tgr_codec codec;
    bool whole;   /* the member or frame is complete, and no other has begun */
    bool padding; /* gzip: in the zeros that tapes and block devices leave after the data */
    z_stream gzip;
    ZSTD_DStream *zstd;
};

#define GZIP_WINDOW  (15 + 16)  /* the largest window, gzip header required */
#define STEP_LARGEST (1u << 30) /* zlib counts in unsigned int */

tgr_codec tgr_codec_detect(const char *bytes, size_t length)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (length >= 2 && b[0] == 0x1f && b[1] == 0x8b) {
        return TGR_CODEC_GZIP;
    }
    if (length >= 4 && b[0] == 0x28 && b[1] == 0xb5 && b[2] == 0x2f && b[3] == 0xfd) {
        return TGR_CODEC_ZSTD;
    }
    /* a skippable frame, with which parallel compressors begin */
    if (length >= 4 && (b[0] & 0xf0) == 0x50 && b[1] == 0x2a && b[2] == 0x4d && b[3] == 0x18) {
        return TGR_CODEC_ZSTD;
    }
    return TGR_CODEC_PLAIN;
}

const char *tgr_codec_name(tgr_codec codec)
{
    return codec == TGR_CODEC_GZIP ? "gzip" : codec == TGR_CODEC_ZSTD ? "zstd" : "plain";
}

static void *gzip_alloc(void *unused, unsigned count, unsigned size)
{
    (void)unused;
    return tgr_mem_alloc(count, size);
}

static void gzip_free(void *unused, void *memory)
{
    (void)unused;
    tgr_mem_free(memory);
}

tgr_decoder *tgr_decoder_new(tgr_codec codec)
{
    tgr_decoder *decoder = tgr_mem_zalloc(1, sizeof(*decoder));
    if (!decoder) {
        return NULL;
    }
    decoder->codec = codec;
    bool ready;
    if (codec == TGR_CODEC_GZIP) {
        decoder->gzip.zalloc = gzip_alloc;
        decoder->gzip.zfree = gzip_free;
        ready = inflateInit2(&decoder->gzip, GZIP_WINDOW) == Z_OK;
    } else {
        decoder->zstd = ZSTD_createDStream();
        ready = decoder->zstd != NULL;
    }
    if (!ready) {
        tgr_mem_free(decoder);
        return NULL;
    }
    return decoder;
}

void tgr_decoder_free(tgr_decoder *decoder)
{
    if (!decoder) {
        return;
    }
    if (decoder->codec == TGR_CODEC_GZIP) {
        inflateEnd(&decoder->gzip);
    } else {
        ZSTD_freeDStream(decoder->zstd);
    }
    tgr_mem_free(decoder);
}

void tgr_decoder_reset(tgr_decoder *decoder)
{
    decoder->whole = false;
    decoder->padding = false;
    if (decoder->codec == TGR_CODEC_GZIP) {
        inflateReset(&decoder->gzip);
    } else {
        ZSTD_DCtx_reset(decoder->zstd, ZSTD_reset_session_only);
    }
}

bool tgr_decoder_whole(const tgr_decoder *decoder)
{
    return decoder->whole;
}

static tgr_status skip_padding(tgr_decoder_step *step, const char **why)
{
    while (step->used < step->input_length && step->input[step->used] == 0) {
        step->used++;
    }
    if (step->used < step->input_length) {
        *why = "what follows is not gzip";
        return TGR_ERR_INPUT;
    }
    return TGR_OK;
}

/* One call of zlib; *stuck where neither side moved. */
static tgr_status inflate_once(tgr_decoder *decoder, tgr_decoder_step *step, bool *stuck,
                               const char **why)
{
    z_stream *stream = &decoder->gzip;
    size_t left = step->input_length - step->used;
    size_t room = step->output_room - step->made;
    unsigned offered = left < STEP_LARGEST ? (unsigned)left : STEP_LARGEST;
    unsigned wanted = room < STEP_LARGEST ? (unsigned)room : STEP_LARGEST;
    stream->next_in = (const Bytef *)(step->input + step->used);
    stream->avail_in = offered;
    stream->next_out = (Bytef *)(step->output + step->made);
    stream->avail_out = wanted;
    int result = inflate(stream, Z_NO_FLUSH);
    step->used += offered - stream->avail_in;
    step->made += wanted - stream->avail_out;
    *stuck = offered == stream->avail_in && wanted == stream->avail_out;
    switch (result) {
    case Z_STREAM_END:
        decoder->whole = true;
        *stuck = false;
        return TGR_OK;
    case Z_OK:
    case Z_BUF_ERROR: /* not an error: no room, or no input */
        return TGR_OK;
    case Z_MEM_ERROR:
        return TGR_ERR_NOMEM;
    default:
        *why = stream->msg ? stream->msg : "the gzip data is damaged";
        return TGR_ERR_INPUT;
    }
}

static tgr_status run_gzip(tgr_decoder *decoder, tgr_decoder_step *step, const char **why)
{
    bool stuck = false;
    while (!stuck && step->made < step->output_room) {
        if (decoder->whole) {
            if (step->used == step->input_length) {
                break;
            }
            decoder->padding = decoder->padding || step->input[step->used] == 0;
            if (decoder->padding) {
                return skip_padding(step, why);
            }
            inflateReset(&decoder->gzip);
            decoder->whole = false;
        }
        tgr_status status = inflate_once(decoder, step, &stuck, why);
        if (status != TGR_OK) {
            return status;
        }
    }
    return TGR_OK;
}

static tgr_status zstd_fault(size_t result, const char **why)
{
    switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_memory_allocation:
        return TGR_ERR_NOMEM;
    case ZSTD_error_frameParameter_windowTooLarge:
        *why = "a zstd window of more than 128 MiB; compress again without --long or --ultra";
        break;
    case ZSTD_error_prefix_unknown:
        *why = "what follows is not zstd";
        break;
    default:
        *why = ZSTD_getErrorName(result);
    }
    return TGR_ERR_INPUT;
}

static tgr_status run_zstd(tgr_decoder *decoder, tgr_decoder_step *step, const char **why)
{
    ZSTD_inBuffer in = {step->input, step->input_length, step->used};
    ZSTD_outBuffer out = {step->output, step->output_room, step->made};
    while (out.pos < out.size) {
        if (decoder->whole && in.pos == in.size) {
            break; /* else libzstd would begin another frame */
        }
        size_t used = in.pos, made = out.pos;
        size_t result = ZSTD_decompressStream(decoder->zstd, &out, &in);
        step->used = in.pos;
        step->made = out.pos;
        if (ZSTD_isError(result)) {
            return zstd_fault(result, why);
        }
        decoder->whole = result == 0;
        if (in.pos == used && out.pos == made) {
            break;
        }
    }
    return TGR_OK;
}

tgr_status tgr_decoder_run(tgr_decoder *decoder, tgr_decoder_step *step, const char **why)
{
    step->used = 0;
    step->made = 0;
    return decoder->codec == TGR_CODEC_GZIP ? run_gzip(decoder, step, why)
                                            : run_zstd(decoder, step, why);
}
