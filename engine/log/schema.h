/* schema.h - records of whatever schema as tagroute's own: one reader for all of a log.
 *
 * Each schema is a file of its own, schema_NAME.c, which takes from a record who was called with
 * what, and what that cost.
 */
#ifndef TGR_LOG_SCHEMA_H
#define TGR_LOG_SCHEMA_H

#include "engine/log/json.h"
#include "engine/log/record_parts.h"

struct tgr_responses;

typedef struct tgr_numbered_field { /* of a message under numbered keys */
    uint32_t number;
    bool content; /* else its role */
    uint32_t value;
} tgr_numbered_field;

typedef struct tgr_schema_reader {
    tgr_log_schema schema;
    tgr_chat_text text;
    const char *paths[TGR_KEEP_MAX]; /* fields to keep */
    size_t path_count;
    tgr_json_parser *json; /* of texts that hold JSON; made when first needed */
    tgr_tape tape;         /* of the last such text */
    char *padded;          /* a copy of it */
    size_t padded_capacity;
    tgr_tape made; /* messages put together of parts of the record's tape */
    tgr_numbered_field *numbered;
    size_t numbered_count, numbered_capacity;
    const tgr_tape *list_tape; /* of the record read last: where its messages are a list; or NULL */
    uint32_t list;
    bool list_numbered;                    /* they stood under numbered keys */
    const struct tgr_responses *responses; /* NULL, or those that stand apart from their requests */
} tgr_schema_reader;

void tgr_schema_reader_free(tgr_schema_reader *reader); /* harmless on a zeroed one */

/* Reads a good item by the reader's schema. As tgr_record_from_log, but where record->skip is set,
 * nothing else of the record counts. */
bool tgr_schema_read(tgr_schema_reader *reader, tgr_log_item *item, tgr_record *record,
                     bool *no_memory);

/* The schema of a record's map, told from its keys. */
tgr_log_schema tgr_schema_of(const tgr_tape *tape, uint32_t root);

/* ---- what the schemas share ---------------------------------------------------------------------
 */

/* A call as a schema found it on the tape; 0: it did not. Amounts are NaN where not known. */
typedef struct tgr_call {
    uint32_t id, model, messages, tools;
    uint32_t numbered; /* where messages stand under numbered keys: attributes */
    bool awaits;       /* its response may stand apart */
    double cost, prompt_tokens, cached_tokens, completion_tokens;
} tgr_call;

/* Each fills the call from the map at `root`, or sets record->skip. */
void tgr_schema_litellm(tgr_reading *from, uint32_t root, tgr_call *call);
void tgr_schema_openai(tgr_reading *from, uint32_t root, tgr_call *call);
void tgr_schema_otel(tgr_reading *from, uint32_t root, tgr_call *call);
void tgr_schema_langfuse(tgr_reading *from, uint32_t root, tgr_call *call);

/* Takes text and needs from messages: a string, a list or a map of OpenAI's, Anthropic's or
 * OpenTelemetry's kind, or JSON text of these. Sets record->skip where they hold no text. */
bool tgr_schema_messages(tgr_reading *from, tgr_schema_reader *reader, uint32_t messages);

/* The same where they stand under the numbered keys of attributes. */
bool tgr_schema_numbered(tgr_reading *from, tgr_schema_reader *reader, uint32_t attributes);

/* Adds to what a model has to be able to do for the query. */
bool tgr_schema_need(tgr_reading *from, const char *capability);

/* Whether a string is one of a list, NULL behind the last. */
bool tgr_schema_is_one_of(const tgr_tape *tape, uint32_t index, const char *const *names);

#endif
