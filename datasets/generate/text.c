/* text.c - a text for a query: sentences that name its tags. Nothing here needs escaping in JSON.
 */
#include <string.h>

#include "datasets/generate/record.h"

/* A sentence around one tag, or two. */
typedef struct sentence {
    const char *before, *between, *after; /* between: NULL where there is one tag */
} sentence;

#define ONES     10
#define TWOS     8
#define CLOSINGS 8

static const sentence ones[ONES] = {
    {"Can you help me with ", NULL, "?"},
    {"I have a question about ", NULL, "."},
    {"Please explain ", NULL, " to me."},
    {"What should I know about ", NULL, "?"},
    {"I got stuck on ", NULL, " and need a second pair of eyes."},
    {"Write a short introduction to ", NULL, "."},
    {"Give me three ideas for ", NULL, "."},
    {"My task also involves ", NULL, "."},
    {"Where do people usually go wrong with ", NULL, "?"},
    {"Keep in mind that it has to do with ", NULL, "."},
};

static const sentence twos[TWOS] = {
    {"How does ", " relate to ", "?"},
    {"I need advice on ", " and ", "."},
    {"Compare ", " with ", " in a small table."},
    {"We use ", " together with ", " every week."},
    {"Summarise ", ", then say what it means for ", "."},
    {"It started with ", " and ended up being about ", "."},
    {"Is ", " worth learning before ", "?"},
    {"Make a plan that covers ", " as well as ", "."},
};

static const char *const closings[CLOSINGS] = {
    "Keep it short, please.",
    "The deadline is on Friday afternoon.",
    "Assume that I know the basics already.",
    "Answer in plain words and avoid jargon.",
    "Show your reasoning before the final answer.",
    "This is for a report that my team has to hand in.",
    "List the sources that you would trust most.",
    "If something is unclear, say what you assumed.",
};

static char *put(char *at, const char *text, size_t length)
{
    memcpy(at, text, length);
    return at + length;
}

static char *put_sentence(char *at, const sentence *what, tgr_gen_name first, tgr_gen_name second)
{
    at = put(at, what->before, strlen(what->before));
    at = put(at, first.text, first.length);
    if (what->between != NULL) {
        at = put(at, what->between, strlen(what->between));
        at = put(at, second.text, second.length);
    }
    return put(at, what->after, strlen(what->after));
}

static size_t length_of(const sentence *what, tgr_gen_name first, tgr_gen_name second)
{
    size_t length = strlen(what->before) + first.length + strlen(what->after);
    return what->between == NULL ? length : length + strlen(what->between) + second.length;
}

size_t tgr_gen_text(const tgr_gen_world *world, const tgr_gen_record *record, char *text)
{
    tgr_gen_random random = tgr_gen_stream(world->text_key, record->index);
    uint32_t count = record->tags.count, start = tgr_gen_below(tgr_gen_next(&random), count);
    char *at = text;
    for (uint32_t i = 0; i < count;) {
        uint64_t word = tgr_gen_next(&random);
        bool pair = i + 1 < count && (word & 3) != 0;
        const sentence *what =
            pair ? &twos[tgr_gen_below(word, TWOS)] : &ones[tgr_gen_below(word, ONES)];
        tgr_gen_name first = tgr_gen_tag_name(world, record->tags.ids[(start + i) % count]);
        tgr_gen_name second = tgr_gen_tag_name(world, record->tags.ids[(start + i + 1) % count]);
        if ((size_t)(at - text) + 1 + length_of(what, first, second) > TGR_GEN_TEXT_MAX) {
            break;
        }
        at = put_sentence(at > text ? put(at, " ", 1) : at, what, first, second);
        i += pair ? 2 : 1;
    }
    uint64_t word = tgr_gen_next(&random);
    const char *closing = closings[tgr_gen_below(word, CLOSINGS)];
    size_t length = strlen(closing), room = TGR_GEN_TEXT_MAX - (size_t)(at - text);
    if (length < room && ((word & 1) != 0 || at - text < 40)) {
        at = put(put(at, " ", 1), closing, length);
    }
    return (size_t)(at - text);
}
