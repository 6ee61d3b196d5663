/* digest.c - see digest.h. */
#include "engine/router/digest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL /* the state lives on the stack, so its layout may not be the library's */
#include <xxhash.h>

#include "engine/router/cursor.h"
#include "engine/router/router.h"
#include "engine/router/tagger_settings.h"

static void put_tagged(XXH3_state_t *state, char kind, uint64_t number)
{
    unsigned char bytes[9] = {(unsigned char)kind};
    for (size_t i = 0; i < 8; i++) {
        bytes[1 + i] = (unsigned char)(number >> 8 * i);
    }
    XXH3_128bits_update(state, bytes, sizeof bytes);
}

static void put_bytes(XXH3_state_t *state, char kind, const void *bytes, size_t length)
{
    put_tagged(state, kind, length);
    XXH3_128bits_update(state, bytes, length);
}

static void put_real(XXH3_state_t *state, double real)
{
    if (real >= -0x1p63 && real < 0x1p63 && real == trunc(real)) {
        put_tagged(state, 'i', (uint64_t)(int64_t)real);
    } else if (real >= 0x1p63 && real < 0x1p64) {
        put_tagged(state, 'u', (uint64_t)real);
    } else {
        uint64_t bits = 0x7ff8000000000000u; /* every NaN alike */
        if (!isnan(real)) {
            memcpy(&bits, &real, sizeof bits);
        }
        put_tagged(state, 'd', bits);
    }
}

static void put_map(XXH3_state_t *state, const tgr_map_digest *digest)
{
    put_tagged(state, 'm', digest->pairs);
    unsigned char sum[16];
    for (size_t i = 0; i < 8; i++) {
        sum[i] = (unsigned char)(digest->low >> 8 * i);
        sum[8 + i] = (unsigned char)(digest->high >> 8 * i);
    }
    XXH3_128bits_update(state, sum, sizeof sum);
}

static void put_value(XXH3_state_t *state, tgr_cursor *cursor, int depth);

static void add_hash(tgr_map_digest *digest, const XXH3_state_t *state)
{
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    digest->low += hash.low64;
    digest->high += hash.high64 + (digest->low < hash.low64);
    digest->pairs++;
}

/* Pairs are added up, so that their order is of no matter. */
static void add_pairs(tgr_map_digest *digest, tgr_cursor *cursor, uint64_t pairs, int depth)
{
    for (uint64_t i = 0; i < pairs; i++) {
        XXH3_state_t state;
        XXH3_128bits_reset(&state);
        put_value(&state, cursor, depth);
        put_value(&state, cursor, depth);
        add_hash(digest, &state);
    }
}

static void put_children(XXH3_state_t *state, tgr_cursor *cursor, const tgr_item *item, int depth)
{
    if (item->kind == TGR_ITEM_MAP) {
        tgr_map_digest map = {0};
        add_pairs(&map, cursor, item->count, depth + 1);
        put_map(state, &map);
        return;
    }
    put_tagged(state, 'a', item->count);
    for (uint32_t i = 0; i < item->count; i++) {
        put_value(state, cursor, depth + 1);
    }
}

static void put_value(XXH3_state_t *state, tgr_cursor *cursor, int depth)
{
    tgr_item item;
    /* what comes here was skipped over once, so that neither can happen */
    if (depth > TGR_CURSOR_DEPTH + 2 || tgr_cursor_next(cursor, &item) != TGR_CURSOR_OK) {
        cursor->at = cursor->length;
        return;
    }
    switch (item.kind) {
    case TGR_ITEM_NIL:
        XXH3_128bits_update(state, "n", 1);
        break;
    case TGR_ITEM_BOOLEAN:
        XXH3_128bits_update(state, item.as.boolean ? "t" : "F", 1);
        break;
    case TGR_ITEM_INTEGER:
        put_tagged(state, 'i', (uint64_t)item.as.integer);
        break;
    case TGR_ITEM_UNSIGNED:
        put_tagged(state, item.as.whole >> 63 ? 'u' : 'i', item.as.whole);
        break;
    case TGR_ITEM_REAL:
        put_real(state, item.as.real);
        break;
    case TGR_ITEM_STRING:
        put_bytes(state, 's', item.as.bytes, item.count);
        break;
    case TGR_ITEM_BINARY:
        put_bytes(state, 'b', item.as.bytes, item.count);
        break;
    case TGR_ITEM_EXTENSION:
        put_tagged(state, 'x', item.count);
        XXH3_128bits_update(state, &item.extension_type, 1);
        XXH3_128bits_update(state, item.as.bytes, item.count);
        break;
    case TGR_ITEM_ARRAY:
    case TGR_ITEM_MAP:
        put_children(state, cursor, &item, depth);
        break;
    }
}

void tgr_map_digest_add(tgr_map_digest *digest, const char *bytes, size_t length, uint64_t pairs)
{
    tgr_cursor cursor = {bytes, length, 0};
    add_pairs(digest, &cursor, pairs, 0);
}

void tgr_map_digest_binary(tgr_map_digest *digest, const char *key, const void *bytes,
                           size_t length)
{
    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    put_bytes(&state, 's', key, strlen(key));
    put_bytes(&state, 'b', bytes, length);
    add_hash(digest, &state);
}

static void hash_text(const XXH3_state_t *state, char text[33])
{
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    snprintf(text, 33, "%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
}

void tgr_map_digest_text(const tgr_map_digest *digest, char text[33])
{
    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    put_map(&state, digest);
    hash_text(&state, text);
}

/* The digest of the map {"kind", "version", "category_tag", ...}. */
void tgr_tagger_digest_of(const char *kind, bool category_tag, const tgr_buffer *settings,
                          uint32_t count, char digest[33])
{
    /* {"version": 1, "category_tag": false or true}; "kind" may be of any length and is added apart
     */
    static const char fixed[] = "\xa7version\x01\xac"
                                "category_tag\xc2";
    char bytes[sizeof fixed];
    memcpy(bytes, fixed, sizeof fixed);
    bytes[sizeof fixed - 2] = category_tag ? '\xc3' : '\xc2';

    tgr_map_digest map = {0};
    tgr_map_digest_add(&map, bytes, sizeof fixed - 1, 2);
    tgr_map_digest_add(&map, settings->bytes, settings->length, count);
    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    put_bytes(&state, 's', "kind", 4);
    put_bytes(&state, 's', kind, strlen(kind));
    add_hash(&map, &state);
    tgr_map_digest_text(&map, digest);
}

void tgr_tagger_digest(const char *kind, bool category_tag, char *digest)
{
    const tgr_buffer none = {0};
    tgr_tagger_digest_of(kind, category_tag, &none, 0, digest);
}
