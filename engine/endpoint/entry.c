/* entry.c - records in JSON or MessagePack, tags last. */
#include "engine/endpoint/entry.h"

#include <string.h>

#include "engine/base/json_write.h"
#include "engine/log/value_write.h"

void tgr_entry_whole(tgr_window_entry *entry, const tgr_log_item *item, tgr_log_format format,
                     uint64_t *lost)
{
    if (format == TGR_LOG_MSGPACK) {
        tgr_value_write_msgpack(item->tape, item->root, &entry->bytes);
        return;
    }
    tgr_value_write_json(item->tape, item->root, &entry->bytes, lost);
    tgr_buffer_add(&entry->bytes, "\n", 1);
}

static void write_pair(tgr_window_entry *entry, const tgr_tape *tape, uint32_t key,
                       tgr_log_format format, uint64_t *lost)
{
    uint32_t value = tape->values[key].next;
    tgr_buffer *bytes = &entry->bytes;
    if (format == TGR_LOG_MSGPACK) {
        tgr_value_write_msgpack(tape, key, bytes);
        tgr_value_write_msgpack(tape, value, bytes);
        return;
    }
    tgr_buffer_add(bytes, ", ", entry->filled ? 2 : 0);
    tgr_value_write_json(tape, key, bytes, lost);
    tgr_buffer_add(bytes, ": ", 2);
    tgr_value_write_json(tape, value, bytes, lost);
    entry->filled = true;
}

/* Calls for each pair but the tags; the number of those. */
static uint32_t pairs_but_tags(tgr_window_entry *entry, const tgr_log_item *item, bool write,
                               tgr_log_format format, uint64_t *lost)
{
    const tgr_value *values = item->tape->values;
    uint32_t key = item->root + 1, count = 0;
    for (uint32_t i = 0; i < values[item->root].count; i++) {
        if (!tgr_value_is(&values[key], "tags")) {
            count++;
            if (write) {
                write_pair(entry, item->tape, key, format, lost);
            }
        }
        key = values[values[key].next].next;
    }
    return count;
}

void tgr_entry_begin(tgr_window_entry *entry, const tgr_log_item *item, tgr_log_format format,
                     uint64_t *lost)
{
    if (format == TGR_LOG_MSGPACK) {
        tgr_msgpack_write_map(&entry->bytes, 1 + pairs_but_tags(entry, item, false, format, lost));
    } else {
        tgr_buffer_add(&entry->bytes, "{", 1);
    }
    pairs_but_tags(entry, item, true, format, lost);
}

static void end_msgpack(tgr_buffer *bytes, const tgr_tags *tags)
{
    const char *tag = tags != NULL ? tags->bytes.bytes : NULL;
    size_t count = tags != NULL ? tags->count : 0;
    tgr_msgpack_write_string(bytes, "tags", 4);
    tgr_msgpack_write_array(bytes, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(tag);
        tgr_msgpack_write_string(bytes, tag, (uint32_t)length);
        tag += length + 1;
    }
}

static void end_json(tgr_buffer *bytes, bool filled, const tgr_tags *tags)
{
    const char *tag = tags != NULL ? tags->bytes.bytes : NULL;
    size_t count = tags != NULL ? tags->count : 0;
    tgr_buffer_text(bytes, filled ? ", \"tags\": [" : "\"tags\": [");
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(tag);
        tgr_buffer_add(bytes, ", ", i > 0 ? 2 : 0);
        tgr_json_quote(bytes, tag, length);
        tag += length + 1;
    }
    tgr_buffer_text(bytes, "]}\n");
}

void tgr_entry_end(tgr_window_entry *entry, const tgr_tags *tags, tgr_log_format format)
{
    if (format == TGR_LOG_MSGPACK) {
        end_msgpack(&entry->bytes, tags);
    } else {
        end_json(&entry->bytes, entry->filled, tags);
    }
}
