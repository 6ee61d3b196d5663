/* msgpack_scan.h - where a MessagePack object ends, found before anything is allocated for it.
 *
 * A scan is fed bytes as they come and keeps its place between them, so an object of any size is
 * passed over in bounded memory and each byte is looked at once.
 */
#ifndef TGR_LOG_MSGPACK_SCAN_H
#define TGR_LOG_MSGPACK_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/log/value.h"

typedef enum tgr_scan_state {
    TGR_SCAN_COMPLETE, /* the object is whole */
    TGR_SCAN_MORE,     /* it goes on after these bytes */
    TGR_SCAN_MALFORMED /* 0xc1, or sizes that no file holds: nothing after this can be framed */
} tgr_scan_state;

typedef struct tgr_msgpack_scan {
    uint64_t total;  /* bytes gone over: of a complete object, its extent */
    uint64_t values; /* values met, keys and containers included */
    bool too_deep;   /* containers inside each other beyond TGR_VALUE_DEPTH */
    bool too_large;  /* it takes more than `limit` bytes, as each value takes one at least */
    uint64_t limit;
    uint64_t payload; /* bytes of a string and the like that are still to come */
    uint64_t pending; /* values declared, not yet met */
    unsigned depth;
    uint64_t left[TGR_VALUE_DEPTH]; /* values still to come in each open container */
} tgr_msgpack_scan;

void tgr_msgpack_scan_begin(tgr_msgpack_scan *scan, uint64_t limit);

/* Goes over `length` more bytes, *used of them (all but a header that is cut, where more is
 * needed). too_large is set as soon as it is known. */
tgr_scan_state tgr_msgpack_scan_feed(tgr_msgpack_scan *scan, const char *bytes, size_t length,
                                     size_t *used);

#endif
