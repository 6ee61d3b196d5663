/* answer.h - what a model answered, as a list of tags: lists of every kind that models write. */
#ifndef TGR_ENDPOINT_ANSWER_H
#define TGR_ENDPOINT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/log/json.h"

#define TGR_ANSWER_TAGS  64 /* tags of one answer: what comes after them is left out */
#define TGR_ANSWER_BYTES 96 /* of one tag, and */
#define TGR_ANSWER_WORDS 8  /* words: more is prose, and no tag */

/* Tags in the order of the answer, each once: UTF-8 without control characters, not blank, without
 * blanks around. Starts zeroed; memory is reused. */
typedef struct tgr_tags {
    tgr_buffer bytes; /* each tag and a NUL */
    size_t count;
} tgr_tags;

/* Starts zeroed. */
typedef struct tgr_answer_reader {
    tgr_json_parser *json;
    tgr_tape tape;
    tgr_buffer padded;
} tgr_answer_reader;

void tgr_answer_reader_free(tgr_answer_reader *reader);

/* Reads any bytes. cut_off: the answer was not finished, so the last of several tags may be half of
 * one and is left out. *refused (may be NULL): it reads as a refusal, and has no tags. Fails only
 * where memory is short. */
tgr_status tgr_answer_read(tgr_answer_reader *reader, const char *answer, size_t length,
                           bool cut_off, tgr_tags *tags, bool *refused);

#endif
