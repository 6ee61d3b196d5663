/* schema.c - tells schemas apart, and makes records of the calls that they find. */
#include "engine/log/schema.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/log/lookup.h"
#include "engine/log/responses.h"

/* ---- which schema -------------------------------------------------------------------------------
 */

static bool begins_with(const tgr_value *key, const char *start)
{
    size_t length = strlen(start);
    return key->kind == TGR_STRING && key->count >= length &&
           memcmp(key->as.bytes, start, length) == 0;
}

/* What the keys of a record are, a bit each. */
enum {
    HAS_CALL_TYPE = 1 << 0,
    HAS_CUSTOM_ID = 1 << 1,
    HAS_ATTRIBUTES = 1 << 2,
    HAS_TRACE = 1 << 3,
    HAS_TYPE = 1 << 4,
    HAS_OWN = 1 << 5,
    HAS_MESSAGES = 1 << 6,
    HAS_GEN_AI = 1 << 7
};

static unsigned key_bit(const tgr_value *key)
{
    switch (key->count) {
    case 4:
        return TGR_KEY_IS(key, "text") || TGR_KEY_IS(key, "tags") ? HAS_OWN
               : TGR_KEY_IS(key, "type")                          ? HAS_TYPE
                                                                  : 0;
    case 7:
        return TGR_KEY_IS(key, "traceId") || TGR_KEY_IS(key, "context") ? HAS_TRACE : 0;
    case 8:
        return TGR_KEY_IS(key, "trace_id")   ? HAS_TRACE
               : TGR_KEY_IS(key, "messages") ? HAS_MESSAGES
                                             : 0;
    case 9:
        return TGR_KEY_IS(key, "call_type")   ? HAS_CALL_TYPE
               : TGR_KEY_IS(key, "custom_id") ? HAS_CUSTOM_ID
                                              : 0;
    case 10:
        return TGR_KEY_IS(key, "attributes") ? HAS_ATTRIBUTES : 0;
    case 23:
        return TGR_KEY_IS(key, "standard_logging_object") ? HAS_CALL_TYPE : 0;
    default:
        return 0;
    }
}

tgr_log_schema tgr_schema_of(const tgr_tape *tape, uint32_t root)
{
    const tgr_value *values = tape->values;
    unsigned has = 0;
    uint32_t at = root + 1;
    for (uint32_t i = 0; i < values[root].count; i++) {
        has |= key_bit(&values[at]) | (begins_with(&values[at], "gen_ai.") ? HAS_GEN_AI : 0);
        at = values[values[at].next].next;
    }
    bool span = (has & HAS_ATTRIBUTES && has & HAS_TRACE) || has & HAS_GEN_AI;
    return has & HAS_CALL_TYPE                      ? TGR_SCHEMA_LITELLM
           : has & HAS_CUSTOM_ID                    ? TGR_SCHEMA_OPENAI
           : span                                   ? TGR_SCHEMA_OTEL
           : has & HAS_TRACE && has & HAS_TYPE      ? TGR_SCHEMA_LANGFUSE
           : has & HAS_MESSAGES && !(has & HAS_OWN) ? TGR_SCHEMA_OPENAI
                                                    : TGR_SCHEMA_TAGROUTE;
}

/* ---- from a call to a record --------------------------------------------------------------------
 */

bool tgr_schema_is_one_of(const tgr_tape *tape, uint32_t index, const char *const *names)
{
    for (size_t i = 0; index > 0 && names[i] != NULL; i++) {
        if (tgr_value_is(&tape->values[index], names[i])) {
            return true;
        }
    }
    return false;
}

bool tgr_schema_need(tgr_reading *from, const char *capability)
{
    tgr_text_list *list = &from->record->needs;
    size_t length = strlen(capability);
    list->present = true;
    for (size_t i = 0; i < list->count; i++) {
        if (list->names[i].length == length &&
            memcmp(list->names[i].bytes, capability, length) == 0) {
            return true;
        }
    }
    void *names =
        tgr_reading_grow(from, list->names, &list->capacity, list->count, sizeof *list->names);
    if (names == NULL) {
        return false;
    }
    list->names = names;
    list->names[list->count++] = (tgr_text){capability, length};
    return true;
}

/* What serving the query took of the model that did. */
static bool take_served(tgr_reading *from, const tgr_call *call)
{
    tgr_record *record = from->record;
    if (record->logged_model.length == 0) {
        record->logged_model = (tgr_text){NULL, 0};
        return true;
    }
    record->logged_cost = call->cost;
    if (isnan(call->cost) && isnan(call->completion_tokens)) {
        return true;
    }
    tgr_model_entry *entry = tgr_reading_add_model(from, &record->logged_model);
    if (entry != NULL) {
        entry->cost = (float)call->cost;
        entry->completion_tokens = (float)call->completion_tokens;
    }
    return entry != NULL;
}

/* The model that served the query. */
static bool take_model(tgr_reading *from, const tgr_call *call)
{
    return call->model == 0 ||
           tgr_reading_text(from, &from->values[call->model], TGR_NAME_MAX,
                            &from->record->logged_model) ||
           tgr_reading_refuse(from, TGR_BAD_MODEL,
                              "the model is not a string of at most 1024 bytes without NUL");
}

