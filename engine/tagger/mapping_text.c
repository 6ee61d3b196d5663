/* mapping_text.c - the mapping as a table to be edited by hand, written and read. */
#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/number.h"
#include "engine/tagger/mapping.h"

#define HEADER                                                                                     \
    "# tag, its canonical tag (nothing: the tag is dropped), times seen; divided by tabs\n"

/* ---- writing -------------------------------------------------------------------------------- */

static const char escapes[] = "\t\n\r\\", letters[] = "tnr\\";

static void write_tag(tgr_buffer *text, const char *tag, size_t length)
{
    if (length > 0 && tag[0] == '#') {
        tgr_buffer_add(text, "\\", 1);
    }
    for (size_t i = 0; i < length; i++) {
        const char *escape = strchr(escapes, tag[i]); /* tags hold no NUL */
        if (escape != NULL) {
            tgr_buffer_add(text, "\\", 1);
            tgr_buffer_add(text, &letters[escape - escapes], 1);
        } else {
            tgr_buffer_add(text, &tag[i], 1);
        }
    }
}

static void write_name(const tgr_mapping *mapping, uint32_t number, tgr_buffer *text)
{
    size_t length;
    const char *tag = tgr_strings_get(mapping->tags, number, &length);
    write_tag(text, tag, length);
}

void tgr_mapping_write(const tgr_mapping *mapping, const double *seen, tgr_buffer *text)
{
    tgr_buffer_text(text, HEADER);
    for (uint32_t i = 0; i < tgr_mapping_count(mapping); i++) {
        write_name(mapping, i, text);
        tgr_buffer_add(text, "\t", 1);
        if (mapping->canonical[i] != TGR_DROPPED) {
            write_name(mapping, mapping->canonical[i], text);
        }
        if (seen != NULL) {
            char number[TGR_NUMBER_SIZE];
            tgr_buffer_add(text, "\t", 1);
            tgr_buffer_add(text, number, tgr_number_double(number, seen[i]));
        }
        tgr_buffer_add(text, "\n", 1);
    }
}

/* ---- reading -------------------------------------------------------------------------------- */

typedef struct line {
    size_t number; /* from 1 */
    const char *bytes;
    size_t length;
} line;

typedef struct reader {
    const char *at, *end;
    line line;
    size_t *lines; /* of each tag: where it stands */
    size_t capacity;
    tgr_buffer tag, becomes; /* of the line, without escapes */
} reader;

/* The next line that says something; false at the end. */
static bool next_line(reader *in)
{
    while (in->at < in->end) {
        size_t left = (size_t)(in->end - in->at);
        const char *end = memchr(in->at, '\n', left);
        size_t length = end != NULL ? (size_t)(end - in->at) : left;
        in->line = (line){in->line.number + 1, in->at, length};
        in->at += end != NULL ? length + 1 : length;
        if (length > 0 && in->line.bytes[length - 1] == '\r') {
            in->line.length--;
        }
        if (in->line.length > 0 && in->line.bytes[0] != '#') {
            return true;
        }
    }
    return false;
}

static tgr_status complain(const reader *in, const char *why, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT, "line %zu: %s", in->line.number, why);
}

static bool is_text(const char *bytes, size_t length)
{
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t character;
        utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)bytes + at,
                                                 (utf8proc_ssize_t)(length - at), &character);
        if (step < 1 || character == 0) {
            return false;
        }
        at += (size_t)step;
    }
    return true;
}

/* Reads a column from *at on, up to a tab or the line's end, and steps over the tab. */
static tgr_status read_column(const reader *in, size_t *at, tgr_buffer *column, tgr_error *error)
{
    const line *from = &in->line;
    tgr_buffer_clear(column);
    for (; *at < from->length && from->bytes[*at] != '\t'; ++*at) {
        char byte = from->bytes[*at];
        if (byte == '\\') {
            char letter = ++*at < from->length ? from->bytes[*at] : '\0';
            const char *known = letter != '\0' ? strchr(letters, letter) : NULL;
            if (known == NULL && letter != '#') {
                return complain(in, "a backslash stands before t, n, r, # or another backslash",
                                error);
            }
            byte = known != NULL ? escapes[known - letters] : '#';
        }
        tgr_buffer_add(column, &byte, 1);
    }
    if (column->failed) {
        return tgr_fail_memory(error, "the mapping");
    }
    return is_text(column->bytes, column->length)
               ? TGR_OK
               : complain(in, "what stands here is not UTF-8 text", error);
}

