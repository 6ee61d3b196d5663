/* order.c - sorts names once all have been seen. */
#include "engine/ingest/order.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"

typedef struct sort_key {
    tgr_sum total; /* higher first */
    uint64_t
        prefix; /* the first eight bytes as a number: spares most comparisons a look at the text */
    const char *text;
    uint32_t length;
    uint32_t number;
} sort_key;

static int compare_keys(const void *one, const void *other)
{
    const sort_key *a = one;
    const sort_key *b = other;
    if (a->total != b->total) {
        return a->total > b->total ? -1 : 1;
    }
    if (a->prefix != b->prefix) {
        return a->prefix < b->prefix ? -1 : 1;
    }
    int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static sort_key make_key(const tgr_strings *strings, uint32_t number, tgr_sum total)
{
    size_t length;
    const char *text = tgr_strings_get(strings, number, &length);
    uint64_t prefix = 0;
    for (size_t i = 0; i < 8; i++) {
        prefix = prefix << 8 | (i < length ? (unsigned char)text[i] : 0);
    }
    return (sort_key){total, prefix, text, (uint32_t)length, number};
}

static bool allocate(tgr_order *order, uint32_t count)
{
    order->names = tgr_mem_alloc(count, sizeof *order->names);
    order->place = tgr_mem_alloc(count, sizeof *order->place);
    return order->names != NULL && order->place != NULL;
}

static void append(tgr_order *order, uint32_t number, const char *text)
{
    order->place[number] = order->count;
    order->names[order->count++] = text;
}

static void append_sorted(tgr_order *order, sort_key *keys, size_t count)
{
    if (count > 1) {
        qsort(keys, count, sizeof *keys, compare_keys);
    }
    for (size_t i = 0; i < count; i++) {
        append(order, keys[i].number, keys[i].text);
    }
}

bool tgr_order_by_arrival(tgr_order *order, const tgr_strings *strings)
{
    uint32_t count = tgr_strings_count(strings);
    if (!allocate(order, count)) {
        return false;
    }
    for (uint32_t number = 0; number < count; number++) {
        append(order, number, tgr_strings_get(strings, number, NULL));
    }
    return true;
}

bool tgr_order_by_bytes(tgr_order *order, const tgr_strings *strings)
{
    uint32_t count = tgr_strings_count(strings);
    sort_key *keys = tgr_mem_alloc(count, sizeof *keys);
    if (keys == NULL || !allocate(order, count)) {
        tgr_mem_free(keys);
        return false;
    }
    for (uint32_t number = 0; number < count; number++) {
        keys[number] = make_key(strings, number, 0);
    }
    append_sorted(order, keys, count);
    tgr_mem_free(keys);
    return true;
}

bool tgr_order_tags(tgr_order *order, const tgr_tag_table *table)
{
    uint32_t count = table->count;
    sort_key *keys = tgr_mem_alloc(count - table->numbered, sizeof *keys);
    if (keys == NULL || !allocate(order, count)) {
        tgr_mem_free(keys);
        return false;
    }
    for (uint32_t number = 0; number < table->numbered; number++) {
        append(order, number, tgr_strings_get(table->names, number, NULL));
    }
    size_t seen = 0;
    for (uint32_t number = table->numbered; number < count; number++) {
        order->place[number] = UINT32_MAX;
        if (table->tags[number].queries > 0) {
            keys[seen++] = make_key(table->names, number, table->tags[number].total);
        }
    }
    append_sorted(order, keys, seen);
    tgr_mem_free(keys);
    return true;
}

void tgr_order_free(tgr_order *order)
{
    tgr_mem_free(order->names);
    tgr_mem_free(order->place);
    *order = (tgr_order){0};
}
