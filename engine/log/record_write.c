/* record_write.c - records in JSON or MessagePack, tags last. */
#include "engine/log/record_write.h"

#include "engine/base/json_write.h"
#include "engine/log/value_write.h"

void tgr_record_write_whole(tgr_record_write *to, const tgr_log_item *item, uint64_t *lost)
{
    if (to->format == TGR_LOG_MSGPACK) {
        tgr_value_write_msgpack(item->tape, item->root, to->bytes);
        return;
    }
    tgr_value_write_json(item->tape, item->root, to->bytes, lost);
    tgr_buffer_add(to->bytes, "\n", 1);
}

static void write_pair(tgr_record_write *to, const tgr_tape *tape, uint32_t key, uint64_t *lost)
{
    uint32_t value = tape->values[key].next;
    tgr_buffer *bytes = to->bytes;
    if (to->format == TGR_LOG_MSGPACK) {
        tgr_value_write_msgpack(tape, key, bytes);
        tgr_value_write_msgpack(tape, value, bytes);
        return;
    }
    tgr_buffer_add(bytes, ", ", to->filled ? 2 : 0);
    tgr_value_write_json(tape, key, bytes, lost);
    tgr_buffer_add(bytes, ": ", 2);
    tgr_value_write_json(tape, value, bytes, lost);
    to->filled = true;
}

/* Writes each pair but the tags, or only counts them. */
static uint32_t pairs_but_tags(tgr_record_write *to, const tgr_log_item *item, bool write,
                               uint64_t *lost)
{
    const tgr_value *values = item->tape->values;
    uint32_t key = item->root + 1, count = 0;
    for (uint32_t i = 0; i < values[item->root].count; i++) {
        if (!tgr_value_is(&values[key], "tags")) {
            count++;
            if (write) {
                write_pair(to, item->tape, key, lost);
            }
        }
        key = values[values[key].next].next;
    }
    return count;
}

void tgr_record_write_begin(tgr_record_write *to, const tgr_log_item *item, uint64_t *lost)
{
    if (to->format == TGR_LOG_MSGPACK) {
        tgr_msgpack_write_map(to->bytes, 1 + pairs_but_tags(to, item, false, lost));
    } else {
        tgr_buffer_add(to->bytes, "{", 1);
    }
    pairs_but_tags(to, item, true, lost);
}

void tgr_record_write_tags(tgr_record_write *to, uint32_t count, bool counted)
{
    if (to->format == TGR_LOG_MSGPACK) {
        tgr_msgpack_write_string(to->bytes, "tags", 4);
        if (counted) {
            tgr_msgpack_write_map(to->bytes, count);
        } else {
            tgr_msgpack_write_array(to->bytes, count);
        }
        return;
    }
    tgr_buffer_text(to->bytes, to->filled ? ", \"tags\": " : "\"tags\": ");
    tgr_buffer_add(to->bytes, counted ? "{" : "[", 1);
}

void tgr_record_write_tag(tgr_record_write *to, bool first, const char *tag, size_t length)
{
    if (to->format == TGR_LOG_MSGPACK) {
        tgr_msgpack_write_string(to->bytes, tag, (uint32_t)length);
        return;
    }
    tgr_buffer_add(to->bytes, ", ", first ? 0 : 2);
    tgr_json_quote(to->bytes, tag, length);
}

/* Most counts are small. */
static void write_count(tgr_buffer *bytes, uint32_t count)
{
    char digits[16];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + count % 10);
        count /= 10;
    } while (count > 0);
    digits[--at] = ' ';
    digits[--at] = ':';
    tgr_buffer_add(bytes, digits + at, sizeof digits - at);
}

void tgr_record_write_counted(tgr_record_write *to, bool first, const char *tag, size_t length,
                              uint32_t count)
{
    tgr_record_write_tag(to, first, tag, length);
    if (to->format == TGR_LOG_MSGPACK) {
        tgr_msgpack_write_unsigned(to->bytes, count);
    } else {
        write_count(to->bytes, count);
    }
}

void tgr_record_write_end(tgr_record_write *to, bool counted)
{
    if (to->format != TGR_LOG_MSGPACK) {
        tgr_buffer_text(to->bytes, counted ? "}}\n" : "]}\n");
    }
}
