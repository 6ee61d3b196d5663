/* write.h - records as bytes of a request log.
 *
 * Writers check nothing as they go: the caller brings tgr_gen_record_bytes(world) bytes of room,
 * and every part of a record is bounded.
 */
#ifndef TGR_GENERATE_WRITE_H
#define TGR_GENERATE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "datasets/generate/record.h"

/* What records are written as. */
typedef enum tgr_gen_schema {
    TGR_GEN_TAGROUTE, /* with all that is known of a query */
    TGR_GEN_LITELLM,  /* the others: one call, with the text, of one model */
    TGR_GEN_OPENAI,
    TGR_GEN_OTEL,
    TGR_GEN_LANGFUSE,
    TGR_GEN_SCHEMAS
} tgr_gen_schema;

/* What records hold beside their id, category, split, tokens and models. One at least is true. */
typedef struct tgr_gen_parts {
    bool text;
    bool tags;
    tgr_gen_schema schema; /* of tgr_gen_write_call_...; the others write tagroute's own */
} tgr_gen_parts;

/* Writes one record and returns where it ends. */
typedef char *(*tgr_gen_writer)(const tgr_gen_world *world, const tgr_gen_record *record,
                                tgr_gen_parts parts, char *at);

char *tgr_gen_write_jsonl(const tgr_gen_world *world, const tgr_gen_record *record,
                          tgr_gen_parts parts, char *at); /* a line */
char *tgr_gen_write_msgpack(const tgr_gen_world *world, const tgr_gen_record *record,
                            tgr_gen_parts parts, char *at); /* a map */

/* The same in another schema. */
char *tgr_gen_write_call_jsonl(const tgr_gen_world *world, const tgr_gen_record *record,
                               tgr_gen_parts parts, char *at);
char *tgr_gen_write_call_msgpack(const tgr_gen_world *world, const tgr_gen_record *record,
                                 tgr_gen_parts parts, char *at);

/* What stands before a record, and behind it, where it comes as an event of Fluentd's. */
char *tgr_gen_event_begin(bool msgpack, char *at);
char *tgr_gen_event_end(bool msgpack, char *at);

/* No record of the world is longer than this, in any format, schema or event. */
size_t tgr_gen_record_bytes(const tgr_gen_world *world);

#define TGR_GEN_ID_MAX 24
/* "q0000000012": ten digits, more where they are needed. Returns its length. */
size_t tgr_gen_id(uint64_t index, char id[TGR_GEN_ID_MAX]);

static inline char *tgr_gen_put(char *at, const char *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

/* For string literals, whose length the compiler knows. */
#define TGR_GEN_PUT(at, literal) tgr_gen_put(at, literal, sizeof(literal) - 1)

extern const char *const tgr_gen_outcome_names[3]; /* by tgr_gen_outcome */

#endif
