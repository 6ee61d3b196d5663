/* schema_langfuse.c - Langfuse's observations, as its API and its exports spell them. */
#define _GNU_SOURCE /* memmem */
#include <math.h>
#include <string.h>

#include "engine/log/lookup.h"
#include "engine/log/schema.h"

static bool contains(const tgr_value *key, const char *word)
{
    return memmem(key->as.bytes, key->count, word, strlen(word)) != NULL;
}

/* Kinds of tokens stand beside each other: those of the prompt are all that are called input, and
 * those read from a cache. */
static void read_details(const tgr_tape *tape, uint32_t details, tgr_call *call)
{
    uint32_t key, value;
    for (tgr_pairs at = tgr_pairs_of(tape, details); tgr_pairs_next(&at, &key, &value);) {
        const tgr_value *name = &tape->values[key];
        double tokens = tgr_lookup_amount(tape, value);
        if (isnan(tokens) || !contains(name, "input")) {
            continue;
        }
        call->prompt_tokens = isnan(call->prompt_tokens) ? tokens : call->prompt_tokens + tokens;
        if (contains(name, "cached") || contains(name, "cache_read")) {
            call->cached_tokens =
                isnan(call->cached_tokens) ? tokens : call->cached_tokens + tokens;
        }
    }
}

void tgr_schema_langfuse(tgr_reading *from, uint32_t root, tgr_call *call)
{
    static const char *const models[] = {"model", "providedModelName", "provided_model_name", NULL};
    static const char *const details[] = {"usageDetails", "usage_details", NULL};
    static const char *const inputs[] = {"usage.input", "promptTokens", "prompt_tokens",
                                         "inputUsage", NULL};
    static const char *const outputs[] = {"usageDetails.output",
                                          "usage_details.output",
                                          "usage.output",
                                          "completionTokens",
                                          "completion_tokens",
                                          "outputUsage",
                                          NULL};
    static const char *const costs[] = {"costDetails.total",   "cost_details.total",
                                        "calculatedTotalCost", "totalCost",
                                        "total_cost",          NULL};
    const tgr_tape *tape = from->item->tape;
    uint32_t type = tgr_lookup(tape, root, "type");
    uint32_t level = tgr_lookup(tape, root, "level");
    if (type == 0 || !tgr_value_is(&tape->values[type], "GENERATION")) {
        from->record->skip = TGR_SKIP_NOT_CHAT;
    } else if (level > 0 && tgr_value_is(&tape->values[level], "ERROR")) {
        from->record->skip = TGR_SKIP_FAILED;
    }
    *call = (tgr_call){
        .id = tgr_lookup(tape, root, "id"),
        .model = tgr_lookup_any(tape, root, models),
        .messages = tgr_lookup(tape, root, "input"),
        .cost = tgr_lookup_amount(tape, tgr_lookup_any(tape, root, costs)),
        .prompt_tokens = NAN,
        .cached_tokens = NAN,
        .completion_tokens = tgr_lookup_amount(tape, tgr_lookup_any(tape, root, outputs)),
    };
    read_details(tape, tgr_lookup_any(tape, root, details), call);
    if (isnan(call->prompt_tokens)) {
        call->prompt_tokens = tgr_lookup_amount(tape, tgr_lookup_any(tape, root, inputs));
    }
}
