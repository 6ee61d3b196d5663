/* events.c - telling the shapes apart, and stepping through what they hold. */
#include "engine/log/events.h"

#include <string.h>

#include "engine/base/memory.h"
#include "engine/log/lookup.h"
#include "engine/log/msgpack.h"
#include "engine/log/msgpack_scan.h"

#define INFLATED_STEP ((size_t)1 << 16)

static tgr_status bad_shape(tgr_fault *fault)
{
    return tgr_fault_set(fault, TGR_BAD_SHAPE, "neither a map nor an event that holds one");
}

static bool is_time(const tgr_value *value)
{
    switch (value->kind) {
    case TGR_INTEGER:
    case TGR_UNSIGNED:
    case TGR_REAL:
        return true;
    case TGR_EXTENSION:
        return value->subtype == 0 && value->count == 8;
    default:
        return false;
    }
}

/* [time, map] or [[time, metadata], map]: the index of the map. */
static bool find_entry(const tgr_tape *tape, uint32_t index, uint32_t *map)
{
    const tgr_value *values = tape->values;
    const tgr_value *entry = &values[index];
    if (entry->kind != TGR_ARRAY || entry->count != 2) {
        return false;
    }
    const tgr_value *head = entry + 1;
    bool stamped = is_time(head);
    if (head->kind == TGR_ARRAY && head->count == 2) {
        const tgr_value *time = head + 1;
        stamped = is_time(time) && values[time->next].kind == TGR_MAP;
    }
    *map = head->next;
    return stamped && values[*map].kind == TGR_MAP;
}

/* The codec that an event's option names. */
static bool option_codec(const tgr_tape *tape, uint32_t option, tgr_codec *codec)
{
    const tgr_value *values = tape->values;
    uint32_t index = option + 1;
    for (uint32_t i = 0; i < values[option].count; i++) {
        const tgr_value *key = &values[index];
        const tgr_value *value = &values[key->next];
        if (tgr_value_is(key, "compressed")) {
            if (tgr_value_is(value, "gzip")) {
                *codec = TGR_CODEC_GZIP;
            } else if (tgr_value_is(value, "zstd")) {
                *codec = TGR_CODEC_ZSTD;
            } else {
                return tgr_value_is(value, "text");
            }
        }
        index = value->next;
    }
    return true;
}

static tgr_status inflate_fault(tgr_status status, tgr_fault *fault)
{
    return status == TGR_ERR_NOMEM
               ? status
               : tgr_fault_set(fault, TGR_BAD_SYNTAX, "an event's compressed entries are damaged");
}

static tgr_status inflate_all(tgr_events *events, tgr_decoder *decoder, size_t limit,
                              tgr_fault *fault)
{
    tgr_decoder_step step = {.input = events->bytes, .input_length = events->length};
    size_t total = 0;
    tgr_decoder_reset(decoder);
    for (;;) {
        void *memory = events->inflated;
        bool fits = tgr_mem_grow(&memory, &events->inflated_capacity, total + INFLATED_STEP, 1);
        events->inflated = memory;
        if (!fits) {
            return TGR_ERR_NOMEM;
        }
        step.output = events->inflated + total;
        step.output_room = events->inflated_capacity - total;
        const char *why;
        tgr_status status = tgr_decoder_run(decoder, &step, &why);
        if (status != TGR_OK) {
            return inflate_fault(status, fault);
        }
        total += step.made;
        step.input += step.used;
        step.input_length -= step.used;
        if (total > limit) {
            return tgr_fault_set(fault, TGR_BAD_TOO_LARGE,
                                 "an event's entries are larger than the largest record allowed");
        }
        if (step.made == 0 && step.used == 0) {
            break;
        }
    }
    if (step.input_length > 0 || !tgr_decoder_whole(decoder)) {
        return inflate_fault(TGR_ERR_INPUT, fault);
    }
    events->bytes = events->inflated;
    events->length = total;
    return TGR_OK;
}

static tgr_status inflate_packed(tgr_events *events, tgr_codec codec, size_t limit,
                                 tgr_fault *fault)
{
    tgr_decoder **decoder = codec == TGR_CODEC_GZIP ? &events->gzip : &events->zstd;
    if (!*decoder) {
        *decoder = tgr_decoder_new(codec);
        if (!*decoder) {
            return TGR_ERR_NOMEM;
        }
    }
    return inflate_all(events, *decoder, limit, fault);
}

