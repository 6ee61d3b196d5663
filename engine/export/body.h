/* body.h - the body of a request as the log holds it, with another model in it. */
#ifndef TGR_EXPORT_BODY_H
#define TGR_EXPORT_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/buffer.h"
#include "engine/export/target.h"
#include "engine/log/schema.h"

/* What a body is made of: a record of a log, and what was read of it. */
typedef struct tgr_body_source {
    const tgr_tape *tape;
    uint32_t root;
    tgr_log_schema schema;    /* never AUTO */
    const tgr_record *record; /* for the text, where the log has no messages */
    const tgr_log_item *item; /* the record as it lies in the log, and who has read it */
    const tgr_schema_reader *reader;
    tgr_tape *room; /* for messages that are put together */
} tgr_body_source;

typedef struct tgr_body_options {
    const tgr_batch_target *target;
    const char *model;   /* what the provider calls it */
    uint32_t max_tokens; /* where Anthropic has to have one, and the request says nothing */
} tgr_body_options;

/* Appends the body as one line of JSON. NULL, or why it cannot be (static text); the buffer then
 * holds something unfinished. *from_text: it was made of the record's text alone. */
const char *tgr_body_write(const tgr_body_source *from, const tgr_body_options *options,
                           tgr_buffer *buffer, bool *from_text);

/* ---- between body.c and body_anthropic.c ---- */

/* Appends pairs of a map, each with a comma before it unless it is the first, but for some keys
 * (NULL behind the last). */
void tgr_body_pairs(const tgr_tape *tape, uint32_t map, const char *const *but, bool *first,
                    tgr_buffer *buffer, uint64_t *lost);

/* A chat request of OpenAI's shape as Anthropic's params. */
const char *tgr_body_anthropic(const tgr_tape *tape, uint32_t body, uint32_t messages,
                               const tgr_body_options *options, tgr_buffer *buffer, uint64_t *lost);

#endif
