/* json_write.h - JSON text into a buffer: commas, escapes and indentation in one place. */
#ifndef TGR_BASE_JSON_WRITE_H
#define TGR_BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/buffer.h"

#define TGR_JSON_DEPTH 32

typedef struct tgr_json {
    tgr_buffer *buffer;
    int depth;
    bool pretty;                 /* two spaces a level; else one line */
    bool filled[TGR_JSON_DEPTH]; /* whether the level holds something yet */
} tgr_json;

void tgr_json_begin(tgr_json *json, tgr_buffer *buffer, bool pretty);
/* key: NULL inside arrays and at the top. */
void tgr_json_object(tgr_json *json, const char *key);
void tgr_json_end_object(tgr_json *json);
void tgr_json_array(tgr_json *json, const char *key);
void tgr_json_end_array(tgr_json *json);
void tgr_json_string(tgr_json *json, const char *key, const char *text); /* NULL: null */
void tgr_json_string_n(tgr_json *json, const char *key, const char *text, size_t length);
void tgr_json_number(tgr_json *json, const char *key, double value); /* NaN: null */
void tgr_json_float(tgr_json *json, const char *key, float value);   /* NaN: null */
void tgr_json_integer(tgr_json *json, const char *key, int64_t value);
void tgr_json_unsigned(tgr_json *json, const char *key, uint64_t value);
void tgr_json_boolean(tgr_json *json, const char *key, bool value);

/* Only the quoted, escaped string, for writers that lay out their own lines. */
void tgr_json_quote(tgr_buffer *buffer, const char *text, size_t length);

#endif
