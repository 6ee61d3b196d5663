/* models.c - the pool: what models are called, cost and can do.
 *
 * Names are invented. The first five are fixed and span prices of 1 to 30; more are generated. A
 * cheaper model is weaker overall, but on some topics, its own choice, it makes up for all of the
 * gap.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "datasets/generate/parts.h"
#include "datasets/generate/words.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"

#define NAMED 5
#define CENT  UINT64_C(10000) /* a cent a million tokens, in picodollars a token */

static const tgr_gen_model named[NAMED] = {
    {"kestrel-max", 0, 1000 * CENT, 3000 * CENT, 200000, true, true, 0.80, 1.15},
    {"heron-pro", 0, 300 * CENT, 1500 * CENT, 200000, true, true, 0.55, 1.05},
    {"osprey-70b", 0, 90 * CENT, 270 * CENT, 131072, false, true, 0.25, 1.00},
    {"wren-mini", 0, 50 * CENT, 150 * CENT, 131072, true, true, 0.10, 0.90},
    {"finch-8b", 0, 33 * CENT, 100 * CENT, 65536, false, false, -0.15, 0.80},
};

/* A model beyond the named ones: the cheaper, the weaker, give or take. */
static tgr_gen_model invent(uint32_t number, tgr_gen_random *random)
{
    static const char *const sizes[] = {"7b", "13b", "34b", "120b"};
    double level = tgr_gen_uniform(tgr_gen_next(random)); /* 0 cheapest .. 1 dearest */
    tgr_gen_model model = {.max_input_tokens = 65536};
    snprintf(model.name, sizeof model.name, "%s-%s", tgr_gen_families[number % TGR_GEN_FAMILIES],
             sizes[(number / TGR_GEN_FAMILIES) % 4]);
    model.input_price = CENT * (uint64_t)(34.0 * exp2(level * 4.0));
    model.output_price = model.input_price * (2 + tgr_gen_below(tgr_gen_next(random), 2));
    model.vision = tgr_gen_next(random) >> 63 != 0;
    model.function_calling = tgr_gen_below(tgr_gen_next(random), 4) != 0;
    model.strength = -0.15 + 0.7 * level + 0.1 * tgr_gen_normal(tgr_gen_next(random));
    model.verbosity = 0.8 + 0.4 * tgr_gen_uniform(tgr_gen_next(random));
    return model;
}

static void fill_models(tgr_gen_world *world)
{
    tgr_gen_random random =
        tgr_gen_stream(tgr_gen_key(world->options.seed, TGR_GEN_PURPOSE_MODEL), 0);
    for (uint32_t k = 0; k < world->options.models; k++) {
        tgr_gen_model *model = &world->models[k];
        *model = k < NAMED ? named[k] : invent(k - NAMED, &random);
        model->name_length = (uint32_t)strlen(model->name);
        world->vision_mask |= (uint64_t)model->vision << k;
        world->function_mask |= (uint64_t)model->function_calling << k;
    }
}

/* Marks topics in a random order until they make up two fifths of all queries, so that no seed
 * gives a model everything or nothing. */
static void choose_specialities(const tgr_gen_world *world, tgr_gen_random *random, bool *special)
{
    uint32_t topics = world->options.topics, order[TGR_GEN_TOPICS_MAX];
    double share = 0.0;
    for (uint32_t i = 0; i < topics; i++) {
        uint32_t j = tgr_gen_below(tgr_gen_next(random), i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    for (uint32_t i = 0; i < topics; i++) {
        double more = share + world->topics[order[i]].share;
        special[order[i]] = more <= 0.45 && share < 0.4;
        share = special[order[i]] ? more : share;
    }
}

/* What is added to the strength of a model on each topic. */
static void fill_skills(tgr_gen_world *world, uint32_t model, tgr_gen_random *random)
{
    double gap = world->models[0].strength - world->models[model].strength;
    bool special[TGR_GEN_TOPICS_MAX];
    choose_specialities(world, random, special);
    for (uint32_t z = 0; z < world->options.topics; z++) {
        double noise = tgr_gen_normal(tgr_gen_next(random));
        double more = special[z] ? gap + 0.12 + 0.05 * noise : -0.25 + 0.15 * noise;
        world->skills[(size_t)z * world->options.models + model] = model == 0 ? 0.05 * noise : more;
    }
}

tgr_status tgr_gen_build_models(tgr_gen_world *world, tgr_error *error)
{
    uint32_t topics = world->options.topics, models = world->options.models;
    tgr_gen_random random =
        tgr_gen_stream(tgr_gen_key(world->options.seed, TGR_GEN_PURPOSE_SKILL), 0);
    world->skills = tgr_mem_alloc((size_t)topics * models, sizeof *world->skills);
    if (world->skills == NULL) {
        return tgr_fail_memory(error, "the models to generate from");
    }
    fill_models(world);
    for (uint32_t k = 0; k < models; k++) { /* in turn: more models change nothing for the others */
        fill_skills(world, k, &random);
    }
    return TGR_OK;
}
