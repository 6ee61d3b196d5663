/* world.h - a made-up service: its tags, topics and models, from a seed and a few options.
 *
 * A world is built once and never changes: everything below takes it const and may be called from
 * any number of threads. What record i holds depends on the options and i alone.
 *
 * Tags are numbered by falling frequency: tag t is drawn in proportion to (t + 1)^-zipf. Each
 * belongs to one topic; a query has a topic and takes most of its tags from it, so that tags occur
 * together. The share of a topic among queries is that of its tags, which keeps the overall
 * frequencies Zipf's.
 *
 * Models: the first is the dearest and the best overall, the reference. The others are cheaper, and
 * as good on some topics: that is what routing lives from.
 */
#ifndef TGR_GENERATE_WORLD_H
#define TGR_GENERATE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "datasets/generate/alias.h"

#define TGR_GEN_MODELS_MAX     64
#define TGR_GEN_QUERY_TAGS_MAX 64
#define TGR_GEN_TAGS_MAX       4194304
#define TGR_GEN_TOPICS_MAX     4096
#define TGR_GEN_TEXT_MAX       400  /* bytes of a text */
#define TGR_GEN_PICO           1e12 /* picodollars in a dollar */

typedef struct tgr_gen_options {
    uint64_t seed;
    uint32_t tags;
    uint32_t topics;
    uint32_t models;
    uint32_t min_tags, max_tags; /* of a query */
    double zipf;                 /* exponent */
    double judged;               /* share of (query, model) pairs with a score */
    double eligibility;          /* share of queries with needs, allow or deny */
} tgr_gen_options;

typedef struct tgr_gen_name {
    const char *text;
    uint32_t length;
} tgr_gen_name;

/* Prices are whole picodollars a token, so that costs are exact. */
typedef struct tgr_gen_model {
    char name[40];
    uint32_t name_length;
    uint64_t input_price, output_price;
    uint32_t max_input_tokens; /* more than any prompt has */
    bool vision, function_calling;
    double strength;  /* overall */
    double verbosity; /* completion tokens against the usual */
} tgr_gen_model;

typedef struct tgr_gen_topic {
    uint32_t category;
    uint32_t first, count; /* its cells in topic_cells */
    double share;          /* of all queries */
    double difficulty;     /* mean 0 over all queries */
    double length;         /* prompts and completions against the usual */
} tgr_gen_topic;

typedef struct tgr_gen_world {
    tgr_gen_options options;
    uint64_t tag_key, record_key, text_key, effect_key, call_key, sample_key;

    uint32_t *name_starts; /* tags + 1: where each name stands in names */
    char *names;
    uint32_t longest_name;

    tgr_gen_cell *tag_cells;       /* all tags */
    tgr_gen_cell *topic_tag_cells; /* the tags of each topic, topic after topic */
    tgr_gen_cell *topic_cells;     /* topics */
    tgr_gen_topic *topics;
    uint64_t count_mask; /* tags of a query: min_tags + the number of set bits under this mask */

    tgr_gen_model models[TGR_GEN_MODELS_MAX];
    double *skills;                      /* topics x models: added to the strength */
    uint64_t vision_mask, function_mask; /* models that can */

    uint32_t prompt_curve[1024], completion_curve[1024]; /* log-normal quantiles in 1/256 token */
} tgr_gen_world;

/* 1,601 tags, 40 topics, 5 models, 1 to 9 tags a query, exponent 1.05, everything judged, seed 1.
 */
void tgr_gen_options_init(tgr_gen_options *options);

/* TGR_ERR_ARGUMENT where an option is out of range. */
tgr_status tgr_gen_world_new(const tgr_gen_options *options, tgr_gen_world **world,
                             tgr_error *error);
void tgr_gen_world_free(tgr_gen_world *world); /* NULL allowed */

static inline tgr_gen_name tgr_gen_tag_name(const tgr_gen_world *world, uint32_t tag)
{
    uint32_t start = world->name_starts[tag];
    return (tgr_gen_name){world->names + start, world->name_starts[tag + 1] - start};
}

const char *tgr_gen_category_name(uint32_t category);

#endif
