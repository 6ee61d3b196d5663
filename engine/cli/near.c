/* near.c - edit distance to a handful of candidates. */
#include "engine/cli/near.h"

#include <string.h>

#define LONGEST_WORD 40

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Insertions, deletions and replacements that turn one word into the other. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[LONGEST_WORD + 1];
    for (size_t j = 0; j <= b_length; j++) {
        row[j] = j;
    }
    for (size_t i = 0; i < a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_length; j++) {
            size_t above = row[j + 1];
            row[j + 1] = smallest(above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1));
            diagonal = above;
        }
    }
    return row[b_length];
}

void tgr_cli_near_start(tgr_cli_near *near, const char *word, size_t length)
{
    near->word = word;
    near->length = length;
    near->best = NULL;
    near->distance = (length + 2) / 3; /* farther than that is another word */
}

void tgr_cli_near_offer(tgr_cli_near *near, const char *candidate)
{
    size_t length = strlen(candidate);
    if (near->length > LONGEST_WORD || length > LONGEST_WORD) {
        return;
    }
    size_t distance;
    if (near->length >= 3 && length > near->length &&
        memcmp(near->word, candidate, near->length) == 0) {
        distance = 0; /* an abbreviation */
    } else {
        distance = edit_distance(near->word, near->length, candidate, length);
    }
    if (distance < near->distance || (near->best == NULL && distance == near->distance)) {
        near->best = candidate;
        near->distance = distance;
    }
}
