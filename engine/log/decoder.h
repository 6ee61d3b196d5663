/* decoder.h - gzip and zstd behind one streaming interface, concatenated parts read through. */
#ifndef TGR_LOG_DECODER_H
#define TGR_LOG_DECODER_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/status.h>

typedef enum tgr_codec { TGR_CODEC_PLAIN, TGR_CODEC_GZIP, TGR_CODEC_ZSTD } tgr_codec;

#define TGR_CODEC_MAGIC 4 /* bytes that tell a codec */

/* Told by the first bytes; fewer than TGR_CODEC_MAGIC where the data is shorter. */
tgr_codec tgr_codec_detect(const char *bytes, size_t length);
const char *tgr_codec_name(tgr_codec codec);

typedef struct tgr_decoder tgr_decoder;

tgr_decoder *tgr_decoder_new(tgr_codec codec); /* gzip or zstd; NULL where memory is short */
void tgr_decoder_free(tgr_decoder *decoder);   /* NULL allowed */
void tgr_decoder_reset(tgr_decoder *decoder);  /* ready for other data */

/* Bytes in and out of one step. */
typedef struct tgr_decoder_step {
    const char *input;
    size_t input_length;
    char *output;
    size_t output_room;
    size_t used; /* of the input */
    size_t made; /* of the output */
} tgr_decoder_step;

/* Decodes until the input is used up or the output is full. Where the input is at its end, steps
 * with none go on until nothing is made. TGR_ERR_INPUT with *why (static text) where the data is
 * damaged; TGR_ERR_NOMEM. */
tgr_status tgr_decoder_run(tgr_decoder *decoder, tgr_decoder_step *step, const char **why);

/* Whether the data may end here: the last member or frame is complete. */
bool tgr_decoder_whole(const tgr_decoder *decoder);

#endif
