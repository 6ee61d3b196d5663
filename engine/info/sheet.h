/* sheet.h - a description written twice at once: lines for people, JSON for machines. */
#ifndef TGR_INFO_SHEET_H
#define TGR_INFO_SHEET_H

#include <stdint.h>

#include <tagroute/prices.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/base/json_write.h"

typedef struct tgr_sheet {
    tgr_buffer text;
    tgr_buffer json_text;
    tgr_json json;
} tgr_sheet;

void tgr_sheet_begin(tgr_sheet *sheet, const char *path, const char *title, const char *kind);
void tgr_sheet_end(tgr_sheet *sheet);
void tgr_sheet_free(tgr_sheet *sheet);

/* A line "label  value" and a JSON member. `note` stands behind the value; NULL: none. */
void tgr_sheet_count(tgr_sheet *sheet, const char *label, const char *key, uint64_t value,
                     const char *note);
void tgr_sheet_text(tgr_sheet *sheet, const char *label, const char *key, const char *value);
/* Only a line; the label may be "" to go on with the one before. */
void tgr_sheet_line(tgr_sheet *sheet, const char *label, const char *format, ...) TGR_PRINTF(3, 4);

/* 1234567 as "1,234,567" into text[32]. */
const char *tgr_sheet_grouped(char *text, uint64_t value);

/* A number in at most `digits` significant digits, "-" where it is NaN, into text[32]. */
const char *tgr_sheet_short(char *text, double value, int digits);

/* Each describes an already opened or named file on the sheet. prices: NULL, or those that a log's
 * recorded costs are compared with, and a router's models get. */
tgr_status tgr_describe_queries(tgr_sheet *sheet, const char *path, const tgr_price_options *prices,
                                const tgr_run *run, tgr_error *error);
tgr_status tgr_describe_router(tgr_sheet *sheet, const char *path, const tgr_price_options *prices,
                               const tgr_run *run, tgr_error *error);
tgr_status tgr_describe_vocabulary(tgr_sheet *sheet, const char *path, tgr_error *error);
tgr_status tgr_describe_decisions(tgr_sheet *sheet, const char *path, tgr_error *error);

/* Part of a description: a tagger's phrases and its mapping of tags, from its kind and its settings
 * as files carry them (router/tagger_settings.h). Phrases of a kind that is not known are left out.
 */
tgr_status tgr_describe_tagger(tgr_sheet *sheet, const char *kind, const tgr_buffer *pairs,
                               uint32_t count, tgr_error *error);

#endif
