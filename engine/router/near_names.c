/* near_names.c - "did you mean": the names nearest to one that is not there. */
#include <string.h>

#include "engine/router/router.h"

#define SHOWN    3
#define LONGEST  128 /* bytes of a name that are compared */
#define NOT_NEAR 1000000

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static size_t compared_length(const char *name)
{
    size_t length = strlen(name);
    return length < LONGEST ? length : LONGEST;
}

/* Letters to insert, delete or exchange to get from one to the other, case aside. */
static int edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int row[LONGEST + 1];
    for (size_t j = 0; j <= b_length; j++) {
        row[j] = (int)j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b_length; j++) {
            int best = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_length];
}

static bool contains(const char *text, size_t length, const char *part, size_t part_length)
{
    for (size_t at = 0; at + part_length <= length; at++) {
        size_t i = 0;
        while (i < part_length && lower(text[at + i]) == lower(part[i])) {
            i++;
        }
        if (i == part_length) {
            return true;
        }
    }
    return false;
}

/* How far a name is, NOT_NEAR where it would not help. Typing slips are a third of the letters at
 * most; a name within the other is near too ("gpt-4" and "openai/gpt-4-0613"). */
static int farness(const char *wanted, const char *name)
{
    size_t a = compared_length(wanted), b = compared_length(name);
    size_t shorter = a < b ? a : b, longer = a < b ? b : a;
    int distance = edit_distance(wanted, a, name, b);
    if (distance <= (int)(longer + 2) / 3 && distance < (int)longer) {
        return distance;
    }
    if (shorter >= 3 && contains(a < b ? name : wanted, longer, a < b ? wanted : name, shorter)) {
        return distance;
    }
    return NOT_NEAR;
}

void tgr_near_names(const char *name, const char *const *names, size_t count, char *text,
                    size_t size)
{
    size_t best[SHOWN];
    int far[SHOWN];
    size_t held = 0;
    for (size_t i = 0; i < count; i++) {
        int distance = farness(name, names[i]);
        size_t at = held;
        while (at > 0 && distance < far[at - 1]) {
            at--;
        }
        if (distance == NOT_NEAR || at == SHOWN) {
            continue;
        }
        held += held < SHOWN;
        for (size_t j = held - 1; j > at; j--) {
            best[j] = best[j - 1];
            far[j] = far[j - 1];
        }
        best[at] = i;
        far[at] = distance;
    }
    size_t length = 0;
    if (size > 0) {
        text[0] = '\0';
    }
    for (size_t i = 0; i < held; i++) {
        size_t comma = length > 0 ? 2 : 0, bytes = strlen(names[best[i]]);
        if (length + comma + bytes + 1 > size) {
            continue;
        }
        memcpy(text + length, ", ", comma);
        memcpy(text + length + comma, names[best[i]], bytes + 1);
        length += comma + bytes;
    }
}
