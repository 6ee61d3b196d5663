/* record.c - tagroute's own schema: from a tape to a record, every value checked. */
#include "engine/log/record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/log/record_parts.h"

#define TAG_COUNT_MOST 65535
#define TOKENS_MOST    0x1p53 /* beyond, doubles do not count by ones */

bool tgr_reading_refuse(tgr_reading *from, tgr_bad_reason reason, const char *why)
{
    from->item->bad = true;
    from->item->reason = reason;
    snprintf(from->item->why, sizeof(from->item->why), "%s", why);
    return false;
}

void *tgr_reading_grow(tgr_reading *from, void *array, size_t *capacity, size_t count, size_t size)
{
    if (!tgr_mem_grow(&array, capacity, count + 1, size)) {
        from->no_memory = true;
        return NULL;
    }
    return array;
}

bool tgr_reading_text(const tgr_reading *from, const tgr_value *value, size_t longest,
                      tgr_text *text)
{
    if (value->kind != TGR_STRING || value->count > longest) {
        return false;
    }
    if (from->item->tape->nul && memchr(value->as.bytes, '\0', value->count)) {
        return false;
    }
    text->bytes = value->as.bytes;
    text->length = value->count;
    return true;
}

/* ---- tags -------------------------------------------------------------------------------------
 */

static bool add_tag(tgr_reading *from, const tgr_value *tag, double count)
{
    tgr_record *record = from->record;
    if (record->tag_count == record->tag_capacity) {
        void *tags = tgr_reading_grow(from, record->tags, &record->tag_capacity, record->tag_count,
                                      sizeof(*record->tags));
        if (!tags) {
            return false;
        }
        record->tags = tags;
    }
    tgr_tag_entry *entry = &record->tags[record->tag_count];
    if (!tgr_reading_text(from, tag, TGR_NAME_MAX, &entry->tag)) {
        return tgr_reading_refuse(from, TGR_BAD_TAGS,
                                  "a tag is not a string of at most 1024 bytes without NUL");
    }
    entry->value = count;
    record->tag_count += count != 0;
    return true;
}

static bool read_tag_list(tgr_reading *from, const tgr_value *list)
{
    const tgr_value *tag = list + 1;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!add_tag(from, tag, 1)) {
            return false;
        }
        tag = &from->values[tag->next];
    }
    return true;
}

/* A count or weight; 0 says that the tag is absent. */
static bool read_count(tgr_reading *from, const tgr_value *value, double *count)
{
    switch (value->kind) {
    case TGR_NIL:
        *count = 0;
        return true;
    case TGR_UNSIGNED:
        *count = (double)value->as.unsigned_integer;
        return value->as.unsigned_integer <= TAG_COUNT_MOST ||
               tgr_reading_refuse(from, TGR_BAD_TAGS, "a tag's count is above 65535");
    case TGR_INTEGER:
        return tgr_reading_refuse(from, TGR_BAD_TAGS, "a tag's count is negative");
    case TGR_REAL:
        *count = (float)value->as.real == 0 ? 0 : value->as.real;
        return isfinite((float)value->as.real) ||
               tgr_reading_refuse(from, TGR_BAD_TAGS, "a tag's weight is not finite in float32");
    default:
        return tgr_reading_refuse(from, TGR_BAD_TAGS, "a tag's count is not a number");
    }
}

static bool read_tag_map(tgr_reading *from, const tgr_value *map)
{
    const tgr_value *tag = map + 1;
    for (uint32_t i = 0; i < map->count; i++) {
        const tgr_value *value = &from->values[tag->next];
        double count;
        if (!read_count(from, value, &count) || !add_tag(from, tag, count)) {
            return false;
        }
        tag = &from->values[value->next];
    }
    return true;
}

static bool read_tags(tgr_reading *from, const tgr_value *value)
{
    from->record->has_tags = true;
    switch (value->kind) {
    case TGR_ARRAY:
        return read_tag_list(from, value);
    case TGR_MAP:
        return read_tag_map(from, value);
    default:
        return tgr_reading_refuse(from, TGR_BAD_TAGS,
                                  "\"tags\" is neither a list of tags nor a map of counts");
    }
}

/* ---- the other keys -----------------------------------------------------------------------------
 */

