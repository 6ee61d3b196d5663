/* record.h - what tagroute keeps of one logged query, whatever the schema it came in. */
#ifndef TGR_LOG_RECORD_H
#define TGR_LOG_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/buffer.h"
#include "engine/base/number.h"
#include "engine/log/parser.h"

typedef struct tgr_text { /* bytes is NULL where the text is missing */
    const char *bytes;
    size_t length;
} tgr_text;

typedef struct tgr_tag_entry {
    tgr_text tag;
    double value; /* integer 1..65535 (as counted), or a finite weight other than 0 */
} tgr_tag_entry;

typedef struct tgr_model_entry {
    tgr_text model;
    float score, cost, completion_tokens; /* NaN missing */
    float propensity;                     /* the chance that it had of being asked; NaN missing */
    double weight;                        /* of the query; NaN missing */
    int8_t outcome;                       /* -1 missing, 0 loss, 1 tie, 2 win */
} tgr_model_entry;

/* Lists of names. */
typedef struct tgr_text_list {
    tgr_text *names;
    size_t count;
    size_t capacity;
    bool present; /* false where the key is missing or null, which differs from an empty list */
} tgr_text_list;

#define TGR_NAME_MAX      1024 /* bytes of an id, tag, category, split, model or listed name */
#define TGR_RECORD_MODELS 1024 /* models of one record */

/* Texts point into the tape, or for integer ids into the record itself. Arrays are reused from
 * record to record; start zeroed, end with tgr_record_free. */
typedef struct tgr_record {
    tgr_text id, text, category, split;
    double prompt_tokens;        /* NaN missing */
    double cached_prompt_tokens; /* of these, those that the provider had cached; NaN missing */
    double weight;               /* how many queries it stands for; NaN missing */
    tgr_text_list allow, deny, needs;
    tgr_tag_entry *tags; /* in the order logged; a tag may stand several times (values add up) */
    size_t tag_count, tag_capacity;
    bool has_tags; /* the key is there, if only with an empty list */
    tgr_model_entry *models;
    size_t model_count, model_capacity;              /* each model once */
    char id_digits[24];                              /* the text of an integer id */
    tgr_text logged_model;                           /* that served the query */
    double logged_cost;                              /* USD, NaN missing */
    tgr_text kept[TGR_KEEP_MAX];                     /* fields that were asked for */
    char kept_digits[TGR_KEEP_MAX][TGR_NUMBER_SIZE]; /* their texts where they are numbers */
    tgr_skip_reason skip;                            /* TGR_SKIP_REASONS: it is a query */
    tgr_buffer joined;                               /* a text put together of several */
} tgr_record;

void tgr_record_free(tgr_record *record);

/* As a record without any key. Memory is kept. */
void tgr_record_clear(tgr_record *record);

/* Reads tagroute's own schema of a good item. Returns true, or false with item->bad, reason and why
 * set. Unknown keys are ignored; null is missing; of a key that stands twice the last counts. False
 * with *no_memory set where memory is short. */
bool tgr_record_from_log(tgr_log_item *item, tgr_record *record, bool *no_memory);

#endif
