/* plural.c - a plural's s goes; so does what only some plurals add, from all words alike. */
#include "engine/tagger/plural.h"

#include <stdbool.h>
#include <string.h>

#define SHORTEST_PLURAL 4 /* gas, bus, aws */

static bool ends(const char *word, size_t length, const char *with)
{
    size_t end = strlen(with);
    return length >= end && memcmp(word + length - end, with, end) == 0;
}

/* Words in s that are no plurals, and whose stem is another word or name. */
static bool stands_alone(const char *word, size_t length)
{
    static const char *const words[] = {"news", "https", "windows", "pandas"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (length == strlen(words[i]) && memcmp(word, words[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_plural_s(const char *word, size_t length)
{
    static const char *const others[] = {"ss", "us", "is", "ics"}; /* class, virus, basis, ethics */
    if (length < SHORTEST_PLURAL || word[length - 1] != 's' || word[length - 2] < 'a' ||
        word[length - 2] > 'z' || stands_alone(word, length)) {
        return false;
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (ends(word, length, others[i])) {
            return false;
        }
    }
    return true;
}

/* box, boxes, but case, cases: nothing tells whose e it is. */
static bool may_have_plural_e(const char *word, size_t length)
{
    static const char *const endings[] = {"se", "xe", "ze", "che", "she"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (length > strlen(endings[i]) && ends(word, length, endings[i])) {
            return true;
        }
    }
    return false;
}

size_t tgr_plural_key(char *word, size_t length)
{
    if (has_plural_s(word, length)) {
        length--;
    }
    if (length > 2 && ends(word, length, "ie")) { /* movie; stories, from story */
        word[length - 2] = 'y';
        return length - 1;
    }
    return may_have_plural_e(word, length) ? length - 1 : length;
}