bool tgr_reading_id(tgr_reading *from, const tgr_value *value)
{
    tgr_record *record = from->record;
    int length;
    if (value->kind == TGR_UNSIGNED) {
        length = snprintf(record->id_digits, sizeof(record->id_digits), "%llu",
                          (unsigned long long)value->as.unsigned_integer);
    } else if (value->kind == TGR_INTEGER) {
        length = snprintf(record->id_digits, sizeof(record->id_digits), "%lld",
                          (long long)value->as.integer);
    } else {
        return tgr_reading_text(from, value, TGR_NAME_MAX, &record->id);
    }
    record->id.bytes = record->id_digits;
    record->id.length = (size_t)length;
    return true;
}

static bool read_tokens(const tgr_value *value, double *tokens)
{
    double number;
    if (!tgr_value_number(value, &number) || !(number >= 0 && number <= TOKENS_MOST)) {
        return false;
    }
    *tokens = number + 0.0; /* which makes a negative zero positive */
    return true;
}

static bool read_list(tgr_reading *from, const tgr_value *value, tgr_text_list *list)
{
    list->present = true;
    if (value->kind != TGR_ARRAY) {
        return false;
    }
    const tgr_value *element = value + 1;
    for (uint32_t i = 0; i < value->count; i++) {
        void *names =
            tgr_reading_grow(from, list->names, &list->capacity, list->count, sizeof(*list->names));
        if (!names) {
            return false;
        }
        list->names = names;
        if (!tgr_reading_text(from, element, TGR_NAME_MAX, &list->names[list->count])) {
            return false;
        }
        list->count++;
        element = &from->values[element->next];
    }
    return true;
}

/* ---- the map of them all ------------------------------------------------------------------------
 */

typedef enum field_kind {
    FIELD_ID,
    FIELD_NAME, /* tgr_text of at most TGR_NAME_MAX bytes */
    FIELD_TEXT, /* tgr_text of any length */
    FIELD_TOKENS,
    FIELD_WEIGHT,
    FIELD_LIST,
    FIELD_TAGS,
    FIELD_MODELS
} field_kind;

typedef struct field {
    size_t offset; /* in tgr_record */
    field_kind kind;
    const char *why; /* where one sentence tells all that may be wrong */
} field;

#define FIELD(name) offsetof(tgr_record, name)

static const field id_field = {
    FIELD(id), FIELD_ID,
    "\"id\" is neither an integer nor a string of at most 1024 bytes without NUL"};
static const field text_field = {FIELD(text), FIELD_TEXT, "\"text\" is not a string without NUL"};
static const field tags_field = {FIELD(tags), FIELD_TAGS, NULL};
static const field category_field = {
    FIELD(category), FIELD_NAME, "\"category\" is not a string of at most 1024 bytes without NUL"};
static const field split_field = {FIELD(split), FIELD_NAME,
                                  "\"split\" is not a string of at most 1024 bytes without NUL"};
static const field tokens_field = {FIELD(prompt_tokens), FIELD_TOKENS,
                                   "\"prompt_tokens\" is not a number from 0 to 2^53"};
static const field cached_field = {FIELD(cached_prompt_tokens), FIELD_TOKENS,
                                   "\"cached_prompt_tokens\" is not a number from 0 to 2^53"};
static const field weight_field = {FIELD(weight), FIELD_WEIGHT,
                                   "\"weight\" is not a number from 2^-20 to 2^20"};
static const field models_field = {FIELD(models), FIELD_MODELS, NULL};
static const field allow_field = {
    FIELD(allow), FIELD_LIST, "\"allow\" is not a list of names of at most 1024 bytes without NUL"};
static const field deny_field = {
    FIELD(deny), FIELD_LIST, "\"deny\" is not a list of names of at most 1024 bytes without NUL"};
static const field needs_field = {
    FIELD(needs), FIELD_LIST, "\"needs\" is not a list of names of at most 1024 bytes without NUL"};

