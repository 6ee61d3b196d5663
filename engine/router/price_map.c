/* price_map.c - see price_map.h. */
#include "engine/router/price_map.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/strings.h"
#include "engine/router/file_bytes.h"
#include "engine/router/router.h"
#include "engine/router/schema.h"

#define LARGEST_MAP ((size_t)256 << 20)

struct tgr_price_map {
    tgr_strings *names;
    tgr_map_price *prices; /* by number of name */
    size_t price_capacity;
    size_t current; /* entry being added to */
    tgr_strings *capability_names;
    uint32_t *capabilities; /* of all entries, one after another */
    size_t capability_count, capability_capacity;
    tgr_rate *rates; /* of all entries, one after another */
    size_t rate_count, rate_capacity;
    char hash[33];
};

int tgr_price_map_add(tgr_price_map *map, const char *name, size_t length,
                      const tgr_map_price *price)
{
    uint32_t number = tgr_strings_add(map->names, name, length);
    void *prices = map->prices;
    if (number == TGR_STRING_NONE ||
        !tgr_mem_grow(&prices, &map->price_capacity, (size_t)number + 1, sizeof *map->prices)) {
        return false;
    }
    map->prices = prices;
    map->prices[number] = *price; /* of a name that stands twice, the last entry */
    map->prices[number].first_capability = map->capability_count;
    map->prices[number].capability_count = 0;
    map->prices[number].first_rate = map->rate_count;
    map->prices[number].rate_count = 0;
    map->current = number;
    return true;
}

/* Puts the rate into its place among the entry's. */
int tgr_price_map_add_rate(tgr_price_map *map, const tgr_rate *rate)
{
    void *memory = map->rates;
    if (!tgr_mem_grow(&memory, &map->rate_capacity, map->rate_count + 1, sizeof *map->rates)) {
        return false;
    }
    map->rates = memory;
    tgr_map_price *price = &map->prices[map->current];
    tgr_rate *list = map->rates + price->first_rate;
    size_t at = price->rate_count;
    while (at > 0 && tgr_rate_compare(rate, &list[at - 1]) < 0) {
        at--;
    }
    if (at > 0 && tgr_rate_compare(rate, &list[at - 1]) == 0) {
        list[at - 1] = *rate;
        return true;
    }
    memmove(list + at + 1, list + at, (price->rate_count - at) * sizeof *list);
    list[at] = *rate;
    price->rate_count++;
    map->rate_count++;
    return true;
}

const tgr_rate *tgr_price_map_rates(const tgr_price_map *map, const tgr_map_price *price)
{
    return map->rates + price->first_rate;
}

const char *tgr_price_map_hash(const tgr_price_map *map)
{
    return map->hash;
}

