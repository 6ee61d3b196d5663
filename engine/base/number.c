/* number.c - shortest round-trip text of a number.
 *
 * printf and strtod follow the locale's decimal point; the library never calls setlocale, but a
 * program that links it may, so a comma is turned back.
 */
#include "engine/base/number.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/digits.h"

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

/* What "%.*g" writes of a number whose digits these are: 0.d1d2... x 10^point. */
static size_t put_digits(char *text, bool negative, const char *digits, int count, int point,
                         int precision)
{
    char *to = text;
    if (negative) {
        *to++ = '-';
    }
    if (point < -3 || point > precision) { /* one digit before the point, and an exponent */
        *to++ = digits[0];
        if (count > 1) {
            *to++ = '.';
            memcpy(to, digits + 1, (size_t)count - 1);
            to += count - 1;
        }
        return (size_t)(to - text) + (size_t)sprintf(to, "e%+03d", point - 1);
    }
    if (point <= 0) {
        static const char zeros[] = "0.000";
        memcpy(to, zeros, (size_t)(2 - point));
        to += 2 - point;
    }
    for (int i = 0; i < count || i < point; i++) {
        if (i == point && i > 0) {
            *to++ = '.';
        }
        *to++ = i < count ? digits[i] : '0';
    }
    *to = '\0';
    return (size_t)(to - text);
}

/* Numbers below the normal ones have fewer digits than "%g" would write. */
static size_t put_slowly(char *text, double value, bool single, int least, int most)
{
    int length = 0;
    for (int digits = least; digits <= most; digits++) {
        length = snprintf(text, TGR_NUMBER_SIZE, "%.*g", digits, value);
        if (single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value) {
            break;
        }
    }
    undo_locale(text);
    return (size_t)length;
}

size_t tgr_number_double(char *text, double value)
{
    char digits[TGR_DIGITS_MOST];
    int point;
    if (!isfinite(value)) {
        return put_null(text);
    }
    if (!isnormal(value) && value != 0) {
        return put_slowly(text, value, false, DBL_DIG, DBL_DECIMAL_DIG);
    }
    int count = tgr_digits_double(value, digits, &point);
    return put_digits(text, signbit(value), digits, count, point,
                      count > DBL_DIG ? count : DBL_DIG);
}

size_t tgr_number_float(char *text, float value)
{
    char digits[TGR_DIGITS_MOST];
    int point;
    if (!isfinite(value)) {
        return put_null(text);
    }
    if (!isnormal(value) && value != 0) {
        return put_slowly(text, (double)value, true, FLT_DIG, FLT_DECIMAL_DIG);
    }
    int count = tgr_digits_float(value, digits, &point);
    return put_digits(text, signbit(value), digits, count, point,
                      count > FLT_DIG ? count : FLT_DIG);
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
