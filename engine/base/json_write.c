/* json_write.c - JSON text. */
#include "engine/base/json_write.h"

#include <inttypes.h>
#include <string.h>

#include "engine/base/number.h"

void tgr_json_quote(tgr_buffer *buffer, const char *text, size_t length)
{
    static const char hexadecimal[] = "0123456789abcdef";
    tgr_buffer_add(buffer, "\"", 1);
    size_t plain = 0; /* start of the run not yet copied */
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f) {
            continue;
        }
        tgr_buffer_add(buffer, text + plain, i - plain);
        plain = i + 1;
        if (byte == '"' || byte == '\\') {
            char escape[2] = {'\\', (char)byte};
            tgr_buffer_add(buffer, escape, 2);
        } else if (byte == '\n') {
            tgr_buffer_add(buffer, "\\n", 2);
        } else {
            char escape[6] = {'\\', 'u', '0', '0', hexadecimal[byte >> 4], hexadecimal[byte & 15]};
            tgr_buffer_add(buffer, escape, 6);
        }
    }
    tgr_buffer_add(buffer, text + plain, length - plain);
    tgr_buffer_add(buffer, "\"", 1);
}

static void new_line(tgr_json *json)
{
    if (json->pretty) {
        tgr_buffer_add(json->buffer, "\n", 1);
        for (int i = 0; i < json->depth; i++) {
            tgr_buffer_add(json->buffer, "  ", 2);
        }
    }
}

/* What stands before a value: comma, line, key. */
static void before_value(tgr_json *json, const char *key)
{
    if (json->depth > 0) {
        if (json->filled[json->depth - 1]) {
            tgr_buffer_add(json->buffer, json->pretty ? "," : ", ", json->pretty ? 1 : 2);
        }
        json->filled[json->depth - 1] = true;
        new_line(json);
    }
    if (key != NULL) {
        tgr_json_quote(json->buffer, key, strlen(key));
        tgr_buffer_add(json->buffer, ": ", 2);
    }
}

void tgr_json_begin(tgr_json *json, tgr_buffer *buffer, bool pretty)
{
    *json = (tgr_json){.buffer = buffer, .pretty = pretty};
}

static void open_level(tgr_json *json, const char *key, const char *bracket)
{
    before_value(json, key);
    tgr_buffer_add(json->buffer, bracket, 1);
    if (json->depth >= TGR_JSON_DEPTH) {
        json->buffer->failed = true; /* a nesting bug of the caller; the text must not be used */
        return;
    }
    json->filled[json->depth++] = false;
}

static void close_level(tgr_json *json, const char *bracket)
{
    if (json->depth == 0) {
        json->buffer->failed = true;
        return;
    }
    json->depth--;
    if (json->filled[json->depth]) {
        new_line(json);
    }
    tgr_buffer_add(json->buffer, bracket, 1);
}

void tgr_json_object(tgr_json *json, const char *key)
{
    open_level(json, key, "{");
}

void tgr_json_end_object(tgr_json *json)
{
    close_level(json, "}");
}

void tgr_json_array(tgr_json *json, const char *key)
{
    open_level(json, key, "[");
}

void tgr_json_end_array(tgr_json *json)
{
    close_level(json, "]");
}

void tgr_json_string_n(tgr_json *json, const char *key, const char *text, size_t length)
{
    before_value(json, key);
    tgr_json_quote(json->buffer, text, length);
}

void tgr_json_string(tgr_json *json, const char *key, const char *text)
{
    if (text != NULL) {
        tgr_json_string_n(json, key, text, strlen(text));
        return;
    }
    before_value(json, key);
    tgr_buffer_add(json->buffer, "null", 4);
}

void tgr_json_number(tgr_json *json, const char *key, double value)
{
    char text[TGR_NUMBER_SIZE];
    before_value(json, key);
    tgr_buffer_add(json->buffer, text, tgr_number_double(text, value));
}

void tgr_json_float(tgr_json *json, const char *key, float value)
{
    char text[TGR_NUMBER_SIZE];
    before_value(json, key);
    tgr_buffer_add(json->buffer, text, tgr_number_float(text, value));
}

void tgr_json_integer(tgr_json *json, const char *key, int64_t value)
{
    before_value(json, key);
    tgr_buffer_format(json->buffer, "%" PRId64, value);
}

void tgr_json_unsigned(tgr_json *json, const char *key, uint64_t value)
{
    before_value(json, key);
    tgr_buffer_format(json->buffer, "%" PRIu64, value);
}

void tgr_json_boolean(tgr_json *json, const char *key, bool value)
{
    before_value(json, key);
    tgr_buffer_text(json->buffer, value ? "true" : "false");
}
