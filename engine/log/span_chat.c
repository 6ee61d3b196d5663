/* span_chat.c - text is carried over; what a span writes in a form of its own is refused. */
#include "engine/log/span_chat.h"

#include <string.h>

#include "engine/base/number.h"
#include "engine/log/lookup.h"
#include "engine/log/schema_parts.h"

#define DIGITS 18 /* of an integer that is written as a text, at most */

/* What is being written. */
typedef struct writing {
    const tgr_tape *tape; /* that the messages are on */
    tgr_tape *to;
    bool numbered;   /* parts would stand in a text */
    bool no_memory;  /* likewise the next: it ends here */
    const char *why; /* it cannot be; NULL so far */
} writing;

static bool goes_on(const writing *at)
{
    return !at->no_memory && at->why == NULL;
}

static void add(writing *at, tgr_value value)
{
    tgr_value *made = at->no_memory ? NULL : tgr_tape_add(at->to);
    at->no_memory = made == NULL;
    if (made != NULL) {
        *made = value;
        made->next = (uint32_t)at->to->count;
    }
}

static void add_word(writing *at, const char *word)
{
    add(at, (tgr_value){.kind = TGR_STRING, .count = (uint32_t)strlen(word), .as.bytes = word});
}

/* A container; its children come next, and end_container says how many they were. */
static uint32_t begin_container(writing *at, tgr_value_kind kind)
{
    add(at, (tgr_value){.kind = kind});
    return (uint32_t)at->to->count - 1;
}

static void end_container(writing *at, uint32_t place, uint32_t count)
{
    if (!at->no_memory) {
        at->to->values[place].count = count;
        at->to->values[place].next = (uint32_t)at->to->count;
    }
}

static void copy(writing *at, const tgr_tape *tape, uint32_t index)
{
    at->no_memory = at->no_memory || !tgr_otlp_plain(tape, index, at->to);
}

/* ---- messages -----------------------------------------------------------------------------------
 */

/* The text of a part; 0 where it is none. */
static uint32_t text_of(const tgr_tape *tape, uint32_t part)
{
    static const char *const texts[] = {"content", "text", NULL};
    static const char *const types[] = {"text", NULL};
    const tgr_value *value = &tape->values[part];
    if (value->kind == TGR_STRING) {
        return part;
    }
    uint32_t text = value->kind == TGR_MAP ? tgr_lookup_any(tape, part, texts) : 0;
    return text > 0 && tape->values[text].kind == TGR_STRING &&
                   tgr_schema_is_one_of(tape, tgr_lookup(tape, part, "type"), types)
               ? text
               : 0;
}

/* One part of text is a text, several are parts. */
static void put_parts(writing *at, uint32_t parts)
{
    uint32_t count = at->tape->values[parts].count, part = parts + 1, list = 0;
    if (count != 1) {
        list = begin_container(at, TGR_ARRAY);
    }
    for (uint32_t i = 0; i < count && goes_on(at); i++) {
        uint32_t text = text_of(at->tape, part);
        if (text == 0) {
            at->why = "a part of a message is no text, and spans hold it in a form of their own";
        } else if (count == 1) {
            copy(at, at->tape, text);
        } else {
            uint32_t map = begin_container(at, TGR_MAP);
            add_word(at, "type");
            add_word(at, "text");
            add_word(at, "text");
            copy(at, at->tape, text);
            end_container(at, map, 2);
        }
        part = at->tape->values[part].next;
    }
    if (count != 1) {
        end_container(at, list, count);
    }
}

static void put_content(writing *at, uint32_t message)
{
    static const char *const contents[] = {"parts", "content", NULL};
    uint32_t content = tgr_lookup_any(at->tape, message, contents);
    const tgr_value *value = &at->tape->values[content];
    if (content > 0 && value->kind == TGR_ARRAY) {
        put_parts(at, content);
    } else if (content == 0 || value->kind != TGR_STRING) {
        at->why = "a message has no content";
    } else if (at->numbered && value->count > 0 && value->as.bytes[0] == '[') {
        at->why = "the parts of a message stand in a text";
    } else {
        copy(at, at->tape, content);
    }
}

