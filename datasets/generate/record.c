/* record.c - drawing what is known of a query beside its tags: tokens, who may serve it, and how
 * good each model's answer was.
 *
 * An answer's quality is the model's strength, its skill on the topic, what it makes of the tags,
 * minus the difficulty of the query, plus luck; the score says whether that is a right, a half
 * right or a wrong answer.
 */
#include "datasets/generate/record.h"

static void draw_eligibility(const tgr_gen_world *world, tgr_gen_random *random,
                             tgr_gen_record *record)
{
    uint32_t models = world->options.models;
    uint64_t all = models == 64 ? UINT64_MAX : (UINT64_C(1) << models) - 1;
    bool some = tgr_gen_uniform(tgr_gen_next(random)) < world->options.eligibility;
    uint32_t kind = tgr_gen_below(tgr_gen_next(random), models > 1 ? 5 : 2);
    uint64_t word = tgr_gen_next(random);
    record->needs_vision = some && (kind == 0 || kind == 4);
    record->needs_function_calling = some && kind == 1;
    record->allow = record->deny = 0;
    if (some && kind == 2) { /* about half of the models, one at least */
        record->allow = (word & all) | UINT64_C(1) << tgr_gen_below(word, models);
    } else if (some && kind >= 3) { /* one model other than the reference */
        record->deny = UINT64_C(1) << (1 + tgr_gen_below(word, models - 1));
    }
}

uint64_t tgr_gen_eligible(const tgr_gen_world *world, const tgr_gen_record *record)
{
    uint32_t models = world->options.models;
    uint64_t all = models == 64 ? UINT64_MAX : (UINT64_C(1) << models) - 1;
    uint64_t mask = record->allow != 0 ? record->allow : all;
    mask &= record->needs_vision ? world->vision_mask : UINT64_MAX;
    mask &= record->needs_function_calling ? world->function_mask : UINT64_MAX;
    return mask & ~record->deny;
}

/* More tags make longer texts; every fourth prompt has something pasted in besides. */
static uint32_t draw_prompt(const tgr_gen_world *world, tgr_gen_random *random,
                            const tgr_gen_tags *tags)
{
    double length = world->topics[tags->topic].length;
    double pasted =
        (double)world->prompt_curve[tgr_gen_lanes(tgr_gen_next(random)) >> 8] * (1.0 / 256.0);
    bool some = (tgr_gen_next(random) & 3) == 0;
    return 8 + 9 * tags->count + (some ? (uint32_t)(length * pasted) : 0);
}

static uint8_t halves_of(double quality)
{
    return (uint8_t)((quality > 0.0) + (quality > 0.25));
}

/* How a model takes to a tag: fixed for the two, mean 0. */
static double taste(const tgr_gen_world *world, uint32_t model, uint32_t tag)
{
    return tgr_gen_normal(
        tgr_gen_mix(world->effect_key ^ ((uint64_t)model << 32 | tag) * TGR_GEN_GAMMA));
}

static double mean_taste(const tgr_gen_world *world, uint32_t model, const tgr_gen_tags *tags)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < tags->count; i++) {
        sum += taste(world, model, tags->ids[i]);
    }
    return sum / (double)tags->count;
}

static void draw_answer(const tgr_gen_world *world, tgr_gen_random *random, uint32_t model,
                        double difficulty, double tokens, tgr_gen_record *record)
{
    const tgr_gen_model *what = &world->models[model];
    size_t cell = (size_t)record->tags.topic * world->options.models + model;
    double luck = tgr_gen_normal(tgr_gen_next(random));
    uint64_t word = tgr_gen_next(random);
    double quality = what->strength + world->skills[cell] +
                     0.3 * mean_taste(world, model, &record->tags) + 0.25 * luck - difficulty;
    record->halves[model] = halves_of(quality);
    double completion = tokens * what->verbosity * (0.8 + 0.4 * tgr_gen_uniform(word));
    record->completion_tokens[model] = 1 + (uint32_t)completion;
    record->costs[model] = what->input_price * record->prompt_tokens +
                           what->output_price * record->completion_tokens[model];
}

/* Against model 0, as docs/formats.md derives outcomes from scores. */
static void judge(uint32_t models, tgr_gen_record *record)
{
    uint8_t reference = record->halves[0];
    bool known = (record->judged & 1) != 0;
    for (uint32_t k = 0; k < models; k++) {
        uint8_t own = record->halves[k];
        tgr_gen_outcome outcome = own > reference               ? TGR_GEN_WIN
                                  : own == reference && own > 0 ? TGR_GEN_TIE
                                                                : TGR_GEN_LOSS;
        record->outcomes[k] = (int8_t)(known ? outcome : TGR_GEN_NONE);
    }
}

void tgr_gen_draw(const tgr_gen_world *world, uint64_t index, tgr_gen_record *record)
{
    uint32_t models = world->options.models;
    tgr_gen_random random = tgr_gen_stream(world->record_key, index);
    record->index = index;
    tgr_gen_draw_tags(world, index, &record->tags);
    const tgr_gen_topic *topic = &world->topics[record->tags.topic];
    record->train = tgr_gen_below(tgr_gen_next(&random), 100) < 70;
    record->prompt_tokens = draw_prompt(world, &random, &record->tags);
    draw_eligibility(world, &random, record);
    double difficulty = topic->difficulty + 0.5 * tgr_gen_normal(tgr_gen_next(&random));
    double tokens = topic->length * (1.0 / 256.0) *
                    (double)world->completion_curve[tgr_gen_lanes(tgr_gen_next(&random)) >> 8];
    record->judged = 0;
    for (uint32_t k = 0; k < models; k++) {
        bool judged = tgr_gen_uniform(tgr_gen_next(&random)) < world->options.judged;
        record->judged |= (uint64_t)judged << k;
        draw_answer(world, &random, k, difficulty, tokens, record);
    }
    record->judged &= tgr_gen_eligible(world, record);
    judge(models, record);
}
