/* outcomes.c - who judged what: a record a pair, checked. */
#include "engine/judgements/outcomes.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/number.h"
#include "engine/base/runtime.h"
#include "engine/base/weight.h"
#include "engine/judgements/csv_read.h"
#include "engine/log/cutter.h"
#include "engine/log/json.h"
#include "engine/log/lookup.h"
#include "engine/log/record.h"

/* The keys of a judgement; columns of CSV have the same names. */
enum { ID, MODEL, OUTCOME, SCORE, WEIGHT, PROPENSITY, KEYS };
static const char *const keys[KEYS] = {"id", "model", "outcome", "score", "weight", "propensity"};

/* Fields as texts; bytes NULL: missing. Numbers are texts, too. */
typedef struct fields {
    tgr_text text[KEYS];
    char digits[KEYS][TGR_NUMBER_SIZE];
} fields;

/* A number between two others, or NaN where the key is missing; false where it is something else.
 */
static bool take_number(const tgr_text *text, double least, double most, double *number)
{
    char digits[TGR_NUMBER_SIZE];
    *number = NAN;
    if (text->bytes == NULL) {
        return true;
    }
    if (text->length >= sizeof digits) {
        return false;
    }
    memcpy(digits, text->bytes, text->length);
    digits[text->length] = '\0';
    return tgr_number_parse(digits, number) && isfinite((float)*number) && *number >= least &&
           *number <= most;
}

/* -1 where there is none. */
static int8_t outcome_of(const tgr_text *name)
{
    static const char *const names[] = {"loss", "tie", "win"};
    for (int8_t i = 0; name->bytes != NULL && i < 3; i++) {
        if (name->length == strlen(names[i]) && memcmp(name->bytes, names[i], name->length) == 0) {
            return i;
        }
    }
    return -1;
}

/* What is wrong with a judgement; NULL: nothing. */
static const char *judge(const fields *found, tgr_pair_judgement *pair)
{
    const tgr_text *text = found->text;
    double score, weight, propensity;
    if (!take_number(&text[SCORE], -HUGE_VAL, HUGE_VAL, &score)) {
        return "\"score\" is not a finite number";
    }
    if (!take_number(&text[WEIGHT], TGR_WEIGHT_LEAST, TGR_WEIGHT_MOST, &weight)) {
        return "\"weight\" is not a number from 2^-20 to 2^20";
    }
    if (!take_number(&text[PROPENSITY], TGR_CHANCE_LEAST, 1, &propensity)) {
        return "\"propensity\" is not a number from 2^-20 to 1";
    }
    *pair = (tgr_pair_judgement){.score = (float)score + 0.0f,
                                 .propensity = (float)propensity,
                                 .weight = weight,
                                 .outcome = outcome_of(&text[OUTCOME])};
    return text[ID].bytes == NULL || text[ID].length > TGR_NAME_MAX
               ? "no \"id\" of at most 1024 bytes"
           : text[MODEL].bytes == NULL || text[MODEL].length > TGR_NAME_MAX
               ? "no \"model\" of at most 1024 bytes"
           : text[OUTCOME].bytes != NULL && pair->outcome < 0
               ? "\"outcome\" is not win, tie or loss"
           : isnan(score) && pair->outcome < 0 ? "neither \"outcome\" nor \"score\""
                                               : NULL;
}

static tgr_status add(tgr_judgements *judged, const fields *found, const char *where,
                      tgr_error *error)
{
    tgr_pair_judgement pair;
    const char *why = judge(found, &pair);
    const tgr_text *id = &found->text[ID], *model = &found->text[MODEL];
    if (why != NULL) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: %s", where, why);
    }
    return tgr_judgements_add(judged, id->bytes, id->length, model->bytes, model->length, &pair)
               ? TGR_OK
               : tgr_fail_memory(error, "judgements");
}

/* ---- records ------------------------------------------------------------------------------------
 */

/* A value as text; false where it is neither text nor number, or holds a NUL. */
static bool spell(const tgr_value *value, char digits[TGR_NUMBER_SIZE], tgr_text *text)
{
    double number;
    if (value->kind == TGR_STRING) {
        *text = (tgr_text){value->as.bytes, value->count};
        return memchr(value->as.bytes, '\0', value->count) == NULL;
    }
    if (value->kind == TGR_UNSIGNED) {
        snprintf(digits, TGR_NUMBER_SIZE, "%" PRIu64, value->as.unsigned_integer);
    } else if (value->kind == TGR_INTEGER) {
        snprintf(digits, TGR_NUMBER_SIZE, "%" PRId64, value->as.integer);
    } else if (tgr_value_number(value, &number)) {
        tgr_number_double(digits, number);
    } else {
        return false;
    }
    *text = (tgr_text){digits, strlen(digits)};
    return true;
}

static tgr_status take_item(const tgr_log_item *item, const char *where, tgr_judgements *judged,
                            tgr_error *error)
{
    fields found = {0};
    for (int i = 0; i < KEYS; i++) {
        uint32_t value = tgr_lookup(item->tape, item->root, keys[i]);
        if (value > 0 && !spell(&item->tape->values[value], found.digits[i], &found.text[i])) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "%s: \"%s\" is neither a number nor a text without NUL", where,
                            keys[i]);
        }
    }
    return add(judged, &found, where, error);
}