/* What a response that stands apart from its request says of the call. */
static void take_response(tgr_record *record, const tgr_responses *responses, tgr_call *call)
{
    const tgr_response *found = tgr_responses_find(responses, record->id.bytes, record->id.length);
    if (found == NULL) {
        return;
    }
    if (found->failed) {
        record->skip = TGR_SKIP_FAILED;
    }
    if (found->model != TGR_STRING_NONE) {
        record->logged_model.bytes =
            tgr_strings_get(responses->models, found->model, &record->logged_model.length);
    }
    call->prompt_tokens = found->prompt_tokens;
    call->cached_tokens = found->cached_tokens;
    call->completion_tokens = found->completion_tokens;
}

static bool take_call(tgr_reading *from, tgr_schema_reader *reader, tgr_call *call)
{
    tgr_record *record = from->record;
    if (call->messages == 0 && call->numbered == 0) {
        record->skip = TGR_SKIP_NO_TEXT;
        return true;
    }
    if (call->id > 0 && !tgr_reading_id(from, &from->values[call->id])) {
        return tgr_reading_refuse(
            from, TGR_BAD_FIELD,
            "the id is neither an integer nor a string of at most 1024 bytes without NUL");
    }
    if (!take_model(from, call)) {
        return false;
    }
    if (reader->responses != NULL && call->awaits && record->id.bytes != NULL) {
        take_response(record, reader->responses, call);
    }
    if (record->skip != TGR_SKIP_REASONS) {
        return true;
    }
    record->prompt_tokens = call->prompt_tokens <= 0x1p53 ? call->prompt_tokens : (double)NAN;
    record->cached_prompt_tokens =
        call->cached_tokens <= 0x1p53 ? call->cached_tokens : (double)NAN;
    return take_served(from, call) &&
           (!tgr_lookup_filled(from->item->tape, call->tools) ||
            tgr_schema_need(from, "function_calling")) &&
           (call->messages > 0 ? tgr_schema_messages(from, reader, call->messages)
                               : tgr_schema_numbered(from, reader, call->numbered));
}

/* ---- fields that are kept -----------------------------------------------------------------------
 */

static void spell(const tgr_value *value, char digits[TGR_NUMBER_SIZE], tgr_text *text)
{
    switch (value->kind) {
    case TGR_BOOLEAN:
        snprintf(digits, TGR_NUMBER_SIZE, "%s", value->as.boolean ? "true" : "false");
        break;
    case TGR_INTEGER:
        snprintf(digits, TGR_NUMBER_SIZE, "%" PRId64, value->as.integer);
        break;
    case TGR_UNSIGNED:
        snprintf(digits, TGR_NUMBER_SIZE, "%" PRIu64, value->as.unsigned_integer);
        break;
    case TGR_REAL:
        tgr_number_double(digits, value->as.real);
        break;
    default:
        return;
    }
    *text = (tgr_text){digits, strlen(digits)};
}

static bool take_kept(tgr_reading *from, const tgr_schema_reader *reader)
{
    tgr_record *record = from->record;
    for (size_t i = 0; i < reader->path_count; i++) {
        uint32_t found = tgr_lookup_path(from->item->tape, from->item->root, reader->paths[i]);
        const tgr_value *value = &from->values[found];
        if (found > 0 && value->kind == TGR_STRING) {
            if (!tgr_reading_text(from, value, TGR_NAME_MAX, &record->kept[i])) {
                return tgr_reading_refuse(
                    from, TGR_BAD_FIELD,
                    "a field to keep has more than 1024 bytes, or holds a NUL");
            }
        } else if (found > 0) {
            spell(value, record->kept_digits[i], &record->kept[i]);
        }
    }
    return true;
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static bool read_foreign(tgr_reading *from, tgr_schema_reader *reader, tgr_log_schema schema)
{
    static void (*const schemas[TGR_SCHEMAS])(tgr_reading *, uint32_t, tgr_call *) = {
        [TGR_SCHEMA_LITELLM] = tgr_schema_litellm,
        [TGR_SCHEMA_OPENAI] = tgr_schema_openai,
        [TGR_SCHEMA_OTEL] = tgr_schema_otel,
        [TGR_SCHEMA_LANGFUSE] = tgr_schema_langfuse,
    };
    tgr_call call = {
        .cost = NAN, .prompt_tokens = NAN, .cached_tokens = NAN, .completion_tokens = NAN};
    tgr_record_clear(from->record);
    schemas[schema](from, from->item->root, &call);
    if (from->record->skip == TGR_SKIP_REASONS) {
        return take_call(from, reader, &call);
    }
    if (call.id > 0) { /* for those who list what was skipped */
        tgr_reading_id(from, &from->values[call.id]);
    }
    return true;
}

bool tgr_schema_read(tgr_schema_reader *reader, tgr_log_item *item, tgr_record *record,
                     bool *no_memory)
{
    tgr_reading from = {.values = item->tape->values, .record = record, .item = item};
    tgr_log_schema schema =
        reader->schema == TGR_SCHEMA_AUTO ? tgr_schema_of(item->tape, item->root) : reader->schema;
    reader->list_tape = NULL;
    bool good = schema == TGR_SCHEMA_TAGROUTE ? tgr_record_from_log(item, record, no_memory)
                                              : read_foreign(&from, reader, schema);
    good = good && (record->skip != TGR_SKIP_REASONS || take_kept(&from, reader));
    *no_memory = from.no_memory || (schema == TGR_SCHEMA_TAGROUTE && !good && *no_memory);
    return good && !from.no_memory;
}

void tgr_schema_reader_free(tgr_schema_reader *reader)
{
    tgr_json_parser_free(reader->json);
    tgr_tape_free(&reader->tape);
    tgr_tape_free(&reader->made);
    tgr_mem_free(reader->padded);
    tgr_mem_free(reader->numbered);
    *reader = (tgr_schema_reader){0};
}
