/* price_entry.c - see price_entry.h. */
#include "engine/router/price_entry.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

static tgr_status take_capabilities(tgr_model *model, const tgr_price_map *map,
                                    const tgr_map_price *price, tgr_error *error)
{
    tgr_model_free_supports(model);
    model->supports_known = true;
    model->supports = tgr_mem_zalloc(price->capability_count, sizeof *model->supports);
    if (model->supports == NULL) {
        return tgr_fail_memory(error, "the models' capabilities");
    }
    for (size_t i = 0; i < price->capability_count; i++) {
        model->supports[i] = tgr_mem_string(tgr_price_map_capability(map, price, i));
        if (model->supports[i] == NULL) {
            return tgr_fail_memory(error, "the models' capabilities");
        }
        model->support_count++;
    }
    return TGR_OK;
}

static void take_number(double *number, double from_map)
{
    if (!isnan(from_map)) {
        *number = from_map;
    }
}

tgr_status tgr_model_pin(tgr_model *model, const tgr_price_map *map, const tgr_map_price *price,
                         const char *name, tgr_error *error)
{
    tgr_model_free_prices(model);
    tgr_price_entry *entry = &model->entry;
    entry->name = tgr_mem_string(name);
    entry->rates = tgr_mem_alloc(price->rate_count, sizeof *entry->rates);
    if (entry->name == NULL || entry->rates == NULL) {
        return tgr_fail_memory(error, "the models' prices");
    }
    if (price->rate_count > 0) {
        memcpy(entry->rates, tgr_price_map_rates(map, price),
               price->rate_count * sizeof *entry->rates);
    }
    entry->rate_count = price->rate_count;
    memcpy(entry->map, tgr_price_map_hash(map), sizeof entry->map);
    take_number(&model->max_input_tokens, price->max_input_tokens);
    return take_capabilities(model, map, price, error);
}

bool tgr_rates_have(const tgr_rate *rates, size_t count, tgr_tier tier)
{
    tgr_price_step all, steps[TGR_PRICE_STEPS];
    tgr_rates_in_effect(rates, count, tier, &all, steps);
    return !isnan(all.in) && !isnan(all.out);
}

tgr_status tgr_rates_lack(const char *model, const char *name, const tgr_rate *rates, size_t count,
                          tgr_tier tier, tgr_error *error)
{
    tgr_buffer list = {0};
    for (int i = 0; i < TGR_TIERS; i++) {
        if (tgr_rates_have(rates, count, (tgr_tier)i)) {
            tgr_buffer_format(&list, "%s%s", list.length > 0 ? ", " : "",
                              tgr_tier_name((tgr_tier)i));
        }
    }
    tgr_status status =
        list.failed
            ? tgr_fail_memory(error, "the models' prices")
            : tgr_fail(error, TGR_ERR_ARGUMENT,
                       "the price map has no %s prices for model \"%s\"%s%s%s (it has: "
                       "%s); price it with --price, or take another tier",
                       tgr_tier_name(tier), model, strcmp(model, name) == 0 ? "" : ", as \"",
                       strcmp(model, name) == 0 ? "" : name, strcmp(model, name) == 0 ? "" : "\"",
                       list.length > 0 ? list.bytes : "none");
    tgr_buffer_free(&list);
    return status;
}

tgr_status tgr_tier_unknown(const char *name, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_ARGUMENT,
                    "there is no price tier \"%s\"; tiers are standard, batch, flex and priority",
                    name);
}

/* A tier that says nothing of long prompts, where the standard one does, may mean anything. */
static void warn_of_lengths(const tgr_model *model, tgr_tier tier, size_t steps, const tgr_run *run)
{
    tgr_price_step all, standard[TGR_PRICE_STEPS];
    size_t count = tgr_rates_in_effect(model->entry.rates, model->entry.rate_count,
                                       TGR_TIER_STANDARD, &all, standard);
    if (steps == 0 && count > 0) {
        tgr_run_message(run, TGR_WARNING,
                        "the price map prices prompts of more than %.0f tokens apart for model "
                        "\"%s\", but not in the tier %s: there they cost what shorter ones do",
                        standard[0].above, model->name, tgr_tier_name(tier));
    }
}

tgr_status tgr_model_take_tier(tgr_model *model, tgr_tier tier, const tgr_run *run,
                               tgr_error *error)
{
    tgr_price_step all, steps[TGR_PRICE_STEPS];
    tgr_price_entry *entry = &model->entry;
    size_t count = tgr_rates_in_effect(entry->rates, entry->rate_count, tier, &all, steps);
    tgr_price_step *kept = tgr_mem_alloc(count, sizeof *kept);
    if (kept == NULL) {
        return tgr_fail_memory(error, "the models' prices");
    }
    if (count > 0) {
        memcpy(kept, steps, count * sizeof *kept);
    }
    tgr_mem_free(model->steps);
    model->steps = kept;
    model->step_count = count;
    take_number(&model->price_in, all.in);
    take_number(&model->price_out, all.out);
    model->price_cached = all.cached;
    entry->tier = tier;
    warn_of_lengths(model, tier, count, run);
    return TGR_OK;
}
