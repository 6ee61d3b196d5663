/* lookup.h - values of a tape by name: keys of maps, attributes of spans, paths with dots. */
#ifndef TGR_LOG_LOOKUP_H
#define TGR_LOG_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/log/value.h"

/* The index of the value of a key, 0 where there is none, or nil. Of a key that stands twice the
 * last counts. Besides maps, lists of OTLP attributes are known: {"key": ..., "value": {...}}. */
uint32_t tgr_lookup(const tgr_tape *tape, uint32_t map, const char *key);

/* The same where dots lead into maps. A key may hold dots itself: the longest that is there counts.
 */
uint32_t tgr_lookup_path(const tgr_tape *tape, uint32_t map, const char *path);

/* The first of several paths that is there, NULL behind the last; 0: none is. */
uint32_t tgr_lookup_any(const tgr_tape *tape, uint32_t map, const char *const *paths);

/* A number of at least 0, also where it is spelt as a string, as OTLP has integers; NaN where it is
 * none, or index is 0. */
double tgr_lookup_amount(const tgr_tape *tape, uint32_t index);

/* The pairs of a map, or of a list of attributes, one after another; nil values are passed over. */
typedef struct tgr_pairs {
    const tgr_tape *tape;
    uint32_t at, left;
    bool listed; /* OTLP's list of attributes */
} tgr_pairs;

tgr_pairs tgr_pairs_of(const tgr_tape *tape, uint32_t map);
bool tgr_pairs_next(tgr_pairs *pairs, uint32_t *key, uint32_t *value);

/* Whether a value is a list or map that is not empty. */
bool tgr_lookup_filled(const tgr_tape *tape, uint32_t index);

#endif
