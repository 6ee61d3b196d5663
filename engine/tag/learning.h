/* learning.h - one run of learning, for the files that share its steps. */
#ifndef TGR_TAG_LEARNING_H
#define TGR_TAG_LEARNING_H

#include <tagroute/tagger.h>

#include "engine/tag/walk.h"
#include "engine/tagger/learn.h"
#include "engine/tagger/together.h"
#include "engine/tagger/tagger.h"

#define TGR_PHRASE_BYTES 128 /* of memory that a counted phrase takes, about */
#define TGR_PAIR_BYTES   48  /* likewise a pair of a phrase and a tag */

typedef struct tgr_learning {
    tgr_learn_options options;
    tgr_tagger_settings settings;
    tgr_tag_walk walk;
    tgr_tagger *tagger; /* of the walk */
    tgr_counting counts;
    tgr_vocabulary vocabulary;

    /* where phrases are to stand for tags */
    tgr_strings *given; /* tags, without their mark */
    uint64_t *given_queries;
    size_t given_capacity;
    tgr_together pairs;
    uint32_t *numbers; /* of a part's names: of phrases, and from `phrases` on of tags */
    size_t number_capacity;
    uint32_t *row; /* the phrases of a row, then its tags */
    size_t row_capacity;
} tgr_learning;

/* Walks over the logs once more and leaves in the vocabulary the phrases that stand for tags. */
tgr_status tgr_learn_meanings(tgr_learning *work, const tgr_run *run, tgr_error *error);

/* How many of something fit in the run's memory. */
uint32_t tgr_learning_limit(const tgr_run *run, size_t bytes);

#endif