static void put_message(writing *at, uint32_t message)
{
    uint32_t role = 0, map;
    if (at->tape->values[message].kind == TGR_MAP) {
        role = tgr_lookup(at->tape, message, "role");
    } else {
        at->why = "a message is no map";
        return;
    }
    map = begin_container(at, TGR_MAP);
    add_word(at, "role");
    if (role > 0 && at->tape->values[role].kind == TGR_STRING) {
        copy(at, at->tape, role);
    } else {
        add_word(at, "user");
    }
    add_word(at, "content");
    put_content(at, message);
    end_container(at, map, 2);
}

static void put_messages(writing *at, uint32_t list)
{
    uint32_t count = at->tape->values[list].count, message = list + 1;
    uint32_t place = begin_container(at, TGR_ARRAY);
    for (uint32_t i = 0; i < count && goes_on(at); i++) {
        put_message(at, message);
        message = at->tape->values[message].next;
    }
    end_container(at, place, count);
}

/* ---- parameters ---------------------------------------------------------------------------------
 */

/* An integer that OTLP has written as a text. */
static bool read_integer(const tgr_value *value, int64_t *integer)
{
    *integer = 0;
    if (value->kind != TGR_STRING || value->count == 0) {
        return false;
    }
    size_t at = value->as.bytes[0] == '-' ? 1 : 0;
    if (value->count == at || value->count > DIGITS + at) {
        return false;
    }
    for (size_t i = at; i < value->count; i++) {
        if (value->as.bytes[i] < '0' || value->as.bytes[i] > '9') {
            return false;
        }
        *integer = *integer * 10 + (value->as.bytes[i] - '0');
    }
    *integer = at == 1 ? -*integer : *integer;
    return true;
}

static void put_parameter(writing *at, const tgr_tape *tape, uint32_t value)
{
    int64_t integer;
    if (read_integer(&tape->values[value], &integer)) {
        add(at, integer < 0
                    ? (tgr_value){.kind = TGR_INTEGER, .as.integer = integer}
                    : (tgr_value){.kind = TGR_UNSIGNED, .as.unsigned_integer = (uint64_t)integer});
    } else {
        copy(at, tape, value);
    }
}

static void put_parameters(writing *at, const tgr_tape *tape, uint32_t attributes)
{
    static const char *const names[][2] = {
        {"gen_ai.request.temperature", "temperature"},
        {"gen_ai.request.top_p", "top_p"},
        {"gen_ai.request.max_tokens", "max_tokens"},
        {"gen_ai.request.frequency_penalty", "frequency_penalty"},
        {"gen_ai.request.presence_penalty", "presence_penalty"},
        {"gen_ai.request.seed", "seed"},
        {"gen_ai.request.stop_sequences", "stop"},
    };
    uint32_t place = begin_container(at, TGR_MAP), count = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint32_t value = tgr_lookup(tape, attributes, names[i][0]);
        if (value > 0) {
            add_word(at, names[i][1]);
            put_parameter(at, tape, value);
            count++;
        }
    }
    end_container(at, place, count);
}

const char *tgr_span_chat(const tgr_schema_reader *reader, const tgr_log_item *item,
                          const tgr_record *record, tgr_tape *to, uint32_t *messages,
                          uint32_t *parameters, bool *no_memory)
{
    writing at = {.tape = reader->list_tape, .to = to, .numbered = reader->list_numbered};
    *messages = *parameters = 0;
    if (reader->list_tape == NULL) {
        return NULL;
    }
    if (record->needs.count > 0) {
        return "it takes more than text, or tools, which spans hold in a form of their own";
    }
    uint32_t attributes = tgr_lookup(item->tape, item->root, "attributes");
    tgr_tape_clear(to);
    add(&at, (tgr_value){.kind = TGR_NIL}); /* place 0 is none */
    put_messages(&at, reader->list);
    *messages = 1;
    *parameters = (uint32_t)to->count;
    put_parameters(&at, item->tape, attributes > 0 ? attributes : item->root);
    *no_memory = at.no_memory;
    return at.why;
}
