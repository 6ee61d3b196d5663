/* schema_numbered.c - messages that stand under numbered keys, as one list. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/log/lookup.h"
#include "engine/log/schema_parts.h"

#define PROMPT     "gen_ai.prompt."
#define COMPLETION "gen_ai.completion."
#define FUNCTIONS  "llm.request.functions."
#define DIGITS     9 /* of a message's number, at most */

static bool begins(const tgr_value *key, const char *start, size_t length)
{
    return key->count > length && memcmp(key->as.bytes, start, length) == 0;
}

#define BEGINS(key, literal) begins(key, literal, sizeof(literal) - 1)

/* The number behind `start` of a key, and what follows it and a dot. False where there is none. */
static bool split_key(const tgr_value *key, size_t start, uint32_t *number, tgr_text *rest)
{
    const char *at = key->as.bytes + start, *end = key->as.bytes + key->count;
    size_t digits = 0;
    *number = 0;
    for (; at < end && *at >= '0' && *at <= '9' && digits <= DIGITS; at++, digits++) {
        *number = *number * 10 + (uint32_t)(*at - '0');
    }
    if (digits == 0 || digits > DIGITS || at == end || *at != '.') {
        return false;
    }
    *rest = (tgr_text){at + 1, (size_t)(end - at) - 1};
    return true;
}

static bool rest_is(const tgr_text *rest, const char *word)
{
    return rest->length == strlen(word) && memcmp(rest->bytes, word, rest->length) == 0;
}

bool tgr_numbered_any(const tgr_tape *tape, uint32_t attributes)
{
    uint32_t key, value, number;
    tgr_text rest;
    for (tgr_pairs at = tgr_pairs_of(tape, attributes); tgr_pairs_next(&at, &key, &value);) {
        const tgr_value *name = &tape->values[key];
        if (BEGINS(name, PROMPT) && split_key(name, sizeof PROMPT - 1, &number, &rest)) {
            return true;
        }
    }
    return false;
}

/* ---- gathering ----------------------------------------------------------------------------------
 */

/* Whether a key tells of tools: offered, or used in a prompt or an answer. */
static bool tells_of_tools(const tgr_value *key)
{
    uint32_t number;
    tgr_text rest;
    size_t start = BEGINS(key, PROMPT)       ? sizeof PROMPT - 1
                   : BEGINS(key, COMPLETION) ? sizeof COMPLETION - 1
                                             : 0;
    return BEGINS(key, FUNCTIONS) ||
           (start > 0 && split_key(key, start, &number, &rest) && rest.length > 10 &&
            memcmp(rest.bytes, "tool_calls", 10) == 0);
}

static bool gather(tgr_reading *from, tgr_schema_reader *reader, uint32_t key, uint32_t value)
{
    const tgr_value *name = &from->values[key];
    uint32_t number;
    tgr_text rest;
    if (tells_of_tools(name)) {
        return tgr_schema_need(from, "function_calling");
    }
    if (!BEGINS(name, PROMPT) || !split_key(name, sizeof PROMPT - 1, &number, &rest) ||
        !(rest_is(&rest, "role") || rest_is(&rest, "content"))) {
        return true;
    }
    void *fields = tgr_reading_grow(from, reader->numbered, &reader->numbered_capacity,
                                    reader->numbered_count, sizeof *reader->numbered);
    if (fields == NULL) {
        return false;
    }
    reader->numbered = fields;
    reader->numbered[reader->numbered_count++] =
        (tgr_numbered_field){number, rest_is(&rest, "content"), value};
    return true;
}

/* By message; a role before its content; of a field that stands twice the last counts. */
static int by_place(const void *one, const void *other)
{
    const tgr_numbered_field *a = one, *b = other;
    return a->number != b->number     ? (a->number < b->number ? -1 : 1)
           : a->content != b->content ? (a->content < b->content ? -1 : 1)
                                      : (a->value > b->value) - (a->value < b->value);
}

/* ---- the list -----------------------------------------------------------------------------------
 */

static bool add_string(tgr_tape *to, const char *text, uint32_t length)
{
    tgr_value *made = tgr_tape_add(to);
    if (made != NULL) {
        *made = (tgr_value){
            .kind = TGR_STRING, .next = (uint32_t)to->count, .count = length, .as.bytes = text};
    }
    return made != NULL;
}

static bool add_field(tgr_reading *from, const tgr_numbered_field *field, tgr_tape *to)
{
    return (field->content ? add_string(to, "content", 7) : add_string(to, "role", 4)) &&
           tgr_otlp_plain(from->item->tape, field->value, to);
}

/* The fields of one message, from `at` on; *next is where those of the next begin. */
static bool add_message(tgr_reading *from, const tgr_schema_reader *reader, size_t at, size_t *next,
                        tgr_tape *to)
{
    const tgr_numbered_field *fields = reader->numbered;
    size_t count = reader->numbered_count, place = to->count;
    tgr_value *made = tgr_tape_add(to);
    uint32_t pairs = 0;
    bool added = made != NULL;
    if (added) {
        *made = (tgr_value){.kind = TGR_MAP};
    }
    for (*next = at; *next < count && fields[*next].number == fields[at].number; (*next)++) {
        const tgr_numbered_field *field = &fields[*next];
        bool again = *next + 1 < count && field[1].number == field->number &&
                     field[1].content == field->content;
        if (!again && added) {
            added = add_field(from, field, to);
            pairs++;
        }
    }
    if (added) {
        to->values[place].count = pairs;
        to->values[place].next = (uint32_t)to->count;
    }
    return added;
}

bool tgr_numbered_make(tgr_reading *from, tgr_schema_reader *reader, uint32_t attributes)
{
    tgr_tape *to = &reader->made;
    uint32_t key, value, messages = 0;
    bool made = true;
    reader->numbered_count = 0;
    for (tgr_pairs at = tgr_pairs_of(from->item->tape, attributes);
         made && tgr_pairs_next(&at, &key, &value);) {
        made = gather(from, reader, key, value);
    }
    if (made && reader->numbered_count > 0) {
        qsort(reader->numbered, reader->numbered_count, sizeof *reader->numbered, by_place);
    }
    tgr_tape_clear(to);
    tgr_value *list = made ? tgr_tape_add(to) : NULL;
    made = made && list != NULL;
    if (made) {
        *list = (tgr_value){.kind = TGR_ARRAY};
    }
    for (size_t at = 0, next; made && at < reader->numbered_count; at = next, messages++) {
        made = add_message(from, reader, at, &next, to);
    }
    if (made) {
        to->nul = from->item->tape->nul;
        to->values[0].count = messages;
        to->values[0].next = (uint32_t)to->count;
    }
    from->no_memory |= !made;
    return made;
}
