/* align.h - tags that come later, brought to those of a mapping: the same, the same by rule, or the
 * nearest canonical one. */
#ifndef TGR_TAGGER_ALIGN_H
#define TGR_TAGGER_ALIGN_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/tagger/mapping.h"

typedef enum tgr_alignment {
    TGR_ALIGNED_EXACTLY, /* the mapping has the tag */
    TGR_ALIGNED_BY_RULE, /* it has one of the same form (rules.h) */
    TGR_ALIGNED_NEAREST, /* a canonical tag's n-grams are near enough */
    TGR_ALIGNED_NOT,     /* the tag stays as it is */
    TGR_ALIGNMENTS
} tgr_alignment;

typedef struct tgr_aligner tgr_aligner;

/* least: the smallest cosine that is near enough, above 0 to 1; above 1: nothing is. The mapping
 * must outlive the aligner. */
tgr_status tgr_aligner_new(const tgr_mapping *mapping, double least, tgr_aligner **aligner,
                           tgr_error *error);
void tgr_aligner_free(tgr_aligner *aligner); /* NULL allowed */

/* As it was made with. */
double tgr_aligner_least(const tgr_aligner *aligner);

/* How a tag is brought to the mapping; *becomes: the number of a canonical tag or TGR_DROPPED, and
 * nothing of meaning where the tag stays. Of several tags with one form, and of several equally
 * near, the first of the mapping counts. Threads may ask at the same time: the answer to a tag that
 * the mapping lacks is kept, and does not depend on what was asked before. False where memory is
 * short.
 */
bool tgr_align(tgr_aligner *aligner, const char *tag, size_t length, tgr_alignment *how,
               uint32_t *becomes);

#endif
