/* answer_parts.h - what reading JSON and reading lists of text share. */
#ifndef TGR_ENDPOINT_ANSWER_PARTS_H
#define TGR_ENDPOINT_ANSWER_PARTS_H

#include "engine/endpoint/answer.h"

/* A part of an answer. */
typedef struct tgr_span {
    const char *bytes;
    size_t length;
} tgr_span;

bool tgr_span_begins(tgr_span span, const char *lower); /* ASCII letters in either case */
size_t tgr_span_find(tgr_span span, const char *text);  /* its length where it is not there */
tgr_span tgr_span_from(tgr_span span, size_t offset);
tgr_span tgr_span_until(tgr_span span, size_t length);
tgr_span tgr_span_trim(tgr_span span); /* without blanks and control characters around */

/* Adds a tag: quotes, marks and blanks around it are taken off. What is no tag is left out. */
void tgr_tags_add(tgr_tags *tags, tgr_span tag);
void tgr_tags_drop_last(tgr_tags *tags);

/* The tags of a text that is no JSON. */
void tgr_answer_list(tgr_span text, tgr_tags *tags);

bool tgr_answer_refuses(tgr_span text);

#endif
