/* msgpack.h - one scanned MessagePack object to a tape, by msgpack-c. */
#ifndef TGR_LOG_MSGPACK_H
#define TGR_LOG_MSGPACK_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/log/msgpack_scan.h"
#include "engine/log/value.h"

struct msgpack_zone;

/* Start zeroed, end with tgr_msgpack_decoder_free. */
typedef struct tgr_msgpack_decoder {
    struct msgpack_zone *zone; /* where msgpack-c keeps its objects; reused */
    size_t zone_values;        /* for how many there is room */
} tgr_msgpack_decoder;

void tgr_msgpack_decoder_free(tgr_msgpack_decoder *decoder);

#define TGR_MSGPACK_PADDING 8 /* bytes after an object that must be readable */

/* Decodes the object that a scan found complete; strings on the tape point into `bytes`, which must
 * be readable up to TGR_MSGPACK_PADDING bytes after the object's end; their values do not matter.
 * TGR_ERR_INPUT with the fault set where it is too large or too deep, or TGR_ERR_NOMEM. A str that
 * is not UTF-8 becomes binary, since events carry packed records in such; the tape tells of it. */
tgr_status tgr_msgpack_decode(tgr_msgpack_decoder *decoder, const tgr_msgpack_scan *scan,
                              const char *bytes, tgr_tape *tape, tgr_fault *fault);

#endif
