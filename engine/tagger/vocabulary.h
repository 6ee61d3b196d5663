/* vocabulary.h - the phrases of a tagger, and how they were learnt. Its file:
 * vocabulary_file.h. */
#ifndef TGR_TAGGER_VOCABULARY_H
#define TGR_TAGGER_VOCABULARY_H

#include <stdbool.h>

#include "engine/base/strings.h"
#include "engine/tagger/meanings.h"
#include "engine/tagger/settings.h"

/* Starts zeroed. */
typedef struct tgr_vocabulary {
    tgr_tagger_settings settings;
    tgr_strings *phrases;
    uint64_t *queries; /* learnt from that have the phrase */
    size_t capacity;
    uint64_t learnt_from; /* queries */
    tgr_meanings meanings;
} tgr_vocabulary;

tgr_status tgr_vocabulary_open(tgr_vocabulary *vocabulary, const tgr_tagger_settings *settings,
                               tgr_error *error);
void tgr_vocabulary_close(tgr_vocabulary *vocabulary); /* harmless on a zeroed structure */

/* Appends a phrase that is not there yet; false where memory is short. */
bool tgr_vocabulary_add(tgr_vocabulary *vocabulary, const char *phrase, size_t length,
                        uint64_t queries);

#endif
