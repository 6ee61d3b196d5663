/* words.c - numbers to text, and escaping. */
#include "engine/report/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/number.h"

static char *unknown(char *text)
{
    return strcpy(text, "-");
}

/* printf follows the locale's decimal point, which a program that links the library may set. */
static char *with_point(char *text)
{
    char *comma = strchr(text, ',');
    if (comma != NULL) {
        *comma = '.';
    }
    return text;
}

char *tgr_word_count(char *text, uint64_t count)
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

char *tgr_word_weight(char *text, double queries)
{
    if (queries >= 100 || queries == floor(queries)) {
        return tgr_word_count(text, (uint64_t)floor(queries + 0.5));
    }
    snprintf(text, TGR_WORD_SIZE, "%.3g", queries);
    return with_point(text);
}

/* Three digits that say something, cents at least. */
char *tgr_word_money(char *text, double usd)
{
    double size = fabs(usd);
    if (isnan(usd)) {
        return unknown(text);
    }
    if (size >= 1e15 || usd == 0) {
        snprintf(text, TGR_WORD_SIZE, usd == 0 ? "$0" : "$%.4g", usd);
        return with_point(text);
    }
    const char *sign = usd < 0 ? "-" : "";
    if (size < 1) {
        int decimals = 2 - (int)floor(log10(size));
        snprintf(text, TGR_WORD_SIZE, "%s$%.*f", sign, decimals > 14 ? 14 : decimals, size);
        return with_point(text);
    }
    double cents = floor(size * 100 + 0.5);
    char whole[TGR_WORD_SIZE];
    tgr_word_count(whole, (uint64_t)(cents / 100));
    snprintf(text, TGR_WORD_SIZE, "%s$%.30s.%02u", sign, whole, (unsigned)fmod(cents, 100));
    return text;
}

char *tgr_word_share(char *text, double share)
{
    if (isnan(share)) {
        return unknown(text);
    }
    /* a hair short of all or above none must not read as all or none */
    if (share < 1 && share > 0.9995) {
        return strcpy(text, ">99.9 %");
    }
    if (share > 0 && share < 0.0005) {
        return strcpy(text, "<0.1 %");
    }
    snprintf(text, TGR_WORD_SIZE, "%.1f %%", 100 * share);
    return with_point(text);
}

char *tgr_word_change(char *text, double change)
{
    if (!isfinite(change)) {
        return unknown(text);
    }
    snprintf(text, TGR_WORD_SIZE, "%+.1f %%", 100 * change);
    return with_point(text);
}

char *tgr_word_fraction(char *text, double value)
{
    if (!isfinite(value)) {
        return unknown(text);
    }
    snprintf(text, TGR_WORD_SIZE, "%.4f", value);
    return with_point(text);
}

char *tgr_word_threshold(char *text, tgr_policy policy, double threshold)
{
    if (!isfinite(threshold)) {
        return strcpy(text, threshold < 0 ? "-inf" : "inf");
    }
    /* margins and slacks are compared as float32: the shortest text of the float32 is enough */
    float single = (float)threshold;
    if (policy != TGR_POLICY_UTILITY && (double)single == threshold) {
        tgr_number_float(text, single);
    } else {
        tgr_number_double(text, threshold);
    }
    return text;
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Bytes of the character that begins here; 0 where it is none that may be shown. */
static size_t character(const unsigned char *at)
{
    size_t length = at[0] < 0x80   ? 1
                    : at[0] < 0xc2 ? 0
                    : at[0] < 0xe0 ? 2
                    : at[0] < 0xf0 ? 3
                    : at[0] < 0xf5 ? 4
                                   : 0;
    if (at[0] < 0x20 || at[0] == 0x7f || length == 0) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool surrogate = at[0] == 0xed && at[1] >= 0xa0;
    bool beyond = at[0] == 0xf4 && at[1] >= 0x90;
    bool control = at[0] == 0xc2 && at[1] < 0xa0;
    bool turns = at[0] == 0xe2 && ((at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) ||
                                   (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
    bool none = at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe;
    return overlong || surrogate || beyond || control || turns || none ? 0 : length;
}

static const char *entity(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void tgr_html_text(tgr_buffer *out, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t length = character((const unsigned char *)at);
        const char *escaped = entity(*at);
        if (escaped != NULL) {
            tgr_buffer_text(out, escaped);
        } else if (length == 0) {
            tgr_buffer_text(out, "\xef\xbf\xbd");
        } else {
            tgr_buffer_add(out, at, length);
        }
        at += length > 0 ? length : 1;
    }
}

size_t tgr_word_length(const char *text)
{
    size_t length = 0;
    for (; *text != '\0'; text++) {
        length += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return length;
}

char *tgr_word_name(char *text, const char *name, size_t most)
{
    const char *slash = strrchr(name, '/');
    const char *at = slash != NULL && slash[1] != '\0' ? slash + 1 : name;
    bool cut = tgr_word_length(at) > most;
    size_t room = cut ? most - 1 : most, length = 0;
    for (size_t characters = 0; *at != '\0'; at++) {
        characters += ((unsigned char)*at & 0xc0) != 0x80;
        if (characters > room || length + 1 > 4 * room) {
            break;
        }
        text[length++] = *at;
    }
    strcpy(text + length, cut ? "\xe2\x80\xa6" : "");
    return text;
}
