/* text_tagger.h - a tagger with its tags as columns. */
#ifndef TGR_TAG_TEXT_TAGGER_H
#define TGR_TAG_TEXT_TAGGER_H

#include <tagroute/texts.h>

#include "engine/tag/found_tagger.h"

#define TGR_NO_COLUMN UINT32_MAX

struct tgr_text_tagger {
    tgr_found_tagger found; /* its router is given back once the columns are there */
    tgr_strings *tags;      /* of the columns */
    uint32_t known;         /* of them, the first: the router's */
    uint32_t *columns;      /* of each of the tagger's tags; TGR_NO_COLUMN: it is dropped */
};

/* Of a category; TGR_NO_COLUMN where it is no tag that the router knows. *scratch is reused. */
uint32_t tgr_text_tagger_category(const tgr_text_tagger *tagger, const char *category,
                                  tgr_buffer *scratch);

#endif
