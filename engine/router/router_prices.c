/* router_prices.c - the keys `long_prompts` and `price_entry` of a router file's models. */
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/router_read.h"

/* ---- prices of long prompts -------------------------------------------------------------------
 */

/* A price, or nil where it is not known. */
static bool read_price(tgr_cursor *cursor, double *price)
{
    tgr_item item;
    *price = NAN;
    return tgr_cursor_next(cursor, &item) == TGR_CURSOR_OK &&
           (item.kind == TGR_ITEM_NIL ||
            (tgr_item_number(&item, price) && *price >= 0 && isfinite(*price)));
}

static bool read_step(tgr_cursor *cursor, tgr_price_step *step)
{
    tgr_item list, above;
    return tgr_cursor_next(cursor, &list) == TGR_CURSOR_OK && list.kind == TGR_ITEM_ARRAY &&
           list.count == 4 && tgr_cursor_next(cursor, &above) == TGR_CURSOR_OK &&
           tgr_item_number(&above, &step->above) && step->above > 0 && isfinite(step->above) &&
           read_price(cursor, &step->in) && read_price(cursor, &step->out) &&
           read_price(cursor, &step->cached);
}

tgr_status tgr_read_long_prompts(const tgr_fields *fields, size_t field, tgr_model *model,
                                 tgr_error *error)
{
    if (!tgr_fields_has(fields, field)) {
        return TGR_OK;
    }
    tgr_item list;
    tgr_cursor cursor;
    tgr_status status = tgr_fields_need(fields, field, TGR_ITEM_ARRAY, &list, &cursor, error);
    if (status != TGR_OK) {
        return status;
    }
    bool good = list.count <= TGR_PRICE_STEPS;
    model->steps = tgr_mem_zalloc(good ? list.count : 0, sizeof *model->steps);
    if (model->steps == NULL) {
        return tgr_fail_memory(error, "the models' prices");
    }
    for (uint32_t i = 0; good && i < list.count; i++) {
        good = read_step(&cursor, &model->steps[i]) &&
               (i == 0 || model->steps[i].above > model->steps[i - 1].above);
        model->step_count += good;
    }
    return good ? TGR_OK
                : tgr_fields_complain(fields, field,
                                      "must be a list of at most 16 lists of a number of tokens, "
                                      "ascending, and three prices or nil",
                                      error);
}

/* ---- the entry of the price map ---------------------------------------------------------------
 */

enum { NAME, MAP, TIER, PRICES, KEYS };

static tgr_status read_tier(const tgr_fields *fields, tgr_price_entry *entry, tgr_error *error)
{
    char *name = NULL;
    tgr_status status = tgr_fields_text(fields, TIER, &name, error);
    if (status == TGR_OK && !tgr_tier_by_name(name, &entry->tier)) {
        status = tgr_fields_complain(
            fields, TIER, "must be \"standard\", \"batch\", \"flex\" or \"priority\"", error);
    }
    tgr_mem_free(name);
    return status;
}

static tgr_status read_hash(const tgr_fields *fields, tgr_price_entry *entry, tgr_error *error)
{
    tgr_item item;
    tgr_status status = TGR_OK;
    if (!tgr_fields_has(fields, MAP)) {
        return TGR_OK;
    }
    TGR_TRY(tgr_fields_need(fields, MAP, TGR_ITEM_STRING, &item, NULL, error));
    if (item.count == 32) {
        memcpy(entry->map, item.as.bytes, 32);
    }
    if (item.count > 0 && !tgr_is_digest(entry->map)) {
        return tgr_fields_complain(fields, MAP, "must be 32 hexadecimal digits", error);
    }
done:
    return status;
}

static bool read_rate(tgr_cursor *cursor, tgr_rate *rate)
{
    tgr_item key;
    return tgr_cursor_next(cursor, &key) == TGR_CURSOR_OK && key.kind == TGR_ITEM_STRING &&
           tgr_rate_parse(key.as.bytes, key.count, rate) && read_price(cursor, &rate->usd) &&
           !isnan(rate->usd);
}

/* In order, as tagroute writes them: so each is there once. */
static tgr_status read_rates(const tgr_fields *fields, tgr_price_entry *entry, tgr_error *error)
{
    tgr_item map;
    tgr_cursor cursor;
    tgr_status status = tgr_fields_need(fields, PRICES, TGR_ITEM_MAP, &map, &cursor, error);
    if (status != TGR_OK) {
        return status;
    }
    entry->rates = tgr_mem_zalloc(map.count, sizeof *entry->rates);
    if (entry->rates == NULL) {
        return tgr_fail_memory(error, "the models' prices");
    }
    for (uint32_t i = 0; i < map.count; i++) {
        tgr_rate *rate = &entry->rates[i];
        if (!read_rate(&cursor, rate) || (i > 0 && tgr_rate_compare(rate - 1, rate) >= 0)) {
            return tgr_fields_complain(fields, PRICES,
                                       "must be a map of names of prices, in order, to USD a token",
                                       error);
        }
        entry->rate_count++;
    }
    return TGR_OK;
}

tgr_status tgr_read_price_entry(const tgr_fields *fields, size_t field, tgr_model *model,
                                tgr_error *error)
{
    static const char *const names[KEYS] = {"name", "map", "tier", "prices"};
    tgr_item map;
    tgr_fields entry;
    tgr_status status = TGR_OK;
    if (!tgr_fields_has(fields, field)) {
        return TGR_OK;
    }
    TGR_TRY(tgr_fields_need(fields, field, TGR_ITEM_MAP, &map, NULL, error));
    tgr_cursor cursor = fields->at[field];
    TGR_TRY(tgr_fields_read(&entry, "price_entry", names, KEYS, &cursor, NULL, NULL, error));
    TGR_TRY(tgr_fields_text(&entry, NAME, &model->entry.name, error));
    TGR_TRY(read_hash(&entry, &model->entry, error));
    TGR_TRY(read_tier(&entry, &model->entry, error));
    TGR_TRY(read_rates(&entry, &model->entry, error));
done:
    return status;
}
