/* sheet.c - lines with aligned labels, and the JSON beside them. */
#include "engine/info/sheet.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LABEL_WIDTH 16

const char *tgr_sheet_grouped(char *text, uint64_t value)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, value);
    char *out = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            *out++ = ',';
        }
        *out++ = digits[i];
    }
    *out = '\0';
    return text;
}

const char *tgr_sheet_short(char *text, double value, int digits)
{
    if (isnan(value)) {
        return memcpy(text, "-", 2);
    }
    snprintf(text, 32, "%.*g", digits, value);
    return text;
}

void tgr_sheet_begin(tgr_sheet *sheet, const char *path, const char *title, const char *kind)
{
    tgr_buffer_format(&sheet->text, "%s: %s\n", path, title);
    tgr_json_begin(&sheet->json, &sheet->json_text, true);
    tgr_json_object(&sheet->json, NULL);
    tgr_json_string(&sheet->json, "kind", kind);
}

void tgr_sheet_end(tgr_sheet *sheet)
{
    tgr_json_end_object(&sheet->json);
    tgr_buffer_text(&sheet->json_text, "\n");
}

void tgr_sheet_free(tgr_sheet *sheet)
{
    tgr_buffer_free(&sheet->text);
    tgr_buffer_free(&sheet->json_text);
}

void tgr_sheet_line(tgr_sheet *sheet, const char *label, const char *format, ...)
{
    tgr_buffer_format(&sheet->text, "  %-*s", LABEL_WIDTH, label);
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (char *byte = line; *byte != '\0'; byte++) {
        if ((unsigned char)*byte < 0x20 || *byte == 0x7f) {
            *byte = '?'; /* names come from untrusted files, terminals obey control characters */
        }
    }
    tgr_buffer_format(&sheet->text, "%s\n", line);
}

void tgr_sheet_count(tgr_sheet *sheet, const char *label, const char *key, uint64_t value,
                     const char *note)
{
    char grouped[32];
    tgr_sheet_line(sheet, label, "%s%s%s", tgr_sheet_grouped(grouped, value), note ? "  " : "",
                   note ? note : "");
    tgr_json_unsigned(&sheet->json, key, value);
}

void tgr_sheet_text(tgr_sheet *sheet, const char *label, const char *key, const char *value)
{
    tgr_sheet_line(sheet, label, "%s", value == NULL ? "-" : value);
    tgr_json_string(&sheet->json, key, value);
}
