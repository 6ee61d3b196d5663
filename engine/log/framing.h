/* framing.h - a log cut into lines or top-level objects, each made a tape.
 *
 * The two framings do the same and differ in how they find where a record ends.
 */
#ifndef TGR_LOG_FRAMING_H
#define TGR_LOG_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/log/json.h"
#include "engine/log/msgpack.h"
#include "engine/log/value.h"
#include "engine/log/window.h"

/* One line or object. */
typedef struct tgr_frame {
    bool found; /* false at the end of the log */
    bool bad;   /* no tape: `fault` says why */
    tgr_fault fault;
    uint64_t position; /* of its first byte in the decompressed log */
    uint64_t line;     /* from 1; MessagePack: 0 */
} tgr_frame;

typedef struct tgr_framing {
    tgr_window window;
    size_t max_record;
    tgr_tape tape; /* of the last good frame; its strings live until the next */
    uint64_t line; /* JSON: lines taken */
    tgr_json_parser *json;
    tgr_msgpack_decoder msgpack;
} tgr_framing;

/* The next line that is not blank. */
tgr_status tgr_frame_json(tgr_framing *framing, tgr_frame *frame, tgr_error *error);

/* The next object. TGR_ERR_INPUT where none can be found any more. */
tgr_status tgr_frame_msgpack(tgr_framing *framing, tgr_frame *frame, tgr_error *error);

/* Puts the result of a parse into the frame: faults are the record's, lack of memory is the run's.
 */
tgr_status tgr_frame_parsed(tgr_frame *frame, tgr_status parsed, tgr_error *error);

#endif
