/* numbers.c - numbers to text. The program stays in the C locale. */
#include "engine/cli/numbers.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *tgr_cli_count(char *text, uint64_t count)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *end = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            *end++ = ',';
        }
        *end++ = digits[i];
    }
    *end = '\0';
    return text;
}

char *tgr_cli_weight(char *text, double queries)
{
    if (queries >= 100 || queries == floor(queries)) {
        return tgr_cli_count(text, (uint64_t)floor(queries + 0.5));
    }
    snprintf(text, TGR_CLI_NUMBER_SIZE, "%.3g", queries);
    return text;
}

char *tgr_cli_rate(char *text, double value)
{
    static const char *const prefixes[] = {"", " k", " M", " G", " T"};
    size_t step = 0;
    while (value >= 999.5 && step + 1 < sizeof prefixes / sizeof *prefixes) {
        value /= 1000;
        step++;
    }
    int decimals = step == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    snprintf(text, TGR_CLI_NUMBER_SIZE, "%.*f%s", decimals, value, prefixes[step]);
    return text;
}

char *tgr_cli_money(char *text, double usd)
{
    if (isnan(usd)) {
        return strcpy(text, "-");
    }
    if (usd == 0 || fabs(usd) >= 1e15) {
        snprintf(text, TGR_CLI_NUMBER_SIZE, "$%.4g", usd);
        return text;
    }
    int decimals = 2; /* three digits that say something, cents at least */
    if (fabs(usd) < 1) {
        decimals = 2 - (int)floor(log10(fabs(usd)));
        decimals = decimals > 14 ? 14 : decimals;
    }
    if (decimals > 2 || usd < 1000) {
        snprintf(text, TGR_CLI_NUMBER_SIZE, "$%.*f", decimals, usd);
        return text;
    }
    double whole = floor(usd);
    unsigned cents = (unsigned)lround((usd - whole) * 100);
    if (cents == 100) {
        whole += 1;
        cents = 0;
    }
    char count[TGR_CLI_NUMBER_SIZE];
    tgr_cli_count(count, (uint64_t)whole);
    snprintf(text, TGR_CLI_NUMBER_SIZE, "$%.30s.%02u", count, cents);
    return text;
}

char *tgr_cli_duration(char *text, double seconds)
{
    if (!(seconds < 1e9)) {
        return strcpy(text, "-");
    }
    unsigned whole = seconds > 0 ? (unsigned)(seconds + 0.5) : 0;
    if (seconds < 9.95) {
        snprintf(text, TGR_CLI_NUMBER_SIZE, "%.1f s", seconds > 0 ? seconds : 0.0);
    } else if (whole < 60) {
        snprintf(text, TGR_CLI_NUMBER_SIZE, "%u s", whole);
    } else if (whole < 3600) {
        snprintf(text, TGR_CLI_NUMBER_SIZE, "%u min %02u s", whole / 60, whole % 60);
    } else {
        snprintf(text, TGR_CLI_NUMBER_SIZE, "%u h %02u min", whole / 3600, whole % 3600 / 60);
    }
    return text;
}

char *tgr_cli_share(char *text, double share)
{
    if (isnan(share)) {
        return strcpy(text, "-");
    }
    /* a hair short of all or above none must not read as all or none */
    if (share < 1 && share > 0.9995) {
        return strcpy(text, ">99.9 %");
    }
    if (share > 0 && share < 0.0005) {
        return strcpy(text, "<0.1 %");
    }
    snprintf(text, TGR_CLI_NUMBER_SIZE, "%.1f %%", 100 * share);
    return text;
}

char *tgr_cli_fraction(char *text, double value, int decimals)
{
    if (isnan(value)) {
        return strcpy(text, "-");
    }
    snprintf(text, TGR_CLI_NUMBER_SIZE, "%.*f", decimals, value);
    return text;
}

char *tgr_cli_threshold(char *text, tgr_policy policy, double threshold)
{
    if (isinf(threshold)) {
        return strcpy(text, threshold < 0 ? "-inf" : "inf");
    }
    /* margins and slacks are compared as float32: the shortest text of the float32 is enough */
    float single = (float)threshold;
    int is_single = policy != TGR_POLICY_UTILITY && (double)single == threshold;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, TGR_CLI_NUMBER_SIZE, "%.*g", digits, threshold);
        if (strtod(text, NULL) == threshold || (is_single && strtof(text, NULL) == single)) {
            break;
        }
    }
    return text;
}
