/* rates.h - prices a token as price maps name them, and the prices in effect that come of them.
 *
 * A name is input_cost_per_token, output_cost_per_token or cache_read_input_token_cost, then for
 * long prompts "_above_128k_tokens", then for a tier of service "_batches", "_flex" or "_priority".
 */
#ifndef TGR_ROUTER_RATES_H
#define TGR_ROUTER_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tgr_rate_kind {
    TGR_RATE_INPUT,
    TGR_RATE_OUTPUT,
    TGR_RATE_CACHED, /* a prompt token read from the provider's cache */
    TGR_RATE_KINDS
} tgr_rate_kind;

typedef enum tgr_tier {
    TGR_TIER_STANDARD,
    TGR_TIER_BATCH,
    TGR_TIER_FLEX,
    TGR_TIER_PRIORITY,
    TGR_TIERS
} tgr_tier;

#define TGR_RATE_NAME 80 /* bytes of the longest name, with its NUL */

/* One price of a map's entry. */
typedef struct tgr_rate {
    tgr_tier tier;
    uint32_t above; /* for prompts of more tokens than this; 0: for all */
    tgr_rate_kind kind;
    double usd; /* a token */
} tgr_rate;

/* Prices in effect from some length of the prompt on; NaN where not known. */
typedef struct tgr_price_step {
    double above; /* tokens */
    double in, out, cached;
} tgr_price_step;

#define TGR_PRICE_STEPS 16 /* that a model may have */

/* Whether a key of a map's entry names a rate; fills in all but its price. */
bool tgr_rate_parse(const char *key, size_t length, tgr_rate *rate);

void tgr_rate_name(const tgr_rate *rate, char name[TGR_RATE_NAME]);

/* By tier, then length, then kind: below, at or above zero. */
int tgr_rate_compare(const tgr_rate *one, const tgr_rate *other);

/* "standard", "batch", "flex", "priority"; and back (false where it is none). */
const char *tgr_tier_name(tgr_tier tier);
bool tgr_tier_by_name(const char *name, tgr_tier *tier);

/* The prices of one tier, of rates in order: `all` for prompts of any length, and from steps[i] on
 * what a longer one costs; what a longer one's rates leave out stays as it was. The number of
 * steps; none beyond TGR_PRICE_STEPS. */
size_t tgr_rates_in_effect(const tgr_rate *rates, size_t count, tgr_tier tier, tgr_price_step *all,
                           tgr_price_step steps[TGR_PRICE_STEPS]);

#ifdef __cplusplus
}
#endif
#endif
