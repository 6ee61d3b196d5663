/* prices.c - what the models cost: the prices in use, and those of the price map's other tiers. */
#include "engine/report/prices.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/report/table.h"
#include "engine/report/words.h"

#define NAME_SIZE 96

/* "gpt-5, batch, prompts above 128,000 tokens": all but the model's name. */
static const char *remark_of(char *remark, const tgr_price_level *level, bool with_tier)
{
    char count[TGR_WORD_SIZE];
    const char *tier = with_tier && level->tier != NULL ? level->tier : "";
    remark[0] = '\0';
    if (level->above > 0) {
        snprintf(remark, NAME_SIZE, "%s%sprompts above %s tokens", tier,
                 tier[0] == '\0' ? "" : ", ", tgr_word_count(count, (uint64_t)level->above));
    } else {
        snprintf(remark, NAME_SIZE, "%s", tier);
    }
    return remark;
}

static void put_tokens(tgr_buffer *out, double input, double cached, double output)
{
    tgr_table_price(out, input);
    tgr_table_price(out, cached);
    tgr_table_price(out, output);
}

static void put_heads(tgr_buffer *out)
{
    tgr_table_head(out, "");
    tgr_table_head(out, "a million prompt tokens");
    tgr_table_head(out, "of those, cached ones");
    tgr_table_head(out, "a million completion tokens");
}

/* ---- those in use ---------------------------------------------------------------------------- */

static void put_model(tgr_buffer *out, const tgr_look *look, size_t model)
{
    const tgr_simulation *s = look->simulation;
    const tgr_price *price = &s->origin.prices[model];
    char remark[NAME_SIZE];
    tgr_table_model_row(out, "", look->colour[model], s->model_names[model], "");
    put_tokens(out, price->input, price->cached, price->output);
    tgr_table_text(out, price->tier != NULL ? price->tier : "");
    tgr_table_figure(out, TGR_FIGURE_PLAIN, isnan(price->token_ratio) ? 1 : price->token_ratio);
    tgr_table_figure(out, TGR_FIGURE_PLAIN, price->completion_tokens);
    tgr_table_figure(out, TGR_FIGURE_MONEY, price->mean);
    tgr_table_figure(out, TGR_FIGURE_MONEY, price->flat);
    tgr_table_row_end(out);
    for (size_t i = 0; i < price->level_count; i++) {
        const tgr_price_level *level = &price->levels[i];
        if (level->in_use && level->above > 0) {
            tgr_table_model_row(out, "", look->colour[model], s->model_names[model],
                                remark_of(remark, level, false));
            put_tokens(out, level->input, level->cached, level->output);
            tgr_buffer_text(out, "<td class=\"text\"></td><td></td><td></td><td></td><td></td>");
            tgr_table_row_end(out);
        }
    }
}

static void put_used(tgr_buffer *out, const tgr_look *look)
{
    tgr_table_begin(out, "Prices of the router");
    put_heads(out);
    tgr_table_text_head(out, "tier");
    tgr_table_head(out, "its tokens for one counted");
    tgr_table_head(out, "completion tokens expected");
    tgr_table_head(out, "mean of a query learnt from");
    tgr_table_head(out, "flat, a query");
    tgr_table_body(out);
    for (size_t model = 0; model < look->simulation->models; model++) {
        put_model(out, look, model);
    }
    tgr_table_end(out);
}

/* ---- other tiers ----------------------------------------------------------------------------- */

static bool has_others(const tgr_simulation *s)
{
    for (size_t model = 0; model < s->models; model++) {
        const tgr_price *price = &s->origin.prices[model];
        if (price->level_count > 0 && !price->levels[price->level_count - 1].in_use) {
            return true;
        }
    }
    return false;
}

static void put_others(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *s = look->simulation;
    char remark[NAME_SIZE];
    tgr_table_begin(out, "What the price map asks in other tiers");
    put_heads(out);
    tgr_table_body(out);
    for (size_t model = 0; model < s->models; model++) {
        const tgr_price *price = &s->origin.prices[model];
        for (size_t i = 0; i < price->level_count; i++) {
            const tgr_price_level *level = &price->levels[i];
            if (!level->in_use) {
                tgr_table_model_row(out, "", look->colour[model], s->model_names[model],
                                    remark_of(remark, level, true));
                put_tokens(out, level->input, level->cached, level->output);
                tgr_table_row_end(out);
            }
        }
    }
    tgr_table_end(out);
}

/* ---- all ------------------------------------------------------------------------------------- */

void tgr_prices_put(tgr_buffer *out, const tgr_look *look)
{
    if (look->simulation->origin.prices == NULL) {
        return;
    }
    tgr_buffer_text(out, "<section>\n<h2>Prices</h2>\n<p class=\"note\">In USD. A decision costs "
                         "what its answer is recorded to have cost; where that is not recorded, "
                         "tokens times price, else the mean of the queries learnt from, else the "
                         "flat price.</p>\n");
    put_used(out, look);
    if (has_others(look->simulation)) {
        tgr_buffer_text(out, "<p class=\"note\">Not in use; <code>--price-tier</code> takes "
                             "another tier.</p>\n");
        put_others(out, look);
    }
    tgr_buffer_text(out, "</section>\n");
}

/* Each once, however many models it prices. */
void tgr_prices_maps(const tgr_simulation *simulation, void (*tell)(void *user, const char *map),
                     void *user)
{
    const tgr_price *prices = simulation->origin.prices;
    for (size_t model = 0; prices != NULL && model < simulation->models; model++) {
        bool told = prices[model].map == NULL;
        for (size_t before = 0; !told && before < model; before++) {
            told = prices[before].map != NULL && strcmp(prices[before].map, prices[model].map) == 0;
        }
        if (!told) {
            tell(user, prices[model].map);
        }
    }
}
