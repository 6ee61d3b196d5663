/* topics.c - which tag belongs to which topic, and the tables that queries' tags are drawn from. */
#include <math.h>

#include "datasets/generate/parts.h"
#include "datasets/generate/words.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"

/* Deals the tags out, as many at a time as there are topics, each round in an order of its own:
 * every topic gets its share of the frequent tags. */
static void deal(tgr_gen_random *random, uint32_t *homes, uint32_t tags, uint32_t topics)
{
    for (uint32_t start = 0; start < tags; start += topics) {
        uint32_t order[TGR_GEN_TOPICS_MAX];
        for (uint32_t i = 0; i < topics; i++) {
            uint32_t j = tgr_gen_below(tgr_gen_next(random), i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        for (uint32_t i = 0; i < topics && start + i < tags; i++) {
            homes[start + i] = order[i];
        }
    }
}

static void describe_topics(tgr_gen_world *world, tgr_gen_random *random, const uint32_t *homes)
{
    uint32_t first = 0;
    for (uint32_t t = 0; t < world->options.tags; t++) {
        world->topics[homes[t]].count++;
    }
    for (uint32_t z = 0; z < world->options.topics; z++) {
        tgr_gen_topic *topic = &world->topics[z];
        topic->category = z % TGR_GEN_CATEGORIES;
        topic->first = first;
        topic->difficulty = 0.35 * tgr_gen_normal(tgr_gen_next(random));
        topic->length = exp(0.4 * tgr_gen_normal(tgr_gen_next(random)));
        first += topic->count;
    }
}

/* What the tables were built from also says how popular each topic is. */
static void settle(tgr_gen_world *world, const double *popularity)
{
    uint32_t topics = world->options.topics;
    double total = 0.0, mean = 0.0;
    for (uint32_t z = 0; z < topics; z++) {
        total += popularity[z];
    }
    for (uint32_t z = 0; z < topics; z++) {
        world->topics[z].share = popularity[z] / total;
        mean += world->topics[z].share * world->topics[z].difficulty;
    }
    for (uint32_t z = 0; z < topics; z++) {
        world->topics[z].difficulty -= mean;
    }
}

/* `names` and `weights` are sorted by topic; `popularity` adds up each topic's. */
static void gather(const tgr_gen_world *world, const uint32_t *homes, const double *by_tag,
                   uint32_t *names, double *weights, double *popularity)
{
    uint32_t filled[TGR_GEN_TOPICS_MAX] = {0};
    for (uint32_t t = 0; t < world->options.tags; t++) {
        uint32_t z = homes[t], at = world->topics[z].first + filled[z]++;
        names[at] = t;
        weights[at] = by_tag[t];
        popularity[z] += by_tag[t];
    }
}

static bool build_tables(tgr_gen_world *world, const uint32_t *homes)
{
    uint32_t tags = world->options.tags, topics = world->options.topics;
    uint32_t *names = tgr_mem_alloc(tags, sizeof *names);
    double *by_tag = tgr_mem_alloc(tags, sizeof *by_tag);
    double *weights = tgr_mem_alloc(tags, sizeof *weights);
    double *popularity = tgr_mem_zalloc(topics, sizeof *popularity);
    bool built = names != NULL && by_tag != NULL && weights != NULL && popularity != NULL;
    for (uint32_t t = 0; built && t < tags; t++) {
        by_tag[t] = pow((double)t + 1.0, -world->options.zipf);
    }
    if (built) {
        gather(world, homes, by_tag, names, weights, popularity);
        settle(world, popularity);
        built = tgr_gen_alias_build(world->tag_cells, by_tag, NULL, tags) &&
                tgr_gen_alias_build(world->topic_cells, popularity, NULL, topics);
    }
    for (uint32_t z = 0; built && z < topics; z++) {
        uint32_t first = world->topics[z].first;
        built = tgr_gen_alias_build(world->topic_tag_cells + first, weights + first, names + first,
                                    world->topics[z].count);
    }
    tgr_mem_free(names);
    tgr_mem_free(by_tag);
    tgr_mem_free(weights);
    tgr_mem_free(popularity);
    return built;
}

tgr_status tgr_gen_build_topics(tgr_gen_world *world, uint32_t **homes, tgr_error *error)
{
    uint32_t tags = world->options.tags, topics = world->options.topics;
    tgr_gen_random random =
        tgr_gen_stream(tgr_gen_key(world->options.seed, TGR_GEN_PURPOSE_TOPIC), 0);
    *homes = tgr_mem_alloc(tags, sizeof **homes);
    world->topics = tgr_mem_zalloc(topics, sizeof *world->topics);
    world->tag_cells = tgr_mem_alloc(tags, sizeof *world->tag_cells);
    world->topic_tag_cells = tgr_mem_alloc(tags, sizeof *world->topic_tag_cells);
    world->topic_cells = tgr_mem_alloc(topics, sizeof *world->topic_cells);
    if (*homes == NULL || world->topics == NULL || world->tag_cells == NULL ||
        world->topic_tag_cells == NULL || world->topic_cells == NULL) {
        return tgr_fail_memory(error, "the tags to generate from");
    }
    deal(&random, *homes, tags, topics);
    describe_topics(world, &random, *homes);
    if (!build_tables(world, *homes)) {
        return tgr_fail_memory(error, "the tables to draw tags from");
    }
    return TGR_OK;
}
