/* given_jsonl.c - decisions as JSON Lines: a model's name or number a line, or a map that has it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/elsewhere/given.h"
#include "engine/elsewhere/lines.h"
#include "engine/log/json.h"
#include "kernels/kernels.h"

typedef struct reading {
    tgr_given *given;
    tgr_lines lines;
    tgr_json_parser *parser;
    tgr_tape tape;
    char *name; /* room for one */
    size_t name_capacity;
} reading;

static tgr_status fail_line(const reading *work, const char *why, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT, "%s: %s: %s", work->given->path, work->lines.place, why);
}

static tgr_status read_name(reading *work, const tgr_value *value, int *model, tgr_error *error)
{
    void *name = work->name;
    if (!tgr_mem_grow(&name, &work->name_capacity, (size_t)value->count + 1, 1)) {
        return tgr_fail_memory(error, "a model's name");
    }
    work->name = name;
    memcpy(work->name, value->as.bytes, value->count);
    work->name[value->count] = '\0';
    return tgr_given_find(work->given, work->name, work->lines.place, model, error);
}

static tgr_status read_model(reading *work, const tgr_value *value, int *model, tgr_error *error)
{
    *model = TGR_UNDECIDED;
    switch (value->kind) {
    case TGR_NIL:
        return TGR_OK;
    case TGR_STRING:
        return read_name(work, value, model, error);
    case TGR_INTEGER:
        return tgr_given_number(work->given, value->as.integer, work->lines.place, model, error);
    case TGR_UNSIGNED: {
        uint64_t number = value->as.unsigned_integer;
        return tgr_given_number(work->given, number > INT64_MAX ? INT64_MAX : (int64_t)number,
                                work->lines.place, model, error);
    }
    default:
        return fail_line(work, "a decision is a model's name or number, or null", error);
    }
}

/* A list of one is a decision; longer ones are decisions at as many thresholds. */
static const tgr_value *only_of(const tgr_tape *tape, const tgr_value *list)
{
    return list->kind == TGR_ARRAY && list->count == 1 ? &tape->values[list - tape->values + 1]
                                                       : NULL;
}

typedef struct found {
    const tgr_value *model, *models, *id;
} found;

static found look_up(const tgr_tape *tape)
{
    found all = {NULL, NULL, NULL};
    uint32_t at = 1;
    for (uint32_t i = 0; i < tape->values[0].count; i++) {
        const tgr_value *key = &tape->values[at], *value = &tape->values[at + 1];
        if (tgr_value_is(key, "model")) {
            all.model = value;
        } else if (tgr_value_is(key, "models")) {
            all.models = value;
        } else if (tgr_value_is(key, "id")) {
            all.id = value;
        }
        at = value->next;
    }
    return all;
}

static tgr_status read_map(reading *work, tgr_error *error)
{
    found all = look_up(&work->tape);
    char number[32];
    const char *id = NULL;
    size_t length = 0;
    int model;
    if (all.model == NULL && all.models != NULL) {
        all.model = only_of(&work->tape, all.models);
        if (all.model == NULL) {
            return fail_line(work, "it has decisions at several thresholds; route at one of them",
                             error);
        }
    }
    if (all.model == NULL) {
        return fail_line(work, "it has no key 'model'", error);
    }
    if (all.id != NULL && all.id->kind == TGR_STRING) {
        id = all.id->as.bytes;
        length = all.id->count;
    } else if (all.id != NULL && all.id->kind == TGR_UNSIGNED) {
        length = (size_t)snprintf(number, sizeof number, "%" PRIu64, all.id->as.unsigned_integer);
        id = number;
    }
    tgr_status status = read_model(work, all.model, &model, error);
    return status == TGR_OK ? tgr_given_add(work->given, model, id, length, error) : status;
}

static tgr_status read_line(reading *work, tgr_error *error)
{
    tgr_fault fault;
    int model;
    tgr_status status =
        tgr_json_parse(work->parser, work->lines.line, work->lines.length, &work->tape, &fault);
    if (status == TGR_ERR_NOMEM) {
        return tgr_fail_memory(error, "a decision");
    }
    if (status != TGR_OK) {
        return fail_line(work, fault.why, error);
    }
    if (work->tape.values[0].kind == TGR_MAP) {
        return read_map(work, error);
    }
    status = read_model(work, &work->tape.values[0], &model, error);
    return status == TGR_OK ? tgr_given_add(work->given, model, NULL, 0, error) : status;
}

tgr_status tgr_given_read_jsonl(tgr_given *given, const tgr_run *run, tgr_error *error)
{
    reading work = {.given = given};
    tgr_status status = TGR_OK;
    bool more = true;
    TGR_TRY(tgr_lines_open(&work.lines, given->path, run, error));
    work.parser = tgr_json_parser_new();
    if (work.parser == NULL) {
        TGR_TRY(tgr_fail_memory(error, given->path));
    }
    for (;;) {
        TGR_TRY(tgr_lines_next(&work.lines, &more, error));
        if (!more) {
            break;
        }
        TGR_TRY(read_line(&work, error));
    }
done:
    tgr_lines_close(&work.lines);
    tgr_json_parser_free(work.parser);
    tgr_tape_free(&work.tape);
    tgr_mem_free(work.name);
    return status;
}
