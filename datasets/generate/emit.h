/* emit.h - a record of any shape, as JSON or as MessagePack: maps, lists, texts and numbers in
 * turn.
 *
 * As writers do, it checks nothing: whoever writes a record keeps to the room that
 * tgr_gen_record_bytes gives, and to the depth below.
 */
#ifndef TGR_GENERATE_EMIT_H
#define TGR_GENERATE_EMIT_H

#include "datasets/generate/json_pieces.h"
#include "datasets/generate/msgpack_pieces.h"

#define TGR_GEN_DEPTH 16 /* containers inside each other */

/* Starts with where to write, and in what. */
typedef struct tgr_gen_emit {
    char *at;
    bool msgpack;
    bool keyed;     /* a key was written: its value comes next */
    unsigned depth; /* containers that are open */
    struct {
        bool map, begun;
    } open[TGR_GEN_DEPTH];
} tgr_gen_emit;

/* A comma, where one has to stand before what comes. */
static inline void tgr_gen_emit_separate(tgr_gen_emit *emit)
{
    if (!emit->msgpack && !emit->keyed && emit->depth > 0) {
        if (emit->open[emit->depth - 1].begun) {
            *emit->at++ = ',';
        }
        emit->open[emit->depth - 1].begun = true;
    }
    emit->keyed = false;
}

static inline void tgr_gen_emit_text(tgr_gen_emit *emit, const char *text, size_t length)
{
    tgr_gen_emit_separate(emit);
    emit->at = emit->msgpack ? tgr_gen_msgpack_string(emit->at, text, length)
                             : tgr_gen_json_string(emit->at, text, length);
}

static inline void tgr_gen_emit_word(tgr_gen_emit *emit, const char *word)
{
    tgr_gen_emit_text(emit, word, strlen(word));
}

static inline void tgr_gen_emit_key(tgr_gen_emit *emit, const char *key)
{
    tgr_gen_emit_word(emit, key);
    if (!emit->msgpack) {
        *emit->at++ = ':';
    }
    emit->keyed = true;
}

static inline void tgr_gen_emit_open(tgr_gen_emit *emit, bool map, size_t count)
{
    tgr_gen_emit_separate(emit);
    if (!emit->msgpack) {
        *emit->at++ = map ? '{' : '[';
    } else {
        emit->at =
            map ? tgr_gen_msgpack_map(emit->at, count) : tgr_gen_msgpack_array(emit->at, count);
    }
    emit->open[emit->depth].map = map;
    emit->open[emit->depth++].begun = false;
}

/* `pairs` and `items` are what will be written; MessagePack says so beforehand. */
static inline void tgr_gen_emit_map(tgr_gen_emit *emit, size_t pairs)
{
    tgr_gen_emit_open(emit, true, pairs);
}

static inline void tgr_gen_emit_list(tgr_gen_emit *emit, size_t items)
{
    tgr_gen_emit_open(emit, false, items);
}

static inline void tgr_gen_emit_end(tgr_gen_emit *emit)
{
    bool map = emit->open[--emit->depth].map;
    if (!emit->msgpack) {
        *emit->at++ = map ? '}' : ']';
    }
}

static inline void tgr_gen_emit_unsigned(tgr_gen_emit *emit, uint64_t value)
{
    tgr_gen_emit_separate(emit);
    emit->at = emit->msgpack ? tgr_gen_msgpack_unsigned(emit->at, value)
                             : tgr_gen_json_unsigned(emit->at, value);
}

static inline void tgr_gen_emit_dollars(tgr_gen_emit *emit, uint64_t picodollars)
{
    tgr_gen_emit_separate(emit);
    emit->at = emit->msgpack ? tgr_gen_msgpack_real(emit->at, (double)picodollars / TGR_GEN_PICO)
                             : tgr_gen_json_dollars(emit->at, picodollars);
}

/* A key and its text: most of what there is. */
static inline void tgr_gen_emit_pair(tgr_gen_emit *emit, const char *key, const char *word)
{
    tgr_gen_emit_key(emit, key);
    tgr_gen_emit_word(emit, word);
}

static inline void tgr_gen_emit_count(tgr_gen_emit *emit, const char *key, uint64_t value)
{
    tgr_gen_emit_key(emit, key);
    tgr_gen_emit_unsigned(emit, value);
}

#endif
