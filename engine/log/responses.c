/* responses.c - read before the requests, and held: a line of a Batch output file each, or of
 * Anthropic's results.
 */
#include "engine/log/responses.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/log/cutter.h"
#include "engine/log/lookup.h"
#include "engine/log/usage.h"

#define RECORD_MOST ((size_t)64 << 20) /* bytes */
#define SHOWN       3                  /* ids of no request */

bool tgr_responses_open(tgr_responses *responses)
{
    *responses = (tgr_responses){.ids = tgr_strings_new(), .models = tgr_strings_new()};
    return responses->ids != NULL && responses->models != NULL;
}

void tgr_responses_free(tgr_responses *responses)
{
    tgr_strings_free(responses->ids);
    tgr_strings_free(responses->models);
    tgr_mem_free(responses->list);
    tgr_mem_free(responses->seen);
    *responses = (tgr_responses){0};
}

/* ---- a response --------------------------------------------------------------------------------
 */

static bool is_response(const tgr_tape *tape, uint32_t root)
{
    static const char *const answers[] = {"response", "result", "error", NULL};
    static const char *const requests[] = {"body", "params", NULL};
    uint32_t id = tgr_lookup(tape, root, "custom_id");
    return id > 0 && tape->values[id].kind == TGR_STRING &&
           tgr_lookup_any(tape, root, answers) > 0 && tgr_lookup_any(tape, root, requests) == 0;
}

static bool has_failed(const tgr_tape *tape, uint32_t root)
{
    double status = tgr_lookup_amount(tape, tgr_lookup_path(tape, root, "response.status_code"));
    uint32_t type = tgr_lookup_path(tape, root, "result.type");
    return tgr_lookup(tape, root, "error") > 0 || status >= 400 ||
           (type > 0 && !tgr_value_is(&tape->values[type], "succeeded"));
}

/* Names are kept apart from the tape. */
static bool number_model(tgr_responses *responses, const tgr_tape *tape, uint32_t index,
                         uint32_t *model)
{
    const tgr_value *name = &tape->values[index];
    *model = TGR_STRING_NONE;
    if (index == 0 || name->kind != TGR_STRING || name->count == 0 || name->count > TGR_NAME_MAX ||
        memchr(name->as.bytes, '\0', name->count) != NULL) {
        return true;
    }
    *model = tgr_strings_add(responses->models, name->as.bytes, name->count);
    return *model != TGR_STRING_NONE;
}

static bool add(tgr_responses *responses, const tgr_tape *tape, uint32_t root)
{
    static const char *const models[] = {"response.body.model", "result.message.model", NULL};
    static const char *const usages[] = {"response.body.usage", "result.message.usage", NULL};
    const tgr_value *id = &tape->values[tgr_lookup(tape, root, "custom_id")];
    uint32_t before = tgr_strings_count(responses->ids);
    void *list = responses->list;
    bool enough =
        tgr_mem_grow(&list, &responses->capacity, (size_t)before + 1, sizeof *responses->list);
    responses->list = list;
    uint32_t number =
        enough ? tgr_strings_add(responses->ids, id->as.bytes, id->count) : TGR_STRING_NONE;
    if (number == TGR_STRING_NONE) {
        return false;
    }
    tgr_call call = {.prompt_tokens = NAN, .cached_tokens = NAN, .completion_tokens = NAN};
    tgr_response *response = &responses->list[number];
    tgr_usage_read(tape, tgr_lookup_any(tape, root, usages), &call);
    responses->repeated += number < before;
    *response = (tgr_response){.failed = has_failed(tape, root),
                               .prompt_tokens = call.prompt_tokens,
                               .cached_tokens = call.cached_tokens,
                               .completion_tokens = call.completion_tokens};
    return number_model(responses, tape, tgr_lookup_any(tape, root, models), &response->model);
}

/* ---- a file ------------------------------------------------------------------------------------
 */

/* A file, from its first record on. */
typedef struct reading {
    tgr_log_cutter *cutter;
    tgr_log_parser *parser;
    tgr_log_piece piece;
    uint64_t lines; /* before the piece */
    bool begun;
} reading;

static tgr_status open_file(reading *at, const char *path, tgr_log_format format,
                            const tgr_run *run, tgr_error *error)
{
    *at = (reading){.parser = tgr_log_parser_new(RECORD_MOST)};
    return at->parser == NULL ? tgr_fail_memory(error, "a parser")
                              : tgr_log_cutter_open(path, format, tgr_log_whole, RECORD_MOST, run,
                                                    &at->cutter, error);
}

static void close_file(reading *at)
{
    tgr_log_cutter_close(at->cutter);
    tgr_log_parser_free(at->parser);
    tgr_log_piece_free(&at->piece);
}

