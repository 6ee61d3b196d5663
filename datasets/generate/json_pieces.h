/* json_pieces.h - values of JSON, put together from pieces without a formatter: strings need no
 * escaping, and every number is an integer or a decimal of whole picodollars.
 */
#ifndef TGR_GENERATE_JSON_PIECES_H
#define TGR_GENERATE_JSON_PIECES_H

#include "datasets/generate/write.h"

static inline char *tgr_gen_json_unsigned(char *at, uint64_t value)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0) {
        *at++ = digits[--count];
    }
    return at;
}

static inline char *tgr_gen_json_string(char *at, const char *text, size_t length)
{
    *at++ = '"';
    at = tgr_gen_put(at, text, length);
    *at++ = '"';
    return at;
}

/* Dollars with as many of twelve decimals as are needed. */
static inline char *tgr_gen_json_dollars(char *at, uint64_t picodollars)
{
    const uint64_t dollar = (uint64_t)TGR_GEN_PICO;
    uint64_t rest = picodollars % dollar;
    at = tgr_gen_json_unsigned(at, picodollars / dollar);
    if (rest == 0) {
        return at;
    }
    *at++ = '.';
    for (uint64_t unit = dollar / 10; rest > 0; unit /= 10) {
        *at++ = (char)('0' + rest / unit);
        rest %= unit;
    }
    return at;
}

#endif
