/* price_map.h - LiteLLM's price map: what it says of each model, found under the names in use. */
#ifndef TGR_ROUTER_PRICE_MAP_H
#define TGR_ROUTER_PRICE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/router/rates.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tgr_map_price { /* NaN where the map does not say, or says nothing sensible */
    double input, output;      /* USD a token, of the standard tier for prompts of any length */
    double max_input_tokens;
    size_t first_rate; /* in the map's list of rates: all prices that it knows how to name */
    size_t rate_count;
    size_t first_capability; /* in the map's list of capabilities */
    size_t capability_count;
} tgr_map_price;

typedef struct tgr_price_map tgr_price_map;

/* TGR_ERR_INPUT where the file is not one JSON object, or is larger than 256 MiB. */
tgr_status tgr_price_map_open(const char *path, tgr_price_map **map, tgr_error *error);
void tgr_price_map_close(tgr_price_map *map); /* NULL allowed */

/* XXH3-128 of the file, 32 hexadecimal digits. */
const char *tgr_price_map_hash(const tgr_price_map *map);

/* The rates of an entry, in order (rates.h), each once. */
const tgr_rate *tgr_price_map_rates(const tgr_price_map *map, const tgr_map_price *price);

/* The entry of exactly that name, or NULL. */
const tgr_map_price *tgr_price_map_get(const tgr_price_map *map, const char *name);

/* The entry of that name or, where there is none, the only one whose name is the same but for
 * providers before a '/' ("openai/gpt-4" and "gpt-4"); *found is its name in the map. NULL where
 * there is none or there are several. */
const tgr_map_price *tgr_price_map_find(const tgr_price_map *map, const char *name,
                                        const char **found);

/* Names in the map near to one: the same under several providers, else similar ones; "" for none.
 */
tgr_status tgr_price_map_near(const tgr_price_map *map, const char *name, char *text, size_t size,
                              tgr_error *error);

/* The i-th capability of an entry, such as "vision"; in byte order, each once. */
const char *tgr_price_map_capability(const tgr_price_map *map, const tgr_map_price *price,
                                     size_t i);

/* Between price_map.c and price_json.cpp. */

#define TGR_PRICE_MAP_PADDING 64 /* bytes that the parser may read beyond the text */

/* Parses text (TGR_PRICE_MAP_PADDING bytes follow it) and adds its entries to the map. */
tgr_status tgr_price_json_parse(const char *text, size_t length, tgr_price_map *map,
                                tgr_error *error);

/* Begins the entry of a name; what follows is added to it. False where memory is short. */
int tgr_price_map_add(tgr_price_map *map, const char *name, size_t length,
                      const tgr_map_price *price);
int tgr_price_map_add_capability(tgr_price_map *map, const char *name, size_t length);
int tgr_price_map_add_rate(tgr_price_map *map, const tgr_rate *rate);

#ifdef __cplusplus
}
#endif
#endif
