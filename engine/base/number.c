/* number.c - shortest round-trip text of a number.
 *
 * printf and strtod follow the locale's decimal point; the library never calls setlocale, but a
 * program that links it may, so a comma is turned back.
 */
#include "engine/base/number.h"

#include <math.h>
#include <stdint.h>
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

/* ---- floats of everyday size ----------------------------------------------------------- */

/* Between these %g writes no exponent, and all that is computed below is exact in double: a float
 * has 24 bits, and 10^12, the largest power needed, has 28 behind its zeros. */
#define EVERYDAY_LEAST 1.5e-4f
#define EVERYDAY_MOST  1e6f

static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};

/* Writes number / 10^decimals without zeros at its end. */
static size_t put_decimal(char *text, bool negative, uint64_t number, int decimals)
{
    char reversed[24];
    size_t count = 0, length = 0;
    while (decimals > 0 && number % 10 == 0) {
        number /= 10;
        decimals--;
    }
    for (int place = 0; number > 0 || place <= decimals; place++) {
        if (place == decimals && place > 0) {
            reversed[count++] = '.';
        }
        reversed[count++] = (char)('0' + number % 10);
        number /= 10;
    }
    if (negative) {
        text[length++] = '-';
    }
    while (count > 0) {
        text[length++] = reversed[--count];
    }
    text[length] = '\0';
    return length;
}

/* What the slow way below writes; 0 where that is left to it. */
static size_t put_everyday(char *text, float value)
{
    int exponent;
    float size = fabsf(value);
    if (!(size >= EVERYDAY_LEAST && size < EVERYDAY_MOST) || frexpf(size, &exponent) == 0.5f) {
        return 0; /* below a power of two floats lie twice as close */
    }
    int decimals = 0; /* behind the point, for six digits */
    while ((double)size * powers[decimals] < 1e5) {
        decimals++;
    }
    double half = ldexp(1, exponent - 25); /* of the distance between floats */
    for (int digits = 6; digits <= 9; digits++, decimals++) {
        double scaled = (double)size * powers[decimals];
        double rounded = nearbyint(scaled);
        double off = fabs(rounded - scaled), most = half * powers[decimals];
        if (off == most) {
            return 0;
        }
        if (off < most || digits == 9) {
            return put_decimal(text, value < 0, (uint64_t)rounded, decimals);
        }
    }
    return 0;
}

size_t tgr_number_float(char *text, float value)
{
    if (!isfinite(value)) {
        return put_null(text);
    }
    int length = (int)put_everyday(text, value);
    for (int digits = 6; length == 0; digits++) {
        int written = snprintf(text, TGR_NUMBER_SIZE, "%.*g", digits, (double)value);
        if (digits == 9 || strtof(text, NULL) == value) {
            length = written;
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