static tgr_status take_piece(tgr_log_parser *parser, const tgr_log_piece *piece, const char *name,
                             uint64_t *lines, tgr_judgements *judged, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_log_item item;
    char where[TGR_ERROR_MESSAGE_SIZE / 2];
    bool more = true;
    tgr_log_parser_begin(parser, piece);
    for (;;) {
        TGR_TRY(tgr_log_parser_next(parser, &item, &more, error));
        if (!more) {
            break;
        }
        item.line += item.line > 0 ? *lines : 0;
        tgr_log_place(name, &item, where, sizeof where);
        if (item.bad) {
            TGR_TRY(tgr_fail(error, TGR_ERR_INPUT, "%s: %s", where, item.why));
        }
        TGR_TRY(take_item(&item, where, judged, error));
    }
    *lines += tgr_log_parser_lines(parser);
done:
    return status;
}

static tgr_status read_records(const char *path, tgr_judgements *judged, const tgr_run *run,
                               tgr_error *error)
{
    const size_t most = (size_t)1 << 20; /* bytes of a record */
    tgr_log_cutter *cutter = NULL;
    tgr_log_piece piece = {0};
    tgr_log_parser *parser = tgr_log_parser_new(most);
    uint64_t lines = 0;
    tgr_status status = parser == NULL ? tgr_fail_memory(error, "a parser") : TGR_OK;
    if (status == TGR_OK) {
        status = tgr_log_cutter_open(path, TGR_LOG_AUTO, tgr_log_whole, most, run, &cutter, error);
    }
    for (bool more = true; status == TGR_OK && more;) {
        TGR_TRY(tgr_run_check(run, error));
        TGR_TRY(tgr_log_cutter_next(cutter, &piece, &more, error));
        TGR_TRY(take_piece(parser, &piece, tgr_source_name(tgr_log_cutter_source(cutter)), &lines,
                           judged, error));
    }
done:
    tgr_log_cutter_close(cutter);
    tgr_log_parser_free(parser);
    tgr_log_piece_free(&piece);
    return status;
}

/* ---- CSV ----------------------------------------------------------------------------------------
 */

/* Which column is which key, -1: there is none. */
static tgr_status read_head(const tgr_csv *csv, int column[KEYS], tgr_error *error)
{
    for (int key = 0; key < KEYS; key++) {
        column[key] = -1;
        for (size_t i = 0; i < csv->fields; i++) {
            size_t length;
            const char *name = tgr_csv_field(csv, i, &length);
            column[key] = strcmp(name, keys[key]) == 0 ? (int)i : column[key];
        }
    }
    return column[ID] >= 0 && column[MODEL] >= 0 && (column[OUTCOME] >= 0 || column[SCORE] >= 0)
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_INPUT,
                          "%s: the first line does not name the columns id, model, and outcome or "
                          "score",
                          tgr_source_name(csv->source));
}

static tgr_status take_row(const tgr_csv *csv, const int column[KEYS], tgr_judgements *judged,
                           tgr_error *error)
{
    fields found = {0};
    char where[TGR_ERROR_MESSAGE_SIZE / 2];
    snprintf(where, sizeof where, "%s: line %" PRIu64, tgr_source_name(csv->source), csv->line);
    for (int key = 0; key < KEYS; key++) {
        if (column[key] >= 0 && (size_t)column[key] < csv->fields) {
            tgr_text *text = &found.text[key];
            text->bytes = tgr_csv_field(csv, (size_t)column[key], &text->length);
            text->bytes = text->length > 0 ? text->bytes : NULL;
        }
    }
    if (!tgr_utf8_valid(csv->bytes.bytes, csv->bytes.length)) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: not valid UTF-8", where);
    }
    return add(judged, &found, where, error);
}

static tgr_status read_csv(tgr_csv *csv, tgr_judgements *judged, const tgr_run *run,
                           tgr_error *error)
{
    int column[KEYS];
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_csv_next(csv, error));
    if (csv->fields == 0) {
        return TGR_OK;
    }
    TGR_TRY(read_head(csv, column, error));
    for (;;) {
        TGR_TRY(tgr_run_check(run, error));
        TGR_TRY(tgr_csv_next(csv, error));
        if (csv->fields == 0) {
            break;
        }
        TGR_TRY(take_row(csv, column, judged, error));
    }
done:
    return status;
}

/* ---- both ---------------------------------------------------------------------------------------
 */

/* Records begin with a bracket, or as MessagePack's maps and arrays do. */
static bool is_csv(const char *bytes, size_t length)
{
    size_t at = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < length &&
           (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\r' || bytes[at] == '\n')) {
        at++;
    }
    unsigned char first = at < length ? (unsigned char)bytes[at] : '{';
    return first != '{' && first != '[' && first < 0x80;
}

tgr_status tgr_outcomes_read(const char *path, tgr_judgements *judged, const tgr_run *run,
                             tgr_error *error)
{
    tgr_csv *csv = tgr_mem_zalloc(1, sizeof *csv);
    tgr_status status = TGR_OK;
    if (csv == NULL) {
        return tgr_fail_memory(error, "a file of judgements");
    }
    TGR_TRY(tgr_source_open(path, run, &csv->source, error));
    TGR_TRY(tgr_source_read(csv->source, csv->block, sizeof csv->block, &csv->filled, error));
    if (is_csv(csv->block, csv->filled)) {
        csv->begun = true;
        csv->at = csv->filled >= 3 && memcmp(csv->block, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        status = read_csv(csv, judged, run, error);
    } else {
        status = read_records(path, judged, run, error);
    }
done:
    tgr_csv_free(csv);
    tgr_source_close(csv->source);
    tgr_mem_free(csv);
    return status;
}
