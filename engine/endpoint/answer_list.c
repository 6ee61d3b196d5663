/* answer_list.c - tags of a text: by commas, by lines, numbered, with bullets; and refusals. */
#include "engine/endpoint/answer_parts.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* Takes the next line off a text. */
static tgr_span next_line(tgr_span *text)
{
    tgr_span line = tgr_span_until(*text, tgr_span_find(*text, "\n"));
    *text = tgr_span_from(*text, line.length + (line.length < text->length));
    return tgr_span_trim(line);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The length of "1.", "2)" or "(3)" at the front, before a blank; 0 where there is none. */
static size_t number_mark(tgr_span line)
{
    size_t at = line.length > 0 && line.bytes[0] == '(', digits = 0;
    while (at < line.length && is_digit(line.bytes[at]) && digits < 4) {
        at++;
        digits++;
    }
    if (digits == 0 || at >= line.length || strchr(".):", line.bytes[at]) == NULL) {
        return 0;
    }
    at++;
    return at < line.length && (line.bytes[at] == ' ' || line.bytes[at] == '\t') ? at : 0;
}

/* The length of what marks an item of a list at the front of a line. */
static size_t item_mark(tgr_span line)
{
    static const char *const bullets[] = {
        "- ",       "* ",           "+ ",          "\xe2\x80\xa2", "\xe2\x80\x93 ", "\xe2\x80\x94 ",
        "\xc2\xb7", "\xe2\x96\xaa", "\xe2\x97\x8f"};
    for (size_t i = 0; i < COUNT(bullets); i++) {
        if (tgr_span_begins(line, bullets[i])) {
            return strlen(bullets[i]);
        }
    }
    return number_mark(line);
}

static bool has_marks(tgr_span text)
{
    while (text.length > 0) {
        if (item_mark(next_line(&text)) > 0) {
            return true;
        }
    }
    return false;
}

/* Where the first of some texts stands. What comes after it is not looked at. */
static size_t find_first(tgr_span line, const char *const *texts, size_t count, size_t *length)
{
    *length = 0;
    for (size_t at = 0; at < line.length; at++) {
        tgr_span rest = tgr_span_from(line, at);
        for (size_t i = 0; i < count; i++) {
            if (tgr_span_begins(rest, texts[i])) {
                *length = strlen(texts[i]);
                return at;
            }
        }
    }
    return line.length;
}

/* An item of a marked list ends where its explanation begins. */
static tgr_span without_explanation(tgr_span item)
{
    static const char *const explanations[] = {
        ": ", ":*", "\xef\xbc\x9a", " - ", " \xe2\x80\x93 ", " \xe2\x80\x94 "};
    size_t length;
    return tgr_span_until(item, find_first(item, explanations, COUNT(explanations), &length));
}

/* Other lines may begin with words about what follows. */
static tgr_span without_introduction(tgr_span line)
{
    static const char *const colons[] = {": ", ":\t", "\xef\xbc\x9a"};
    static const char *const names[] = {"tags:", "tag:", "labels:", "keywords:"};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (tgr_span_begins(line, names[i])) {
            return tgr_span_from(line, strlen(names[i]));
        }
    }
    size_t length, at = find_first(line, colons, COUNT(colons), &length);
    if (at < line.length) {
        return tgr_span_from(line, at + length);
    }
    return line.length > 0 && line.bytes[line.length - 1] == ':' ? tgr_span_until(line, 0) : line;
}

/* A sentence that names no tags, such as "Let me know whether you need more." */
static bool is_sentence(tgr_span line)
{
    size_t blanks = 0;
    for (size_t i = 0; i < line.length; i++) {
        blanks += line.bytes[i] == ' ';
    }
    return blanks >= 3 && strchr(".!?", line.bytes[line.length - 1]) != NULL &&
           tgr_span_find(line, ",") == line.length;
}

/* Splits at commas and the like, and before '#' where every tag has one. */
static void add_items(tgr_span line, tgr_tags *tags)
{
    static const char *const separators[] = {
        ",", ";", "|", "\t", " #", "\xef\xbc\x8c", "\xe3\x80\x81", "\xef\xbc\x9b"};
    for (bool more = true; more && tags->count < TGR_ANSWER_TAGS;) {
        size_t length, at = find_first(line, separators, COUNT(separators), &length);
        tgr_span item = tgr_span_trim(tgr_span_until(line, at));
        if (tgr_span_begins(item, "and ")) {
            item = tgr_span_from(item, 4);
        }
        tgr_tags_add(tags, item);
        more = at < line.length;
        line = tgr_span_from(line, at + length);
    }
}

void tgr_answer_list(tgr_span text, tgr_tags *tags)
{
    bool marked = has_marks(text);
    while (text.length > 0 && tags->count < TGR_ANSWER_TAGS) {
        tgr_span line = next_line(&text);
        size_t mark = item_mark(line);
        if (line.length == 0 || (marked && mark == 0)) {
            continue; /* around a list stands what is no part of it */
        }
        line = marked ? without_explanation(tgr_span_from(line, mark)) : without_introduction(line);
        if (line.length > 0 && (marked || !is_sentence(line))) {
            add_items(line, tags);
        }
    }
}

bool tgr_answer_refuses(tgr_span text)
{
    static const char *const beginnings[] = {
        "i'm sorry",
        "i\xe2\x80\x99m sorry",
        "i am sorry",
        "sorry,",
        "sorry but",
        "i apologi",
        "my apologies",
        "i can't",
        "i can\xe2\x80\x99t",
        "i cannot",
        "i can not",
        "i'm unable",
        "i\xe2\x80\x99m unable",
        "i am unable",
        "i'm not able",
        "i\xe2\x80\x99m not able",
        "i am not able",
        "i won't",
        "i won\xe2\x80\x99t",
        "i will not",
        "i must decline",
        "i'm afraid",
        "unfortunately",
        "as an ai ",
        "\xe6\x8a\xb1\xe6\xad\x89",                         /* "sorry", in Chinese */
        "\xe5\xaf\xb9\xe4\xb8\x8d\xe8\xb5\xb7",             /* "excuse me" */
        "\xe5\xbe\x88\xe6\x8a\xb1\xe6\xad\x89",             /* "very sorry" */
        "\xe6\x88\x91\xe6\x97\xa0\xe6\xb3\x95",             /* "I am not able" */
        "\xe6\x88\x91\xe4\xb8\x8d\xe8\x83\xbd",             /* "I cannot" */
        "\xe4\xbd\x9c\xe4\xb8\xba\xe4\xb8\x80\xe4\xb8\xaa", /* "being a(n AI)" */
    };
    for (size_t i = 0; i < COUNT(beginnings); i++) {
        if (tgr_span_begins(text, beginnings[i])) {
            return true;
        }
    }
    return false;
}
