/* parts.h - the parts a world is put together from; for world.c alone. */
#ifndef TGR_GENERATE_PARTS_H
#define TGR_GENERATE_PARTS_H

#include "datasets/generate/world.h"

/* What each key is for. */
enum {
    TGR_GEN_PURPOSE_TAGS = 1,
    TGR_GEN_PURPOSE_RECORD,
    TGR_GEN_PURPOSE_TEXT,
    TGR_GEN_PURPOSE_EFFECT,
    TGR_GEN_PURPOSE_TOPIC,
    TGR_GEN_PURPOSE_MODEL,
    TGR_GEN_PURPOSE_SKILL,
    TGR_GEN_PURPOSE_CALL,
    TGR_GEN_PURPOSE_SAMPLE
};

/* topics, homes (the topic of each tag, to be freed by the caller), and the three tables. */
tgr_status tgr_gen_build_topics(tgr_gen_world *world, uint32_t **homes, tgr_error *error);

/* Distinct names made of the terms and skills of each tag's topic. */
tgr_status tgr_gen_build_names(tgr_gen_world *world, const uint32_t *homes, tgr_error *error);

/* models and skills. */
tgr_status tgr_gen_build_models(tgr_gen_world *world, tgr_error *error);

#endif
