/* price_levels.c - the prices in use first, then those of the map's other tiers. */
#include "engine/simulate/price_levels.h"

#include <math.h>

#include "engine/base/memory.h"

static void add_level(tgr_price *price, tgr_price_level *levels, const char *tier, bool in_use,
                      const tgr_price_step *step)
{
    if (!isnan(step->in) || !isnan(step->out) || !isnan(step->cached)) {
        levels[price->level_count++] = (tgr_price_level){
            .tier = tier,
            .above = step->above,
            .in_use = in_use,
            .input = step->in,
            .output = step->out,
            .cached = step->cached,
        };
    }
}

static void add_levels(tgr_price *price, tgr_price_level *levels, const char *tier, bool in_use,
                       const tgr_price_step *all, const tgr_price_step *steps, size_t count)
{
    add_level(price, levels, tier, in_use, all);
    for (size_t i = 0; i < count; i++) {
        add_level(price, levels, tier, in_use, &steps[i]);
    }
}

static void find_levels(const tgr_model *model, tgr_price *price, tgr_price_level *levels)
{
    const tgr_price_entry *entry = &model->entry;
    const tgr_price_step used = {0, model->price_in, model->price_out, model->price_cached};
    add_levels(price, levels, price->tier, true, &used, model->steps, model->step_count);
    for (int tier = 0; entry->name != NULL && tier < TGR_TIERS; tier++) {
        tgr_price_step all, steps[TGR_PRICE_STEPS];
        size_t count =
            tgr_rates_in_effect(entry->rates, entry->rate_count, (tgr_tier)tier, &all, steps);
        if ((tgr_tier)tier != entry->tier) {
            add_levels(price, levels, tgr_tier_name((tgr_tier)tier), false, &all, steps, count);
        }
    }
    price->levels = levels;
}

bool tgr_price_of_model(const tgr_model *model, tgr_price *price, tgr_price_texts *texts)
{
    const tgr_price_entry *entry = &model->entry;
    const size_t most = (1 + TGR_PRICE_STEPS) * (size_t)(TGR_TIERS - 1) + 1 + model->step_count;
    bool mapped = entry->name != NULL;
    texts->entry = mapped ? tgr_mem_string(entry->name) : NULL;
    texts->map = mapped && entry->map[0] != '\0' ? tgr_mem_string(entry->map) : NULL;
    texts->levels = tgr_mem_alloc(most, sizeof *texts->levels);
    if ((mapped && texts->entry == NULL) ||
        (mapped && entry->map[0] != '\0' && texts->map == NULL) || texts->levels == NULL) {
        return false;
    }
    *price = (tgr_price){
        .input = model->price_in,
        .output = model->price_out,
        .completion_tokens = tgr_model_completions(model),
        .mean = model->mean_cost,
        .flat = model->cost,
        .cached = model->price_cached,
        .token_ratio = model->token_ratio,
        .tier = mapped ? tgr_tier_name(entry->tier) : NULL,
        .entry = texts->entry,
        .map = texts->map,
    };
    find_levels(model, price, texts->levels);
    return true;
}

void tgr_price_texts_free(tgr_price_texts *texts)
{
    tgr_mem_free(texts->entry);
    tgr_mem_free(texts->map);
    tgr_mem_free(texts->levels);
    *texts = (tgr_price_texts){0};
}
