/* rates.c - see rates.h. */
#include "engine/router/rates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_PROMPT 4000000000u

static const char *const kinds[TGR_RATE_KINDS] = {"input_cost_per_token", "output_cost_per_token",
                                                  "cache_read_input_token_cost"};
static const char *const endings[TGR_TIERS] = {"", "_batches", "_flex", "_priority"};
static const char *const tiers[TGR_TIERS] = {"standard", "batch", "flex", "priority"};

/* Steps over `word` where the text begins with it. */
static bool take(const char **text, const char *end, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(end - *text) < length || memcmp(*text, word, length) != 0) {
        return false;
    }
    *text += length;
    return true;
}

/* "128k_tokens" or "200_tokens" */
static bool take_length(const char **text, const char *end, uint32_t *tokens)
{
    uint64_t number = 0;
    const char *digits = *text;
    while (*text < end && **text >= '0' && **text <= '9' && number <= LONGEST_PROMPT) {
        number = 10 * number + (uint64_t)(**text - '0');
        (*text)++;
    }
    bool any = *text > digits;
    number *= take(text, end, "k") ? 1000 : 1;
    *tokens = (uint32_t)number;
    return any && number > 0 && number <= LONGEST_PROMPT && take(text, end, "_tokens");
}

bool tgr_rate_parse(const char *key, size_t length, tgr_rate *rate)
{
    const char *end = key + length;
    int kind = 0, tier = 0;
    while (kind < TGR_RATE_KINDS && !take(&key, end, kinds[kind])) {
        kind++;
    }
    *rate = (tgr_rate){.usd = NAN};
    if (kind == TGR_RATE_KINDS ||
        (take(&key, end, "_above_") && !take_length(&key, end, &rate->above))) {
        return false;
    }
    while (tier < TGR_TIERS && ((size_t)(end - key) != strlen(endings[tier]) ||
                                memcmp(key, endings[tier], strlen(endings[tier])) != 0)) {
        tier++;
    }
    rate->kind = (tgr_rate_kind)kind;
    rate->tier = (tgr_tier)tier;
    return tier < TGR_TIERS;
}

void tgr_rate_name(const tgr_rate *rate, char name[TGR_RATE_NAME])
{
    bool thousands = rate->above % 1000 == 0;
    int length = snprintf(name, TGR_RATE_NAME, "%s", kinds[rate->kind]);
    if (rate->above > 0) {
        length += snprintf(name + length, TGR_RATE_NAME - (size_t)length, "_above_%lu%s_tokens",
                           (unsigned long)(thousands ? rate->above / 1000 : rate->above),
                           thousands ? "k" : "");
    }
    snprintf(name + length, TGR_RATE_NAME - (size_t)length, "%s", endings[rate->tier]);
}

int tgr_rate_compare(const tgr_rate *one, const tgr_rate *other)
{
    if (one->tier != other->tier) {
        return one->tier < other->tier ? -1 : 1;
    }
    if (one->above != other->above) {
        return one->above < other->above ? -1 : 1;
    }
    return one->kind == other->kind ? 0 : one->kind < other->kind ? -1 : 1;
}

const char *tgr_tier_name(tgr_tier tier)
{
    return tiers[tier];
}

bool tgr_tier_by_name(const char *name, tgr_tier *tier)
{
    for (int i = 0; i < TGR_TIERS; i++) {
        if (strcmp(name, tiers[i]) == 0) {
            *tier = (tgr_tier)i;
            return true;
        }
    }
    return false;
}

static void set(tgr_price_step *step, const tgr_rate *rate)
{
    double *prices[TGR_RATE_KINDS] = {&step->in, &step->out, &step->cached};
    *prices[rate->kind] = rate->usd;
}

size_t tgr_rates_in_effect(const tgr_rate *rates, size_t count, tgr_tier tier, tgr_price_step *all,
                           tgr_price_step steps[TGR_PRICE_STEPS])
{
    size_t made = 0;
    *all = (tgr_price_step){0, NAN, NAN, NAN};
    for (size_t i = 0; i < count; i++) {
        if (rates[i].tier != tier) {
            continue;
        }
        tgr_price_step *last = made > 0 ? &steps[made - 1] : all;
        if (rates[i].above != last->above && made == TGR_PRICE_STEPS) {
            break;
        }
        if (rates[i].above != last->above) {
            steps[made] = *last;
            steps[made].above = rates[i].above;
            last = &steps[made++];
        }
        set(last, &rates[i]);
    }
    return made;
}