static tgr_status next_item(reading *at, const tgr_run *run, tgr_log_item *item, bool *more,
                            tgr_error *error)
{
    tgr_status status = TGR_OK;
    *more = false;
    if (at->begun) {
        TGR_TRY(tgr_log_parser_next(at->parser, item, more, error));
    }
    for (bool piece = true; !*more && piece;) {
        at->lines += at->begun ? tgr_log_parser_lines(at->parser) : 0;
        at->begun = false;
        TGR_TRY(tgr_run_check(run, error));
        TGR_TRY(tgr_log_cutter_next(at->cutter, &at->piece, &piece, error));
        if (piece) {
            at->begun = true;
            tgr_log_parser_begin(at->parser, &at->piece);
            TGR_TRY(tgr_log_parser_next(at->parser, item, more, error));
        }
    }
    if (*more && item->line > 0) {
        item->line += at->lines;
    }
done:
    return status;
}

tgr_status tgr_responses_begin(const char *path, tgr_log_format format, const tgr_run *run,
                               bool *begins, tgr_error *error)
{
    reading at;
    tgr_log_item item;
    tgr_error why;
    bool more = false;
    *begins = false;
    tgr_status status = open_file(&at, path, format, run, &why);
    if (status == TGR_OK) {
        status = next_item(&at, run, &item, &more, &why);
    }
    *begins = status == TGR_OK && more && !item.bad && is_response(item.tape, item.root);
    close_file(&at);
    return status == TGR_ERR_NOMEM || status == TGR_ERR_CANCELLED
               ? tgr_fail(error, status, "%s", why.message)
               : TGR_OK;
}

static tgr_status refuse(const reading *at, const tgr_log_item *item, tgr_error *error)
{
    char where[TGR_ERROR_MESSAGE_SIZE / 2];
    tgr_log_place(tgr_source_name(tgr_log_cutter_source(at->cutter)), item, where, sizeof where);
    return tgr_fail(error, TGR_ERR_INPUT, "%s: %s", where,
                    item->bad ? item->why
                              : "not a response, in a file that begins with responses; put "
                                "requests into files of their own");
}

tgr_status tgr_responses_read(tgr_responses *responses, const char *path, tgr_log_format format,
                              const tgr_run *run, tgr_error *error)
{
    reading at;
    tgr_log_item item;
    bool more = true;
    tgr_status status = open_file(&at, path, format, run, error);
    while (status == TGR_OK) {
        TGR_TRY(next_item(&at, run, &item, &more, error));
        if (!more) {
            break;
        }
        if (item.bad || !is_response(item.tape, item.root)) {
            TGR_TRY(refuse(&at, &item, error));
        }
        if (!add(responses, item.tape, item.root)) {
            TGR_TRY(tgr_fail_memory(error, "responses"));
        }
    }
done:
    close_file(&at);
    return status;
}

/* ---- requests -----------------------------------------------------------------------------------
 */

bool tgr_responses_settle(tgr_responses *responses)
{
    responses->seen = tgr_mem_zalloc(tgr_strings_count(responses->ids), sizeof *responses->seen);
    return responses->seen != NULL;
}

const tgr_response *tgr_responses_find(const tgr_responses *responses, const char *id,
                                       size_t length)
{
    uint32_t number = tgr_strings_find(responses->ids, id, length);
    return number == TGR_STRING_NONE ? NULL : &responses->list[number];
}

void tgr_responses_mark(tgr_responses *responses, const char *id, size_t length)
{
    uint32_t number = tgr_strings_find(responses->ids, id, length);
    if (number == TGR_STRING_NONE) {
        responses->waiting++;
    } else {
        responses->seen[number] = true;
        responses->answered++;
    }
}

/* Bytes of an id that are shown: whole characters. */
static int shown(const char *id, size_t length)
{
    size_t end = length > 60 ? 60 : length;
    while (end < length && end > 0 && ((unsigned char)id[end] & 0xc0) == 0x80) {
        end--;
    }
    return (int)end;
}

void tgr_responses_tell(const tgr_responses *responses, const tgr_run *run)
{
    char first[SHOWN * 72] = "";
    uint64_t alone = 0, failed = 0;
    uint32_t count = tgr_strings_count(responses->ids);
    for (uint32_t i = 0; i < count; i++) {
        failed += responses->list[i].failed;
        if (responses->seen[i] || responses->list[i].failed) {
            continue;
        }
        if (alone++ < SHOWN) {
            size_t at = strlen(first), length;
            const char *id = tgr_strings_get(responses->ids, i, &length);
            snprintf(first + at, sizeof first - at, "%s%.*s", alone > 1 ? ", " : "",
                     shown(id, length), id);
        }
    }
    tgr_run_message(run, TGR_NOTE,
                    "%" PRIu32 " responses: %" PRIu64 " queries have one, %" PRIu64
                    " have none, %" PRIu64 " responses say that the call failed",
                    count, responses->answered, responses->waiting, failed);
    if (alone > 0) {
        tgr_run_message(run, TGR_WARNING,
                        "%" PRIu64 " responses are to no request in the logs, such as %s", alone,
                        first);
    }
    if (responses->repeated > 0) {
        tgr_run_message(run, TGR_WARNING,
                        "%" PRIu64 " responses have the id of an earlier one, in whose place they "
                        "come: ids of several batches may mean different requests",
                        responses->repeated);
    }
}