static const field *const fields[] = {
    &id_field,     &text_field,  &tags_field, &category_field, &split_field,  &tokens_field,
    &models_field, &allow_field, &deny_field, &needs_field,    &cached_field, &weight_field,
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* The field of a key, NULL where tagroute has none of that name. */
static const field *find_field(const tgr_value *key)
{
    switch (key->count) {
    case 2:
        return TGR_KEY_IS(key, "id") ? &id_field : NULL;
    case 4:
        return TGR_KEY_IS(key, "tags")   ? &tags_field
               : TGR_KEY_IS(key, "text") ? &text_field
               : TGR_KEY_IS(key, "deny") ? &deny_field
                                         : NULL;
    case 5:
        return TGR_KEY_IS(key, "split")   ? &split_field
               : TGR_KEY_IS(key, "allow") ? &allow_field
               : TGR_KEY_IS(key, "needs") ? &needs_field
                                          : NULL;
    case 6:
        return TGR_KEY_IS(key, "models")   ? &models_field
               : TGR_KEY_IS(key, "weight") ? &weight_field
                                           : NULL;
    case 8:
        return TGR_KEY_IS(key, "category") ? &category_field : NULL;
    case 13:
        return TGR_KEY_IS(key, "prompt_tokens") ? &tokens_field : NULL;
    case 20:
        return TGR_KEY_IS(key, "cached_prompt_tokens") ? &cached_field : NULL;
    default:
        return NULL;
    }
}

/* As if the key were missing. */
static void forget(tgr_record *record, const field *known)
{
    void *slot = (char *)record + known->offset;
    switch (known->kind) {
    case FIELD_ID:
    case FIELD_NAME:
    case FIELD_TEXT:
        *(tgr_text *)slot = (tgr_text){NULL, 0};
        break;
    case FIELD_TOKENS:
    case FIELD_WEIGHT:
        *(double *)slot = NAN;
        break;
    case FIELD_LIST:
        ((tgr_text_list *)slot)->present = false;
        ((tgr_text_list *)slot)->count = 0;
        break;
    case FIELD_TAGS:
        record->has_tags = false;
        record->tag_count = 0;
        break;
    case FIELD_MODELS:
        record->model_count = 0;
        break;
    }
}

static bool read_slot(tgr_reading *from, const field *known, const tgr_value *value)
{
    void *slot = (char *)from->record + known->offset;
    switch (known->kind) {
    case FIELD_ID:
        return tgr_reading_id(from, value);
    case FIELD_NAME:
        return tgr_reading_text(from, value, TGR_NAME_MAX, slot);
    case FIELD_TEXT:
        return tgr_reading_text(from, value, SIZE_MAX, slot);
    case FIELD_TOKENS:
        return read_tokens(value, slot);
    case FIELD_WEIGHT:
        return tgr_reading_weight(value, slot);
    case FIELD_LIST:
        return read_list(from, value, slot);
    case FIELD_TAGS:
        return read_tags(from, value);
    case FIELD_MODELS:
        return tgr_reading_models(from, value);
    }
    return false;
}

/* Of a key that stands twice the last counts, so what an earlier one left is forgotten first. */
static bool read_pair(tgr_reading *from, const tgr_value *key, const tgr_value *value)
{
    const field *known = find_field(key);
    if (known == NULL) {
        return true;
    }
    forget(from->record, known);
    return value->kind == TGR_NIL || read_slot(from, known, value) ||
           (known->why && tgr_reading_refuse(from, TGR_BAD_FIELD, known->why));
}

static bool read_map(tgr_reading *from, const tgr_value *map)
{
    const tgr_value *key = map + 1;
    for (uint32_t i = 0; i < map->count; i++) {
        const tgr_value *value = &from->values[key->next];
        if (!read_pair(from, key, value)) {
            return false;
        }
        key = &from->values[value->next];
    }
    return true;
}

void tgr_record_clear(tgr_record *record)
{
    for (size_t i = 0; i < FIELDS; i++) {
        forget(record, fields[i]);
    }
    record->logged_model = (tgr_text){NULL, 0};
    record->logged_cost = NAN;
    memset(record->kept, 0, sizeof record->kept);
    record->skip = TGR_SKIP_REASONS;
}

bool tgr_record_from_log(tgr_log_item *item, tgr_record *record, bool *no_memory)
{
    tgr_reading from = {.values = item->tape->values, .record = record, .item = item};
    tgr_record_clear(record);
    bool good = read_map(&from, &from.values[item->root]) && tgr_reading_settle_weight(&from);
    *no_memory = from.no_memory;
    if (good && !record->has_tags && !record->text.bytes) {
        return tgr_reading_refuse(&from, TGR_BAD_EMPTY, "neither \"tags\" nor \"text\"");
    }
    return good;
}

void tgr_record_free(tgr_record *record)
{
    tgr_mem_free(record->tags);
    tgr_mem_free(record->models);
    tgr_mem_free(record->allow.names);
    tgr_mem_free(record->deny.names);
    tgr_mem_free(record->needs.names);
    tgr_buffer_free(&record->joined);
    memset(record, 0, sizeof(*record));
}
