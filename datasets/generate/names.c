/* names.c - names of tags: "python", "python debugging", "python debugging step by step", ...
 *
 * A topic owns some terms of its category. Its tags take them in turn: at first bare, then with
 * each skill, then with each skill and qualifier, at last with a number. Counting how often a term
 * was used, over all topics that share it, keeps every name distinct.
 */
#include "datasets/generate/parts.h"
#include "datasets/generate/words.h"
#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"

/* Topic z is the j-th of its category, which has `topics` of them; its i-th tag uses this term. */
static uint32_t term_of(uint32_t j, uint32_t topics, uint32_t i)
{
    if (topics >= TGR_GEN_TERMS) {
        return j % TGR_GEN_TERMS;
    }
    uint32_t own = (TGR_GEN_TERMS - j + topics - 1) / topics; /* terms j, j + topics, ... */
    return j + topics * (i % own);
}

static void add_name(tgr_buffer *names, const tgr_gen_field *field, uint32_t term, uint32_t use)
{
    uint32_t longer = TGR_GEN_SKILLS * TGR_GEN_QUALIFIERS;
    tgr_buffer_text(names, field->terms[term]);
    if (use == 0) {
        return;
    }
    uint32_t skill = (use - 1 + 5 * term) % TGR_GEN_SKILLS;
    tgr_buffer_text(names, " ");
    tgr_buffer_text(names, field->skills[skill]);
    if (use <= TGR_GEN_SKILLS) {
        return;
    }
    uint32_t rest = use - 1 - TGR_GEN_SKILLS;
    tgr_buffer_text(names, " ");
    tgr_buffer_text(names, tgr_gen_qualifiers[rest % longer / TGR_GEN_SKILLS]);
    if (rest >= longer) {
        tgr_buffer_format(names, " %u", rest / longer + 1);
    }
}

tgr_status tgr_gen_build_names(tgr_gen_world *world, const uint32_t *homes, tgr_error *error)
{
    uint32_t tags = world->options.tags, topics = world->options.topics;
    uint32_t uses[TGR_GEN_CATEGORIES][TGR_GEN_TERMS] = {{0}};
    tgr_buffer names = {0};
    uint32_t *filled = tgr_mem_zalloc(topics, sizeof *filled);
    world->name_starts = tgr_mem_alloc((size_t)tags + 1, sizeof *world->name_starts);
    bool room = filled != NULL && world->name_starts != NULL;
    for (uint32_t t = 0; room && t < tags; t++) {
        uint32_t z = homes[t], category = z % TGR_GEN_CATEGORIES;
        uint32_t siblings = (topics - category + TGR_GEN_CATEGORIES - 1) / TGR_GEN_CATEGORIES;
        uint32_t term = term_of(z / TGR_GEN_CATEGORIES, siblings, filled[z]++);
        world->name_starts[t] = (uint32_t)names.length;
        add_name(&names, &tgr_gen_fields[category], term, uses[category][term]++);
        room = !names.failed;
        uint32_t length = (uint32_t)names.length - world->name_starts[t];
        world->longest_name = length > world->longest_name ? length : world->longest_name;
    }
    tgr_mem_free(filled);
    if (!room) {
        tgr_buffer_free(&names);
        return tgr_fail_memory(error, "the names of tags");
    }
    world->name_starts[tags] = (uint32_t)names.length;
    world->names = names.bytes;
    return TGR_OK;
}
