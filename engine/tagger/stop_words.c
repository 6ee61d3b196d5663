/* stop_words.c - the lists. */
#include "engine/tagger/stop_words.h"

#include <string.h>

/* Articles, pronouns, prepositions, conjunctions, auxiliaries, and what is left of them where an
 * apostrophe was lost. Separated by spaces. */
static const char english[] =
    "a an the this that these those some any each every both either neither all no none other "
    "another such own same few more most much many several "
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his "
    "himself she her hers herself it its itself they them their theirs themselves one's who whom "
    "whose which what when where why how whether while "
    "of at by for with without about against between among into through during before after above "
    "below to from up down in out on off over under upon within onto toward towards per via than "
    "as and or but nor so yet if then else because until although though unless since "
    "am is are was were be been being have has had having do does did doing done will would shall "
    "should can could may might must ought "
    "isn't aren't wasn't weren't hasn't haven't hadn't doesn't don't didn't won't wouldn't shan't "
    "shouldn't can't cannot couldn't mightn't mustn't i'm you're we're they're i've you've we've "
    "they've i'll you'll he'll she'll it'll we'll they'll i'd you'd he'd she'd we'd they'd let's "
    "isnt arent wasnt werent hasnt havent hadnt doesnt dont didnt wont wouldnt shouldnt cant "
    "couldnt im youre ive youve s t d ll m o re ve "
    "not only very too also just again further once here there now ever please";

typedef struct stop_list {
    const char *name, *words;
} stop_list;

static const stop_list lists[] = {{"none", ""}, {"english", english}};

#define LISTS (sizeof lists / sizeof *lists)

static const char *find(const char *list)
{
    for (size_t i = 0; i < LISTS; i++) {
        if (strcmp(lists[i].name, list) == 0) {
            return lists[i].words;
        }
    }
    return NULL;
}

bool tgr_stop_words_known(const char *list)
{
    return find(list) != NULL;
}

bool tgr_stop_words_add(const char *list, tgr_strings *words)
{
    const char *at = find(list);
    while (at != NULL && *at != '\0') {
        size_t length = strcspn(at, " ");
        if (tgr_strings_add(words, at, length) == TGR_STRING_NONE) {
            return false;
        }
        at += length + (at[length] == ' ');
    }
    return true;
}
