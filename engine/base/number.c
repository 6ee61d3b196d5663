/* number.c - shortest round-trip text of a number.
 *
 * printf and strtod follow the locale's decimal point; the library never calls setlocale, but a
 * program that links it may, so a comma is turned back.
 */
#include "engine/base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void undo_locale(char *text)
{
    char *comma = strchr(text, ',');
    if (comma != NULL) {
        *comma = '.';
    }
}

static size_t put_null(char *text)
{
    memcpy(text, "null", 5);
    return 4;
}

size_t tgr_number_double(char *text, double value)
{
    if (!isfinite(value)) {
        return put_null(text);
    }
    int length = 0;
    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(text, TGR_NUMBER_SIZE, "%.*g", digits, value);
        if (digits == 17 || strtod(text, NULL) == value) {
            break;
        }
    }
    undo_locale(text);
    return (size_t)length;
}

size_t tgr_number_float(char *text, float value)
{
    if (!isfinite(value)) {
        return put_null(text);
    }
    int length = 0;
    for (int digits = 6; digits <= 9; digits++) {
        length = snprintf(text, TGR_NUMBER_SIZE, "%.*g", digits, (double)value);
        if (digits == 9 || strtof(text, NULL) == value) {
            break;
        }
    }
    undo_locale(text);
    return (size_t)length;
}

bool tgr_number_parse(const char *text, double *value)
{
    /* strtod also takes spaces, hexadecimal, "inf" and "nan"; a number of ours starts and goes on
     * with these only. */
    if (text[0] == '\0' || text[strspn(text, "+-.0123456789eE")] != '\0') {
        return false;
    }
    char local[64];
    size_t length = strlen(text);
    if (length >= sizeof local) {
        return false;
    }
    memcpy(local, text, length + 1);
    char probe[8];
    snprintf(probe, sizeof probe, "%.1f", 0.5);
    char *point = strchr(local, '.');
    if (point != NULL) {
        *point = probe[1];
    }
    char *end = NULL;
    *value = strtod(local, &end);
    return end == local + length && isfinite(*value);
}
