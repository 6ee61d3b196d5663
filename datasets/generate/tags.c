/* tags.c - drawing the tags of a query, and whole blocks of them as a sparse matrix. */
#include "datasets/generate/record.h"

/* The first word of a query's stream says how many tags it has. */
static uint32_t tag_count(const tgr_gen_world *world, tgr_gen_random *random)
{
    return world->options.min_tags +
           (uint32_t)__builtin_popcountll(tgr_gen_next(random) & world->count_mask);
}

/* Puts a tag into its place among the first `count`; false where it is there already. */
static bool insert(tgr_gen_tags *tags, uint32_t count, uint32_t tag, uint8_t times)
{
    uint32_t at = count;
    while (at > 0 && tags->ids[at - 1] > tag) {
        at--;
    }
    if (at > 0 && tags->ids[at - 1] == tag) {
        return false;
    }
    for (uint32_t i = count; i > at; i--) {
        tags->ids[i] = tags->ids[i - 1];
        tags->counts[i] = tags->counts[i - 1];
    }
    tags->ids[at] = tag;
    tags->counts[at] = times;
    return true;
}

/* Draws until a tag is new to the query: from `cells`, then from all tags; at last the next free
 * one, so that it always ends. */
static void insert_drawn(const tgr_gen_world *world, tgr_gen_random *random,
                         const tgr_gen_cell *cells, uint32_t cell_count, tgr_gen_tags *tags,
                         uint32_t count, uint8_t times)
{
    uint32_t tag = 0;
    for (int tries = 0; tries < 12; tries++) {
        bool any = tries >= 6;
        tag = tgr_gen_alias_draw(any ? world->tag_cells : cells,
                                 any ? world->options.tags : cell_count, tgr_gen_next(random));
        if (insert(tags, count, tag, times)) {
            return;
        }
    }
    do {
        tag = tag + 1 < world->options.tags ? tag + 1 : 0;
    } while (!insert(tags, count, tag, times));
}

/* 225, 23 and 8 of 256: once, twice, three times. */
static uint8_t times_of(uint8_t byte)
{
    return (uint8_t)(1 + (byte >= 225) + (byte >= 248));
}

void tgr_gen_draw_tags(const tgr_gen_world *world, uint64_t index, tgr_gen_tags *tags)
{
    tgr_gen_random random = tgr_gen_stream(world->tag_key, index);
    uint32_t count = tag_count(world, &random);
    tags->topic =
        tgr_gen_alias_draw(world->topic_cells, world->options.topics, tgr_gen_next(&random));
    tags->count = count;
    const tgr_gen_topic *topic = &world->topics[tags->topic];
    const tgr_gen_cell *topic_cells = world->topic_tag_cells + topic->first;
    uint64_t bits = 0;
    for (uint32_t i = 0; i < count; i++, bits >>= 16) {
        if (i % 4 == 0) {
            bits = tgr_gen_next(&random); /* two bytes a tag: of the topic? how often? */
        }
        bool own = (bits & 0xff) < 243;
        insert_drawn(world, &random, own ? topic_cells : world->tag_cells,
                     own ? topic->count : world->options.tags, tags, i,
                     times_of((uint8_t)(bits >> 8)));
    }
}

int64_t tgr_gen_csr_indptr(const tgr_gen_world *world, uint64_t begin, uint64_t end,
                           int64_t *indptr)
{
    int64_t total = 0;
    indptr[0] = 0;
    for (uint64_t row = begin; row < end; row++) {
        tgr_gen_random random = tgr_gen_stream(world->tag_key, row);
        total += tag_count(world, &random);
        indptr[row - begin + 1] = total;
    }
    return total;
}

void tgr_gen_csr_fill(const tgr_gen_world *world, uint64_t begin, uint64_t end,
                      const int64_t *indptr, uint32_t *indices, uint8_t *values)
{
    for (uint64_t row = begin; row < end; row++) {
        tgr_gen_tags tags;
        tgr_gen_draw_tags(world, row, &tags);
        int64_t at = indptr[row - begin];
        for (uint32_t i = 0; i < tags.count; i++) {
            indices[at + i] = tags.ids[i];
            values[at + i] = tags.counts[i];
        }
    }
}
