/* axis.c - steps that read well. */
#include "engine/report/axis.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "engine/report/words.h"

#define AIR        0.06
#define MOST_TICKS 24

static double readable_step(double range, size_t ticks)
{
    static const double factors[] = {1, 2, 2.5, 5, 10};
    double rough = range / (double)ticks, power = pow(10, floor(log10(rough)));
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        if (factors[i] * power >= rough * (1 - 1e-9)) {
            return factors[i] * power;
        }
    }
    return 10 * power;
}

tgr_axis tgr_axis_make(double low, double high, size_t ticks, tgr_unit unit, bool air)
{
    double range = high - low;
    if (!(range > fabs(high) * 1e-9) || !isfinite(range)) { /* a single value, or about */
        double around = fabs(high) > 0 && isfinite(high) ? fabs(high) * 0.1 : 1;
        low = isfinite(low) ? low - around : 0;
        high = low + 2 * around;
        range = high - low;
    }
    double more = air ? range * AIR : 0;
    return (tgr_axis){
        .from = low - more, .to = high + more, .step = readable_step(range, ticks), .unit = unit};
}

bool tgr_axis_tick(const tgr_axis *axis, size_t i, double *value)
{
    double first = ceil(axis->from / axis->step - 1e-9);
    *value = (first + (double)i) * axis->step;
    if (fabs(*value) < axis->step * 1e-6) {
        *value = 0;
    }
    return i < MOST_TICKS && *value <= axis->to + axis->step * 1e-9;
}

double tgr_axis_part(const tgr_axis *axis, double value)
{
    return (value - axis->from) / (axis->to - axis->from);
}

/* Decimals that tell multiples of the step apart. */
static int decimals_of(double step)
{
    for (int decimals = 0; decimals < 12; decimals++) {
        double scaled = step * pow(10, decimals);
        if (fabs(scaled - floor(scaled + 0.5)) < 1e-6 * scaled) {
            return decimals;
        }
    }
    return 12;
}

static char *plain(char *text, double value, double step, const char *before, const char *behind)
{
    char digits[40];
    int decimals = decimals_of(step);
    if (decimals == 0 && fabs(value) >= 1000 && fabs(value) < 1e15) {
        char count[TGR_WORD_SIZE];
        tgr_word_count(count, (uint64_t)(fabs(value) + 0.5));
        snprintf(digits, sizeof digits, "%.38s", count);
    } else if (fabs(value) >= 1e15) {
        snprintf(digits, sizeof digits, "%.3g", fabs(value));
    } else {
        snprintf(digits, sizeof digits, "%.*f", decimals, fabs(value));
        char *comma = strchr(digits, ',');
        if (comma != NULL) {
            *comma = '.';
        }
    }
    snprintf(text, 48, "%s%s%.36s%s", value < 0 ? "-" : "", before, digits, behind);
    return text;
}

static char *money(char *text, double value, double step)
{
    static const struct {
        double size;
        const char *behind;
    } scales[] = {{1e9, "B"}, {1e6, "M"}, {1e4, "k"}};
    for (size_t i = 0; i < 3; i++) {
        double size = scales[i].size == 1e4 ? 1e3 : scales[i].size;
        if (fabs(step) >= scales[i].size / 10 && value != 0) {
            return plain(text, value / size, step / size, "$", scales[i].behind);
        }
    }
    return plain(text, value, value == 0 ? 1 : step < 1 ? fmin(step, 0.01) : step, "$", "");
}

char *tgr_axis_label(const tgr_axis *axis, double value, char *text)
{
    switch (axis->unit) {
    case TGR_UNIT_MONEY:
        return money(text, value, axis->step);
    case TGR_UNIT_SHARE:
        return plain(text, 100 * value, 100 * axis->step, "", "%");
    case TGR_UNIT_NUMBER:
        break;
    }
    if (axis->step < 1e-6 || axis->step >= 1e7) { /* with an exponent, and as many digits */
        int digits = value == 0 ? 1 : 2 + (int)floor(log10(fabs(value) / axis->step) + 1e-9);
        snprintf(text, 48, "%.*g", digits < 1 ? 1 : digits > 15 ? 15 : digits, value);
        char *comma = strchr(text, ',');
        if (comma != NULL) {
            *comma = '.';
        }
        return text;
    }
    return plain(text, value, axis->step, "", "");
}
