/* record_parts.h - what reading a record and reading its models share. */
#ifndef TGR_LOG_RECORD_PARTS_H
#define TGR_LOG_RECORD_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "engine/log/record.h"

/* What one record is read with. */
typedef struct tgr_reading {
    const tgr_value *values;
    tgr_record *record;
    tgr_log_item *item;
    bool no_memory;
} tgr_reading;

/* Makes the item bad; returns false. */
bool tgr_reading_refuse(tgr_reading *from, tgr_bad_reason reason, const char *why);

/* Room for one more element; returns the array, perhaps moved, or NULL with no_memory set. */
void *tgr_reading_grow(tgr_reading *from, void *array, size_t *capacity, size_t count, size_t size);

/* A string of at most `longest` bytes. HDF5 ends its strings at a NUL: none that is stored holds
 * one. */
bool tgr_reading_text(const tgr_reading *from, const tgr_value *value, size_t longest,
                      tgr_text *text);

/* Whether a key or string is a literal, whose length the compiler knows. */
#define TGR_KEY_IS(key, literal)                                                                   \
    ((key)->kind == TGR_STRING && (key)->count == sizeof(literal) - 1 &&                           \
     memcmp((key)->as.bytes, literal, sizeof(literal) - 1) == 0)

/* An id, which may be an integer. */
bool tgr_reading_id(tgr_reading *from, const tgr_value *value);

/* One more model of the record, of which nothing is known yet; NULL with no_memory set. */
tgr_model_entry *tgr_reading_add_model(tgr_reading *from, const tgr_text *name);

/* Reads the map of models into the record. */
bool tgr_reading_models(tgr_reading *from, const tgr_value *value);

/* A weight of a query; false where it is none. */
bool tgr_reading_weight(const tgr_value *value, double *weight);

/* The record's weight becomes that of its models, where these have one; false where they differ. */
bool tgr_reading_settle_weight(tgr_reading *from);

#endif
