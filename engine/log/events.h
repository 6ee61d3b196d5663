/* events.h - the records inside one line or top-level object: Fluentd's and Fluent Bit's events.
 *
 *     map                               one record
 *     [time, map]                       one record
 *     [[time, metadata], map]           one record
 *     [tag, time, map, option?]         one record
 *     [tag, [entries], option?]         a record an entry, each as in the second or third line
 *     {"resourceSpans": [...]}          a record a span of an export of OpenTelemetry (OTLP in
 * JSON) [tag, packed, option?]            the same as [tag, [entries], option?], entries packed
 * into a bin or str, and compressed where the option says so ("compressed": "gzip" or "zstd")
 *
 * A time is a number or an EventTime (extension 0 of 8 bytes).
 */
#ifndef TGR_LOG_EVENTS_H
#define TGR_LOG_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/log/decoder.h"
#include "engine/log/value.h"

typedef enum tgr_events_mode {
    TGR_EVENTS_NONE,   /* no record is left */
    TGR_EVENTS_SINGLE, /* one: its map is at `index` */
    TGR_EVENTS_LIST,   /* entries on the tape: `left` from `index` on */
    TGR_EVENTS_PACKED, /* entries in `bytes` */
    TGR_EVENTS_SPANS   /* maps at `spans`: `left` from `index` on */
} tgr_events_mode;

/* Start zeroed, end with tgr_events_free. */
typedef struct tgr_events {
    tgr_events_mode mode;
    uint32_t index;
    uint32_t left;
    const char *bytes;
    size_t length;
    uint32_t *spans; /* places on the tape */
    size_t span_capacity;
    uint32_t part;     /* records given so far, bad ones included */
    tgr_decoder *gzip; /* made when first needed */
    tgr_decoder *zstd;
    char *inflated; /* entries that came compressed */
    size_t inflated_capacity;
} tgr_events;

/* Looks at the value at the tape's front. `packed` allows packed entries, which only MessagePack
 * has; decompressed ones may take `limit` bytes. TGR_ERR_INPUT with the fault set where it has none
 * of the shapes, or TGR_ERR_NOMEM. */
tgr_status tgr_events_begin(tgr_events *events, const tgr_tape *tape, bool packed, size_t limit,
                            tgr_fault *fault);

/* The map of the next record and its number in the event; *more is false after the last. Packed
 * entries are decoded to the tape, over what it held. TGR_ERR_INPUT where this record is bad (the
 * next call goes on), or TGR_ERR_NOMEM. */
tgr_status tgr_events_next(tgr_events *events, tgr_tape *tape, uint32_t *root, uint32_t *part,
                           bool *more, tgr_fault *fault);

void tgr_events_free(tgr_events *events);

#endif
