/* digits.cpp - the fewest decimal digits that read back as the same number, by C++'s own library.
 */
#include "engine/base/digits.h"

#include <charconv>
#include <cmath>

namespace
{

/* Takes d.ddde+xx apart. */
template <typename number> int take_digits(number value, char *digits, int *point)
{
    char text[40];
    const char *end =
        std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific)
            .ptr;
    int count = 0, exponent = 0;
    const char *at = text;
    for (; at < end && *at != 'e'; at++) {
        if (*at != '.') {
            digits[count++] = *at;
        }
    }
    bool negative = at + 1 < end && at[1] == '-';
    std::from_chars(at + 2, end, exponent);
    *point = (negative ? -exponent : exponent) + 1;
    return count;
}

} // namespace

int tgr_digits_double(double value, char digits[TGR_DIGITS_MOST], int *point)
{
    return take_digits(value, digits, point);
}

int tgr_digits_float(float value, char digits[TGR_DIGITS_MOST], int *point)
{
    return take_digits(value, digits, point);
}
