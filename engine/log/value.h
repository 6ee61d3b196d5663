/* value.h - one parsed record, whatever it was written in: a flat tape of values.
 *
 * JSON and MessagePack both become this, so a schema is written once. Values stand in document
 * order; a container is followed by its children, and `next` steps over them. In a map, keys and
 * values alternate. Keys of a record's own map are strings; those of maps inside it may be anything
 * in MessagePack. Strings are checked UTF-8 and point into the parser's or the reader's buffer;
 * they live until the next record is read.
 */
#ifndef TGR_LOG_VALUE_H
#define TGR_LOG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <tagroute/ingest.h>

typedef enum tgr_value_kind {
    TGR_NIL,
    TGR_BOOLEAN,
    TGR_INTEGER,
    TGR_UNSIGNED,
    TGR_REAL,
    TGR_STRING,
    TGR_BINARY, /* MessagePack bin, or a MessagePack str that is not UTF-8 */
    TGR_ARRAY,
    TGR_MAP,
    TGR_EXTENSION
} tgr_value_kind;

typedef struct tgr_value {
    tgr_value_kind kind;
    uint32_t next;   /* index on the tape of the value after this one and its children */
    uint32_t count;  /* array: elements; map: pairs; string, binary, extension: bytes */
    int32_t subtype; /* extension: its type; binary: 1 where it is a str that is not UTF-8 */
    union {
        bool boolean;
        int64_t integer; /* negative integers; others are TGR_UNSIGNED */
        uint64_t unsigned_integer;
        double real;
        const char *bytes;
    } as;
} tgr_value;

#define TGR_VALUE_DEPTH 32         /* containers inside each other; deeper records are bad */
#define TGR_TAPE_MAX    (1u << 22) /* values of one record: a hostile one cannot fill memory */

typedef struct tgr_tape {
    tgr_value *values;
    size_t count;
    size_t capacity;
    bool invalid_text; /* somewhere on it stands a str that is not UTF-8 */
    bool other_keys;   /* somewhere on it stands a key that is not a string */
    bool nul;          /* some string on it may hold a NUL; else none does */
} tgr_tape;

/* Why something did not become a tape or a record; static text, never the record's own. */
typedef struct tgr_fault {
    tgr_bad_reason reason;
    const char *why;
} tgr_fault;

/* Sets the fault and returns TGR_ERR_INPUT. */
tgr_status tgr_fault_set(tgr_fault *fault, tgr_bad_reason reason, const char *why);

/* Room for `count` values in all; false where memory is short. */
bool tgr_tape_reserve(tgr_tape *tape, size_t count);
void tgr_tape_clear(tgr_tape *tape); /* memory is kept */
void tgr_tape_free(tgr_tape *tape);  /* back to {0} */

/* The next free value, or NULL where memory is short. */
static inline tgr_value *tgr_tape_add(tgr_tape *tape)
{
    if (tape->count == tape->capacity && !tgr_tape_reserve(tape, tape->count + 1)) {
        return NULL;
    }
    return &tape->values[tape->count++];
}

/* Whether a string or key equals a literal, whose length is known where it is asked. */
static inline bool tgr_value_is(const tgr_value *value, const char *text)
{
    size_t length = strlen(text);
    return value->kind == TGR_STRING && value->count == length &&
           memcmp(value->as.bytes, text, length) == 0;
}

/* A number of any kind as a double; false for anything else. */
bool tgr_value_number(const tgr_value *value, double *number);

/* Walks containers: index of the first child (array: element; map: key) is index + 1, and of what
 * follows a value is tape->values[index].next. */

#endif
