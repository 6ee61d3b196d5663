/* answer_tag.c - one tag of an answer: what is taken off, and what is no tag. */
#include "engine/endpoint/answer_parts.h"

#include <string.h>

static char lower(char byte)
{
    return (char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
}

bool tgr_span_begins(tgr_span span, const char *text)
{
    size_t length = strlen(text);
    if (span.length < length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (lower(span.bytes[i]) != text[i]) {
            return false;
        }
    }
    return true;
}

size_t tgr_span_find(tgr_span span, const char *text)
{
    size_t length = strlen(text);
    const char *at = span.bytes, *end = span.bytes + span.length;
    while ((size_t)(end - at) >= length && (at = memchr(at, text[0], (size_t)(end - at))) != NULL) {
        if ((size_t)(end - at) >= length && memcmp(at, text, length) == 0) {
            return (size_t)(at - span.bytes);
        }
        at++;
    }
    return span.length;
}

tgr_span tgr_span_from(tgr_span span, size_t offset)
{
    return (tgr_span){span.bytes + offset, span.length - offset};
}

tgr_span tgr_span_until(tgr_span span, size_t length)
{
    return (tgr_span){span.bytes, length};
}

static bool is_blank(char byte)
{
    return (unsigned char)byte <= ' ' || byte == 0x7f;
}

tgr_span tgr_span_trim(tgr_span span)
{
    while (span.length > 0 && is_blank(span.bytes[0])) {
        span = tgr_span_from(span, 1);
    }
    while (span.length > 0 && is_blank(span.bytes[span.length - 1])) {
        span.length--;
    }
    return span;
}

/* Characters that stand around tags and are no part of them. */
static const char *const before_tag[] = {
    "\"",           "'",        "`",           "*", "[", "]", "{", "}", "#", "\xe2\x80\x9c",
    "\xe2\x80\x98", "\xc2\xab", "\xe3\x80\x8c"};
static const char *const after_tag[] = {"\"",
                                        "'",
                                        "`",
                                        "*",
                                        "[",
                                        "]",
                                        "{",
                                        "}",
                                        ".",
                                        ":",
                                        "\xe2\x80\x9d",
                                        "\xe2\x80\x99",
                                        "\xc2\xbb",
                                        "\xe3\x80\x8d",
                                        "\xe3\x80\x82"};
#define COUNT(list) (sizeof(list) / sizeof *(list))

static size_t marks_before(tgr_span tag)
{
    for (size_t i = 0; i < COUNT(before_tag); i++) {
        if (tgr_span_begins(tag, before_tag[i])) {
            return strlen(before_tag[i]);
        }
    }
    return 0;
}

static size_t marks_after(tgr_span tag)
{
    for (size_t i = 0; i < COUNT(after_tag); i++) {
        size_t length = strlen(after_tag[i]);
        if (tag.length >= length &&
            memcmp(tag.bytes + tag.length - length, after_tag[i], length) == 0) {
            return length;
        }
    }
    return 0;
}

static tgr_span take_off(tgr_span tag)
{
    for (size_t before = 1, after = 1; before + after > 0;) {
        tag = tgr_span_trim(tag);
        before = marks_before(tag);
        tag = tgr_span_from(tag, before);
        after = marks_after(tag);
        tag.length -= after;
    }
    return tag;
}

static bool says_nothing(tgr_span tag)
{
    static const char *const nothing[] = {"none", "n/a", "null", "no tags", "no tag", "etc"};
    for (size_t i = 0; i < COUNT(nothing); i++) {
        if (tag.length == strlen(nothing[i]) && tgr_span_begins(tag, nothing[i])) {
            return true;
        }
    }
    return false;
}

/* Appends it with single blanks; false where it has too many words. */
static bool append(tgr_buffer *bytes, tgr_span tag)
{
    size_t words = 1;
    for (size_t i = 0; i < tag.length; i++) {
        bool blank = is_blank(tag.bytes[i]);
        if (!blank) {
            tgr_buffer_add(bytes, tag.bytes + i, 1);
        } else if (!is_blank(tag.bytes[i + 1])) { /* a tag ends in none */
            tgr_buffer_add(bytes, " ", 1);
            words++;
        }
    }
    tgr_buffer_add(bytes, "", 1);
    return words <= TGR_ANSWER_WORDS;
}

static bool is_known(const tgr_tags *tags, size_t begin)
{
    const char *known = tags->bytes.bytes;
    for (size_t i = 0; i < tags->count; i++) {
        if (strcmp(known, tags->bytes.bytes + begin) == 0) {
            return true;
        }
        known += strlen(known) + 1;
    }
    return false;
}

void tgr_tags_add(tgr_tags *tags, tgr_span tag)
{
    size_t begin = tags->bytes.length;
    tag = take_off(tag);
    if (tag.length == 0 || tag.length > TGR_ANSWER_BYTES || tags->count == TGR_ANSWER_TAGS ||
        says_nothing(tag) || tgr_span_find(tag, "\xe3\x80\x82") < tag.length) {
        return;
    }
    bool fits = append(&tags->bytes, tag);
    if (tags->bytes.failed) {
        return;
    }
    if (!fits || is_known(tags, begin)) {
        tags->bytes.length = begin;
        return;
    }
    tags->count++;
}

void tgr_tags_drop_last(tgr_tags *tags)
{
    if (tags->count == 0) {
        return;
    }
    tags->bytes.length--; /* its NUL */
    while (tags->bytes.length > 0 && tags->bytes.bytes[tags->bytes.length - 1] != '\0') {
        tags->bytes.length--;
    }
    tags->count--;
}
