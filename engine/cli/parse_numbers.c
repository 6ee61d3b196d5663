/* parse_numbers.c - numbers, shares, sizes and lists of thresholds from the command line. */
#include "engine/cli/numbers.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/fail.h"

#define MOST_NUMBERS 1000000

/* Decimal numbers only: strtod would also take white space, hexadecimal, "inf" and "nan". */
static bool read_double(const char *text, size_t length, double *value)
{
    char copy[64];
    if (length == 0 || length >= sizeof copy || strspn(text, "0123456789+-.eE") < length) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *end;
    *value = strtod(copy, &end);
    return *end == '\0' && end != copy && isfinite(*value);
}

tgr_status tgr_cli_parse_double(const char *option, const char *text, double *value,
                                tgr_error *error)
{
    if (!read_double(text, strlen(text), value)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--%s takes a number, not '%.60s'", option,
                            text);
    }
    return TGR_OK;
}

tgr_status tgr_cli_parse_integer(const char *option, const char *text, long least, long most,
                                 long *value, tgr_error *error)
{
    char *end;
    errno = 0;
    *value = strtol(text, &end, 10);
    bool digits = isdigit((unsigned char)text[0]) || (text[0] == '-' && text[1] != '\0');
    if (!digits || *end != '\0' || errno != 0 || *value < least || *value > most) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--%s takes a whole number from %ld to %ld, not '%.60s'", option, least,
                            most, text);
    }
    return TGR_OK;
}

tgr_status tgr_cli_parse_share(const char *option, const char *text, double *value,
                               tgr_error *error)
{
    size_t length = strlen(text);
    bool percent = length > 0 && text[length - 1] == '%';
    bool number = read_double(text, percent ? length - 1 : length, value);
    if (percent) {
        *value /= 100;
    }
    if (!number || *value < 0 || *value > 1) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--%s takes a share such as 5%% or 0.05, not '%.60s'", option, text);
    }
    return TGR_OK;
}

tgr_status tgr_cli_parse_size(const char *option, const char *text, size_t *value, tgr_error *error)
{
    static const char suffixes[] = "KMGT";
    size_t length = strlen(text);
    double factor = 1;
    const char *suffix =
        length > 0 ? strchr(suffixes, toupper((unsigned char)text[length - 1])) : NULL;
    if (suffix != NULL && *suffix != '\0') {
        length--;
        factor = ldexp(1, 10 * (int)(suffix - suffixes + 1));
    }
    double number;
    if (!read_double(text, length, &number) || number * factor < 1 || number * factor > 0x1p53) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--%s takes a size in bytes such as 64M, not '%.60s'", option, text);
    }
    *value = (size_t)(number * factor);
    return TGR_OK;
}

/* Digits after the decimal point that a number as written needs: 2 for 0.25 and for 25e-2. */
static int decimals_of(const char *text, size_t length)
{
    size_t mantissa = strcspn(text, "eE");
    mantissa = mantissa < length ? mantissa : length;
    const char *point = memchr(text, '.', mantissa);
    int decimals = point != NULL ? (int)(text + mantissa - point - 1) : 0;
    if (mantissa < length) {
        decimals -= atoi(text + mantissa + 1);
    }
    return decimals > 0 ? decimals : 0;
}

typedef struct range {
    double start, stop, step;
    int decimals; /* of the written numbers: the values between are rounded to as many */
} range;

/* START:STOP:STEP or a single number; false for anything else. */
static bool read_range(const char *item, size_t length, range *r)
{
    double *parts[3] = {&r->start, &r->stop, &r->step};
    size_t count = 0;
    r->decimals = 0;
    for (;;) {
        const char *colon = memchr(item, ':', length);
        size_t part = colon != NULL ? (size_t)(colon - item) : length;
        if (count == 3 || !read_double(item, part, parts[count])) {
            return false;
        }
        int decimals = decimals_of(item, part);
        r->decimals = decimals > r->decimals ? decimals : r->decimals;
        count++;
        if (colon == NULL) {
            break;
        }
        item += part + 1;
        length -= part + 1;
    }
    if (count == 1) {
        r->stop = r->start;
        r->step = 1;
    }
    return count != 2 && r->step != 0 && (r->stop - r->start) / r->step >= 0;
}

/* 0.1 + 2 * 0.1 is not 0.3: each value is the number that its decimal text stands for. */
static double range_value(const range *r, size_t index)
{
    double value = r->start + (double)index * r->step;
    char text[400];
    if (index == 0 || r->decimals > 17) {
        return value;
    }
    snprintf(text, sizeof text, "%.*f", r->decimals, value);
    value = strtod(text, NULL);
    return value == 0 ? 0 : value;
}

static size_t range_count(const range *r)
{
    double steps = floor((r->stop - r->start) / r->step + 1e-9);
    return steps < MOST_NUMBERS ? (size_t)steps + 1 : MOST_NUMBERS + 1;
}

static tgr_status append_item(const char *option, const char *item, size_t length, double **values,
                              size_t *count, tgr_error *error)
{
    range r;
    if (!read_range(item, length, &r)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--%s takes numbers such as -0.02,0.01 or a range START:STOP:STEP, "
                            "not '%.*s'",
                            option, length < 60 ? (int)length : 60, item);
    }
    size_t added = range_count(&r);
    if (added > MOST_NUMBERS || *count + added > MOST_NUMBERS) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--%s asks for more than %d numbers", option,
                            MOST_NUMBERS);
    }
    double *grown = realloc(*values, (*count + added) * sizeof *grown);
    if (grown == NULL) {
        return tgr_cli_fail(error, TGR_ERR_NOMEM, "not enough memory");
    }
    *values = grown;
    for (size_t i = 0; i < added; i++) {
        grown[(*count)++] = range_value(&r, i);
    }
    return TGR_OK;
}

tgr_status tgr_cli_parse_numbers(const char *option, const char *text, double **values,
                                 size_t *count, tgr_error *error)
{
    *values = NULL;
    *count = 0;
    for (;;) {
        size_t length = strcspn(text, ",");
        tgr_status status = append_item(option, text, length, values, count, error);
        if (status != TGR_OK) {
            free(*values);
            *values = NULL;
            *count = 0;
            return status;
        }
        if (text[length] == '\0') {
            return TGR_OK;
        }
        text += length + 1;
    }
}

#define MOST_SHARDS 1000000

/* Digits alone, from 1; *end behind them. 0 where there is no such number. */
static unsigned long read_count(const char *text, const char **end)
{
    char *behind = NULL;
    unsigned long count = *text >= '0' && *text <= '9' ? strtoul(text, &behind, 10) : 0;
    *end = count > 0 && count <= MOST_SHARDS ? behind : "";
    return count <= MOST_SHARDS ? count : 0;
}

tgr_status tgr_cli_parse_shard(const char *text, uint32_t *shard, uint32_t *shards,
                               tgr_error *error)
{
    *shard = *shards = 0;
    if (text == NULL) {
        return TGR_OK;
    }
    const char *slash, *end = "";
    unsigned long first = read_count(text, &slash), count = 0;
    if (first > 0 && *slash == '/') {
        count = read_count(slash + 1, &end);
    }
    if (count < first || count == 0 || *end != '\0') {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--shard is I/N with I from 1 to N, such as 1/4, not '%.60s'", text);
    }
    *shard = (uint32_t)first;
    *shards = (uint32_t)count;
    return TGR_OK;
}