static void hash_file(tgr_price_map *map, const tgr_file_bytes *file)
{
    XXH128_hash_t hash = XXH3_128bits(file->bytes, file->length);
    snprintf(map->hash, sizeof map->hash, "%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
}

/* Puts the capability into its place among the entry's, in byte order. */
int tgr_price_map_add_capability(tgr_price_map *map, const char *name, size_t length)
{
    if (!tgr_name_is_text(name, length)) {
        return true;
    }
    uint32_t number = tgr_strings_add(map->capability_names, name, length);
    void *memory = map->capabilities;
    if (number == TGR_STRING_NONE || !tgr_mem_grow(&memory, &map->capability_capacity,
                                                   map->capability_count + 1, sizeof(uint32_t))) {
        return false;
    }
    map->capabilities = memory;
    tgr_map_price *price = &map->prices[map->current];
    uint32_t *list = map->capabilities + price->first_capability;
    size_t at = price->capability_count;
    while (at > 0 && tgr_strings_compare(map->capability_names, number, list[at - 1]) < 0) {
        at--;
    }
    if (at > 0 && list[at - 1] == number) {
        return true;
    }
    memmove(list + at + 1, list + at, (price->capability_count - at) * sizeof *list);
    list[at] = number;
    price->capability_count++;
    map->capability_count++;
    return true;
}

const char *tgr_price_map_capability(const tgr_price_map *map, const tgr_map_price *price, size_t i)
{
    return tgr_strings_get(map->capability_names, map->capabilities[price->first_capability + i],
                           NULL);
}

tgr_status tgr_price_map_open(const char *path, tgr_price_map **map, tgr_error *error)
{
    tgr_file_bytes file;
    tgr_status status =
        tgr_file_bytes_read(path, LARGEST_MAP, TGR_PRICE_MAP_PADDING, NULL, &file, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_price_map *opened = tgr_mem_zalloc(1, sizeof *opened);
    if (opened == NULL) {
        status = tgr_fail_memory(error, "the price map");
        goto done;
    }
    opened->names = tgr_strings_new();
    opened->capability_names = tgr_strings_new();
    if (opened->names == NULL || opened->capability_names == NULL) {
        status = tgr_fail_memory(error, "the price map");
        goto done;
    }
    hash_file(opened, &file);
    status = tgr_price_json_parse(file.bytes, file.length, opened, error);
    if (status == TGR_ERR_INPUT) {
        tgr_error_prefix(error, "%s", path);
    }
done:
    tgr_mem_free(file.bytes);
    if (status != TGR_OK) {
        tgr_price_map_close(opened);
        return status;
    }
    *map = opened;
    return TGR_OK;
}

void tgr_price_map_close(tgr_price_map *map)
{
    if (map == NULL) {
        return;
    }
    tgr_strings_free(map->names);
    tgr_strings_free(map->capability_names);
    tgr_mem_free(map->prices);
    tgr_mem_free(map->capabilities);
    tgr_mem_free(map->rates);
    tgr_mem_free(map);
}

const tgr_map_price *tgr_price_map_get(const tgr_price_map *map, const char *name)
{
    uint32_t number = tgr_strings_find(map->names, name, strlen(name));
    return number == TGR_STRING_NONE ? NULL : &map->prices[number];
}

/* Whether one name is the other but for what stands before a '/'. */
static bool same_but_provider(const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length == b_length) {
        return strcmp(a, b) == 0;
    }
    const char *longer = a_length > b_length ? a : b, *shorter = a_length > b_length ? b : a;
    size_t more = a_length > b_length ? a_length - b_length : b_length - a_length;
    return shorter[0] != '\0' && longer[more - 1] == '/' && strcmp(longer + more, shorter) == 0;
}

const tgr_map_price *tgr_price_map_find(const tgr_price_map *map, const char *name,
                                        const char **found)
{
    const tgr_map_price *price = tgr_price_map_get(map, name);
    if (price != NULL) {
        *found = name;
        return price;
    }
    uint32_t names = tgr_strings_count(map->names);
    for (uint32_t i = 0; i < names; i++) {
        const char *candidate = tgr_strings_get(map->names, i, NULL);
        if (!same_but_provider(candidate, name)) {
            continue;
        }
        if (price != NULL) {
            return NULL;
        }
        price = &map->prices[i];
        *found = candidate;
    }
    return price;
}

tgr_status tgr_price_map_near(const tgr_price_map *map, const char *name, char *text, size_t size,
                              tgr_error *error)
{
    uint32_t count = tgr_strings_count(map->names);
    const char **names = tgr_mem_alloc(count, sizeof *names);
    if (names == NULL) {
        return tgr_fail_memory(error, "the price map's names");
    }
    size_t same = 0;
    for (uint32_t i = 0; i < count; i++) {
        names[same] = tgr_strings_get(map->names, i, NULL);
        same += same_but_provider(names[same], name);
    }
    if (same == 0) {
        for (uint32_t i = 0; i < count; i++) {
            names[i] = tgr_strings_get(map->names, i, NULL);
        }
    }
    tgr_near_names(name, names, same > 0 ? same : count, text, size);
    tgr_mem_free(names);
    return TGR_OK;
}