/* [tag, entries, option?], `entries` at an index. */
static tgr_status begin_entries(tgr_events *events, const tgr_tape *tape, uint32_t entries,
                                bool packed, size_t limit, tgr_fault *fault)
{
    const tgr_value *values = tape->values;
    const tgr_value *found = &values[entries];
    if (found->kind == TGR_ARRAY) {
        events->mode = TGR_EVENTS_LIST;
        events->index = entries + 1;
        events->left = found->count;
        return TGR_OK;
    }
    if (!packed || (found->kind != TGR_BINARY && found->kind != TGR_STRING)) {
        return bad_shape(fault);
    }
    events->bytes = found->as.bytes;
    events->length = found->count;
    tgr_codec codec = TGR_CODEC_PLAIN;
    if (values[0].count == 3 && values[found->next].kind == TGR_MAP &&
        !option_codec(tape, found->next, &codec)) {
        return tgr_fault_set(fault, TGR_BAD_SHAPE, "an event compressed in an unknown way");
    }
    tgr_status status =
        codec == TGR_CODEC_PLAIN ? TGR_OK : inflate_packed(events, codec, limit, fault);
    events->mode = status == TGR_OK ? TGR_EVENTS_PACKED : TGR_EVENTS_NONE;
    return status;
}

/* An array whose first element is a tag. */
static tgr_status begin_tagged(tgr_events *events, const tgr_tape *tape, bool packed, size_t limit,
                               tgr_fault *fault)
{
    const tgr_value *values = tape->values;
    uint32_t second = values[1].next;
    uint32_t count = values[0].count;
    if (count >= 3 && is_time(&values[second])) {
        uint32_t map = values[second].next;
        if (count > 4 || values[map].kind != TGR_MAP) {
            return bad_shape(fault);
        }
        events->mode = TGR_EVENTS_SINGLE;
        events->index = map;
        return TGR_OK;
    }
    if (count < 2 || count > 3) {
        return bad_shape(fault);
    }
    return begin_entries(events, tape, second, packed, limit, fault);
}

/* ---- spans --------------------------------------------------------------------------------------
 */

static bool add_span(tgr_events *events, uint32_t at)
{
    void *spans = events->spans;
    bool enough = tgr_mem_grow(&spans, &events->span_capacity, (size_t)events->left + 1,
                               sizeof *events->spans);
    events->spans = spans;
    if (enough) {
        events->spans[events->left++] = at;
    }
    return enough;
}

/* The elements of the lists under one of the keys, level by level, down to the spans. */
static bool add_spans(tgr_events *events, const tgr_tape *tape, uint32_t map, unsigned level)
{
    static const char *const keys[3][3] = {{"resourceSpans", NULL},
                                           {"scopeSpans", "instrumentationLibrarySpans", NULL},
                                           {"spans", NULL}};
    if (level == 3 || tape->values[map].kind != TGR_MAP) {
        return level < 3 || add_span(events, map);
    }
    uint32_t list = tgr_lookup_any(tape, map, keys[level]);
    uint32_t element = list + 1;
    for (uint32_t i = 0;
         list > 0 && tape->values[list].kind == TGR_ARRAY && i < tape->values[list].count; i++) {
        if (!add_spans(events, tape, element, level + 1)) {
            return false;
        }
        element = tape->values[element].next;
    }
    return true;
}

/* Whether a map is an export: its first key says so. */
static bool is_export(const tgr_tape *tape)
{
    const tgr_value *root = &tape->values[0];
    return root->kind == TGR_MAP && root->count > 0 && tgr_value_is(root + 1, "resourceSpans");
}

tgr_status tgr_events_begin(tgr_events *events, const tgr_tape *tape, bool packed, size_t limit,
                            tgr_fault *fault)
{
    const tgr_value *root = &tape->values[0];
    events->mode = TGR_EVENTS_NONE;
    events->part = 0;
    events->index = 0;
    if (is_export(tape)) {
        events->mode = TGR_EVENTS_SPANS;
        events->left = 0;
        return add_spans(events, tape, 0, 0) ? TGR_OK : TGR_ERR_NOMEM;
    }
    if (root->kind == TGR_MAP || find_entry(tape, 0, &events->index)) {
        events->mode = TGR_EVENTS_SINGLE;
        return TGR_OK;
    }
    if (root->kind == TGR_ARRAY && root->count > 0 && tape->values[1].kind == TGR_STRING) {
        return begin_tagged(events, tape, packed, limit, fault);
    }
    return bad_shape(fault);
}

