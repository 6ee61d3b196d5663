/* msgpack.h - one MessagePack object that a scan found whole, to a tape. */
#ifndef TGR_LOG_MSGPACK_H
#define TGR_LOG_MSGPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/log/value.h"

/* What a scan found out about an object. */
typedef struct tgr_msgpack_extent {
    uint64_t values;
    bool too_deep, too_large;
} tgr_msgpack_extent;

#define TGR_MSGPACK_PADDING 32 /* bytes after an object that must be readable */

/* Decodes the object that a scan found complete; strings on the tape point into `bytes`, which must
 * be readable up to TGR_MSGPACK_PADDING bytes after the object's end; their values do not matter.
 * TGR_ERR_INPUT with the fault set where it is too large or too deep, or TGR_ERR_NOMEM. A str that
 * is not UTF-8 becomes binary, since events carry packed records in such; the tape tells of it. */
tgr_status tgr_msgpack_decode(const tgr_msgpack_extent *extent, const char *bytes, tgr_tape *tape,
                              tgr_fault *fault);

#endif