/* Splits the line into in->tag and in->becomes. */
static tgr_status read_line(reader *in, tgr_error *error)
{
    size_t at = 0;
    tgr_status status = read_column(in, &at, &in->tag, error);
    if (status != TGR_OK) {
        return status;
    }
    if (in->tag.length == 0) {
        return complain(in, "a line begins with a tag, and here is none", error);
    }
    if (at == in->line.length) {
        return complain(in,
                        "there is no tab behind the tag; a line is a tag, a tab, and the tag that "
                        "it becomes, or nothing where it is dropped",
                        error);
    }
    at++;
    return read_column(in, &at, &in->becomes, error);
}

static void rewind_reader(reader *in, const char *text, size_t length)
{
    in->at = text;
    in->end = text + length;
    in->line = (line){0};
}

/* Numbers all tags; which they become is read when all are known. */
static tgr_status read_tags(reader *in, tgr_mapping *mapping, tgr_error *error)
{
    while (next_line(in)) {
        tgr_status status = read_line(in, error);
        if (status != TGR_OK) {
            return status;
        }
        uint32_t before = tgr_mapping_count(mapping);
        void *lines = in->lines;
        bool enough = tgr_mem_grow(&lines, &in->capacity, (size_t)before + 1, sizeof *in->lines);
        in->lines = lines;
        uint32_t number =
            enough ? tgr_mapping_add(mapping, in->tag.bytes, in->tag.length) : TGR_STRING_NONE;
        if (number == TGR_STRING_NONE) {
            return tgr_fail_memory(error, "the mapping");
        }
        if (number < before) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "line %zu: '%.200s' has a line already, line %zu; keep one of them",
                            in->line.number, in->tag.bytes, in->lines[number]);
        }
        in->lines[number] = in->line.number;
    }
    return TGR_OK;
}

static tgr_status read_canonical(reader *in, tgr_mapping *mapping, tgr_error *error)
{
    for (uint32_t i = 0; next_line(in); i++) {
        tgr_status status = read_line(in, error);
        if (status != TGR_OK) {
            return status;
        }
        mapping->canonical[i] = TGR_DROPPED;
        if (in->becomes.length == 0) {
            continue;
        }
        uint32_t number = tgr_strings_find(mapping->tags, in->becomes.bytes, in->becomes.length);
        if (number == TGR_STRING_NONE) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "line %zu: '%.200s' becomes '%.200s', which has no line of its own; "
                            "name a tag that has one, or add a line on which it stands for itself",
                            in->line.number, in->tag.bytes, in->becomes.bytes);
        }
        mapping->canonical[i] = number;
    }
    return TGR_OK;
}

/* Says on which line the first tag stands that leads nowhere. */
static tgr_status check(const reader *in, const tgr_mapping *mapping, tgr_error *error)
{
    for (uint32_t i = 0; i < tgr_mapping_count(mapping); i++) {
        uint32_t becomes = mapping->canonical[i];
        if (becomes != TGR_DROPPED && mapping->canonical[becomes] != becomes) {
            tgr_status status = tgr_mapping_check(mapping, error);
            tgr_error_prefix(error, "line %zu", in->lines[i]);
            return status;
        }
    }
    return TGR_OK;
}

tgr_status tgr_mapping_parse(const char *text, size_t length, tgr_mapping **mapping,
                             tgr_error *error)
{
    tgr_status status = TGR_OK;
    reader in = {0};
    tgr_mapping *made = tgr_mapping_new();
    *mapping = NULL;
    if (made == NULL) {
        return tgr_fail_memory(error, "the mapping");
    }
    rewind_reader(&in, text, length);
    TGR_TRY(read_tags(&in, made, error));
    rewind_reader(&in, text, length);
    TGR_TRY(read_canonical(&in, made, error));
    TGR_TRY(check(&in, made, error));
    *mapping = made;
    made = NULL;
done:
    tgr_mapping_free(made);
    tgr_buffer_free(&in.tag);
    tgr_buffer_free(&in.becomes);
    tgr_mem_free(in.lines);
    return status;
}