/* Decodes the next packed entry to the tape's front. What follows a broken one cannot be found. */
static tgr_status next_packed(tgr_events *events, tgr_tape *tape, tgr_fault *fault)
{
    tgr_msgpack_scan scan;
    size_t used = 0;
    tgr_msgpack_scan_begin(&scan, events->length);
    if (tgr_msgpack_scan_feed(&scan, events->bytes, events->length, &used) != TGR_SCAN_COMPLETE) {
        events->mode = TGR_EVENTS_NONE;
        return tgr_fault_set(fault, TGR_BAD_SYNTAX,
                             "an event's packed entries are damaged or cut off from here on");
    }
    const char *bytes = events->bytes;
    events->bytes += used;
    events->length -= used;
    const tgr_msgpack_extent extent = {scan.values, scan.too_deep, scan.too_large};
    return tgr_msgpack_decode(&extent, bytes, tape, fault);
}

static bool has_invalid_text(const tgr_tape *tape, uint32_t map)
{
    for (uint32_t i = map; i < tape->values[map].next; i++) {
        if (tape->values[i].kind == TGR_BINARY && tape->values[i].subtype != 0) {
            return true;
        }
    }
    return false;
}

static bool has_other_keys(const tgr_tape *tape, uint32_t map)
{
    uint32_t index = map + 1;
    for (uint32_t i = 0; i < tape->values[map].count; i++) {
        if (tape->values[index].kind != TGR_STRING) {
            return true;
        }
        index = tape->values[tape->values[index].next].next;
    }
    return false;
}

static tgr_status check_map(const tgr_tape *tape, uint32_t map, tgr_fault *fault)
{
    if (tape->invalid_text && has_invalid_text(tape, map)) {
        return tgr_fault_set(fault, TGR_BAD_SYNTAX, "not valid UTF-8");
    }
    if (tape->other_keys && has_other_keys(tape, map)) {
        return tgr_fault_set(fault, TGR_BAD_SHAPE, "a key is not a string");
    }
    return TGR_OK;
}

tgr_status tgr_events_next(tgr_events *events, tgr_tape *tape, uint32_t *root, uint32_t *part,
                           bool *more, tgr_fault *fault)
{
    *more = events->mode == TGR_EVENTS_SINGLE ||
            (events->mode == TGR_EVENTS_LIST && events->left > 0) ||
            (events->mode == TGR_EVENTS_SPANS && events->left > 0) ||
            (events->mode == TGR_EVENTS_PACKED && events->length > 0);
    if (!*more) {
        events->mode = TGR_EVENTS_NONE;
        return TGR_OK;
    }
    *part = events->part++;
    *root = events->index;
    if (events->mode == TGR_EVENTS_SPANS) {
        *root = events->spans[events->index++];
        events->left--;
        if (tape->values[*root].kind != TGR_MAP) {
            return tgr_fault_set(fault, TGR_BAD_SHAPE, "a span is not a map");
        }
        return check_map(tape, *root, fault);
    }
    if (events->mode == TGR_EVENTS_SINGLE) {
        events->mode = TGR_EVENTS_NONE;
        return check_map(tape, *root, fault);
    }
    uint32_t entry = 0;
    if (events->mode == TGR_EVENTS_LIST) {
        entry = events->index;
        events->index = tape->values[entry].next;
        events->left--;
    } else {
        tgr_status status = next_packed(events, tape, fault);
        if (status != TGR_OK) {
            return status;
        }
    }
    if (!find_entry(tape, entry, root)) {
        return tgr_fault_set(fault, TGR_BAD_SHAPE, "an event's entry is not a time and a map");
    }
    return check_map(tape, *root, fault);
}

void tgr_events_free(tgr_events *events)
{
    tgr_decoder_free(events->gzip);
    tgr_decoder_free(events->zstd);
    tgr_mem_free(events->inflated);
    tgr_mem_free(events->spans);
    memset(events, 0, sizeof(*events));
}
