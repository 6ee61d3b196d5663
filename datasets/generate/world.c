/* world.c - options checked, parts put together. */
#include "datasets/generate/world.h"

#include <math.h>

#include "datasets/generate/parts.h"
#include "datasets/generate/words.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"

void tgr_gen_options_init(tgr_gen_options *options)
{
    *options = (tgr_gen_options){.seed = 1,
                                 .tags = 1601,
                                 .topics = 40,
                                 .models = 5,
                                 .min_tags = 1,
                                 .max_tags = 9,
                                 .zipf = 1.05,
                                 .judged = 1.0,
                                 .eligibility = 0.0};
}

static tgr_status check_share(const char *name, double share, tgr_error *error)
{
    if (!(share >= 0.0 && share <= 1.0)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s must be between 0 and 1", name);
    }
    return TGR_OK;
}

static tgr_status check_options(const tgr_gen_options *o, tgr_error *error)
{
    tgr_status status;
    if (o->max_tags < 1 || o->max_tags > TGR_GEN_QUERY_TAGS_MAX || o->min_tags < 1 ||
        o->min_tags > o->max_tags) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "tags a query must be 1 <= min-tags <= max-tags <= %d",
                        TGR_GEN_QUERY_TAGS_MAX);
    }
    if (o->tags < o->max_tags || o->tags > TGR_GEN_TAGS_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "tags must be between max-tags (%u) and %d",
                        o->max_tags, TGR_GEN_TAGS_MAX);
    }
    if (o->topics < 1 || o->topics > TGR_GEN_TOPICS_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "topics must be between 1 and %d",
                        TGR_GEN_TOPICS_MAX);
    }
    if (o->topics > o->tags) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%u topics need as many tags, and there are %u: ask for fewer topics",
                        o->topics, o->tags);
    }
    if (o->models < 1 || o->models > TGR_GEN_MODELS_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "models must be between 1 and %d",
                        TGR_GEN_MODELS_MAX);
    }
    if (!(o->zipf >= 0.0 && o->zipf <= 4.0)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "zipf must be between 0 and 4");
    }
    TGR_TRY(check_share("judged", o->judged, error));
    TGR_TRY(check_share("eligibility", o->eligibility, error));
done:
    return status;
}

/* Quantiles of a log-normal distribution over what tgr_gen_lanes gives, in 1/256 token. */
static void fill_curve(uint32_t *curve, double median, double deviation)
{
    for (int i = 0; i < 1024; i++) {
        double normal = (256.0 * i + 128.0 - TGR_GEN_LANES_MEAN) / TGR_GEN_LANES_DEVIATION;
        curve[i] = (uint32_t)(256.0 * median * exp(deviation * normal));
    }
}

static void set_keys(tgr_gen_world *world)
{
    uint64_t seed = world->options.seed;
    world->tag_key = tgr_gen_key(seed, TGR_GEN_PURPOSE_TAGS);
    world->record_key = tgr_gen_key(seed, TGR_GEN_PURPOSE_RECORD);
    world->text_key = tgr_gen_key(seed, TGR_GEN_PURPOSE_TEXT);
    world->effect_key = tgr_gen_key(seed, TGR_GEN_PURPOSE_EFFECT);
    world->call_key = tgr_gen_key(seed, TGR_GEN_PURPOSE_CALL);
    world->sample_key = tgr_gen_key(seed, TGR_GEN_PURPOSE_SAMPLE);
}

tgr_status tgr_gen_world_new(const tgr_gen_options *options, tgr_gen_world **world,
                             tgr_error *error)
{
    tgr_status status = check_options(options, error);
    tgr_gen_world *made = NULL;
    uint32_t *homes = NULL;
    *world = NULL;
    if (status != TGR_OK) {
        return status;
    }
    made = tgr_mem_zalloc(1, sizeof *made);
    if (made == NULL) {
        return tgr_fail_memory(error, "the generator");
    }
    made->options = *options;
    made->count_mask = (UINT64_C(1) << (options->max_tags - options->min_tags)) - 1;
    set_keys(made);
    fill_curve(made->prompt_curve, 150.0, 1.1);
    fill_curve(made->completion_curve, 180.0, 0.7);
    TGR_TRY(tgr_gen_build_topics(made, &homes, error));
    TGR_TRY(tgr_gen_build_names(made, homes, error));
    TGR_TRY(tgr_gen_build_models(made, error));
    *world = made;
    made = NULL;
done:
    tgr_mem_free(homes);
    tgr_gen_world_free(made);
    return status;
}

void tgr_gen_world_free(tgr_gen_world *world)
{
    if (world == NULL) {
        return;
    }
    tgr_mem_free(world->name_starts);
    tgr_mem_free(world->names);
    tgr_mem_free(world->tag_cells);
    tgr_mem_free(world->topic_tag_cells);
    tgr_mem_free(world->topic_cells);
    tgr_mem_free(world->topics);
    tgr_mem_free(world->skills);
    tgr_mem_free(world);
}

const char *tgr_gen_category_name(uint32_t category)
{
    return tgr_gen_fields[category].name;
}
