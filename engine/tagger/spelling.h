/* spelling.h - a text as counts of its character n-grams, hashed into a fixed number of components.
 */
#ifndef TGR_TAGGER_SPELLING_H
#define TGR_TAGGER_SPELLING_H

#include <stddef.h>
#include <stdint.h>

#define TGR_SPELLING_COMPONENTS 512

typedef struct tgr_spelling {
    int32_t counts[TGR_SPELLING_COMPONENTS];
    int64_t squares; /* sum of the counts' squares */
} tgr_spelling;

/* Counts the runs of two, three and four characters, the text's two ends being characters, too. The
 * component and the sign of a run are given by its XXH3, so that runs that share a component cancel
 * on average instead of looking alike. Only the first TGR_SPELLING_BYTES of a text are looked at.
 */
#define TGR_SPELLING_BYTES 1024
void tgr_spelling_count(const char *text, size_t length, tgr_spelling *spelling);

#endif
